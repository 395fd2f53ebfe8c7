"""Build the ticket that the POS receives from an order and its lines. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from integrations.pos import (
    CustomPrice,
    OrderTicket,
    OrderType,
    TicketAddress,
    TicketCustomer,
    TicketDiscount,
    TicketLine,
    TicketPayment,
    VenuePosSettings,
)
from menus.custom_fields import CustomFields
from orders.checkout.pricing import MAX_POS_LINES, PricedLine
from orders.checkout.shares import ZERO, shares
from orders.injection.notes import custom_name, notes_of
from orders.models import Order, OrderLine


def ticket_for(
    *,
    order: Order,
    lines: Sequence[PricedLine],
    settings: VenuePosSettings,
    reference: str,
    deliver_within: timedelta,
    native_discount: bool = False,
    without_email: bool = False,
    custom: Mapping[str, CustomFields] = MappingProxyType({}),
) -> OrderTicket:
    """Return the ticket of an order. Its lines add up to what the guest paid.

    Args:
        order: with its venue loaded.
        lines: the order's lines.
        settings: how orders are mapped to the POS.
        reference: the reference under which the POS stores the order.
        deliver_within: how long the POS may try to get the order onto a till.
        native_discount: whether the POS knows the discount, which is then set on the lines instead of sent as a line.
        without_email: leave out the e-mail address, because the POS knows it as another customer's.
        custom: what the order may say about those of its items that are on the menu, by SKU.
    """
    is_native = native_discount and _can_use_native_discount(order, lines)
    is_new_check = order.type == Order.Type.DINE_IN and not order.open_account
    return OrderTicket(
        reference=reference,
        type=OrderType(order.type),
        lines=(*_item_lines(order, lines, is_native, custom), *_amount_lines(order, settings, is_native, custom)),
        customer=_customer(order, "" if without_email else order.email),
        order_profile=settings.profile_of(OrderType(order.type)),
        collection_code=order.collection_code,
        deliver_within=deliver_within,
        note=notes_of(order=order, lines=lines, custom=custom).order_note,
        collection_time=order.scheduled_for,
        payment=_payment(order, settings),
        address=_address(order),
        table=order.table_number if is_new_check else None,
        covers=order.covers if is_new_check else None,
        account=order.open_account,
    )


def customer_reference(*, email: str) -> str:
    """Return one stable value per e-mail address, at most 48 characters; empty for no address.

    K-Series refuses an order whose e-mail address it knows under another reference, even from another location, so the
    value depends on the address alone.
    """
    if not email:
        return ""
    return "storekit-" + hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]


def _can_use_native_discount(order: Order, lines: Sequence[PricedLine]) -> bool:
    """Return whether the discount can be set on the lines, which are then sent one by one.

    Lightspeed's K-Series API documentation says that a `discountAmountOverride` is for "this item", but not whether
    that means each unit of a line or all of them. If there would be too many parts, a discount line takes off the same.
    """
    fits = sum(max(line.quantity, line.pos_lines) for line in lines) <= MAX_POS_LINES
    # The till rounds the tax of a line once, so the line must not be split.
    can_split = not any(line.exact_price is not None and line.quantity > 1 for line in lines)
    return bool(order.discount_pos_id and order.discount) and fits and can_split


def _item_lines(
    order: Order, lines: Sequence[PricedLine], is_native: bool, custom: Mapping[str, CustomFields]
) -> list[TicketLine]:
    """Return the ordered items; with a native discount, each item that has a price carries its share of it."""
    parts = [
        (replace(part, name=custom_name(line, custom)), line.total_of_one)
        for line in lines
        for part in ticket_lines(line)
    ]
    if not is_native:
        return [part for part, _ in parts]
    ones = [
        (one, amount)
        for part, amount in parts
        for one in ([replace(part, quantity=1)] * part.quantity if amount > 0 else [part])
    ]
    offs = shares(order.discount, [amount for _, amount in ones], currency=order.venue.currency)
    # Omit zero discounts: the POS may treat 0 as unset and apply its own amount.
    return [
        replace(one, discount=TicketDiscount(code=order.discount_pos_id, amount=off)) if off else one
        for (one, _), off in zip(ones, offs, strict=True)
    ]


def _amount_lines(
    order: Order, settings: VenuePosSettings, is_native: bool, custom: Mapping[str, CustomFields]
) -> Iterator[TicketLine]:
    """Yield fees and the discount: items of the POS that are sent with our price.

    They are usually on no menu that we know; if one is, its entry decides what the order may say.
    """
    discount = ZERO if is_native else order.discount
    for sku, name, amount in (
        (settings.delivery_fee_sku, "Delivery fee", order.delivery_fee),
        (settings.service_charge_sku, "Service charge", order.service_charge),
        (settings.discount_sku, f"Discount {order.discount_code}", -discount),
    ):
        if amount:
            allowed = custom.get(sku, CustomFields(name=True, price=CustomPrice.ADDED))
            yield TicketLine(
                sku=sku,
                quantity=1,
                name=name if allowed.name else "",
                unit_price=amount if allowed.price else None,
            )


def ticket_lines(line: PricedLine) -> list[TicketLine]:
    """Return the line in the form that the POS receives.

    Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/) does not say whether the quantity of
    a sub-item is per unit of its item or in total. A line with choices is therefore split into single units, for which
    both mean the same.
    """
    instructions = tuple(choice.instruction_id for choice in line.choices if choice.kind == OrderLine.Kind.INSTRUCTION)
    choices = tuple(
        part for choice in line.choices if choice.kind != OrderLine.Kind.INSTRUCTION for part in ticket_lines(choice)
    )
    whole = TicketLine(
        sku=line.sku,
        quantity=line.quantity,
        unit_price=line.custom_price,
        instructions=instructions,
        choices=choices,
        course=line.course,
    )
    return [replace(whole, quantity=1)] * line.quantity if choices else [whole]


def _customer(order: Order, email: str) -> TicketCustomer:
    return TicketCustomer(
        first_name=order.first_name,
        last_name=order.last_name,
        email=email,
        phone=order.phone.as_e164 if order.phone else "",
        reference=customer_reference(email=email),
    )


def _address(order: Order) -> TicketAddress | None:
    if order.type != Order.Type.DELIVERY:
        return None
    return TicketAddress(line1=order.address_line1, line2=order.address_line2, city=order.city, postcode=order.postcode)


def _payment(order: Order, settings: VenuePosSettings) -> TicketPayment | None:
    if order.payment_status != Order.PaymentStatus.PAID or not order.total:
        return None
    return TicketPayment(method=settings.payment_method, amount=order.total - order.tip, tip=order.tip)
