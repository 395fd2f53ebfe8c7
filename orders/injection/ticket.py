"""Build the ticket that the POS receives from an order and its lines. Pure."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate

from integrations.pos import (
    OrderTicket,
    OrderType,
    TicketAddress,
    TicketCustomer,
    TicketDiscount,
    TicketLine,
    TicketPayment,
    VenuePosSettings,
)
from orders.checkout.pricing import MAX_POS_LINES, PricedLine
from orders.checkout.shares import ZERO, shares
from orders.models import Order, OrderLine

_LONGEST_NOTE = 2000
_ROOM_FOR_REST = 60
"""For the line that says how many notes were left out."""


def ticket_for(
    *,
    order: Order,
    lines: Sequence[PricedLine],
    settings: VenuePosSettings,
    reference: str,
    deliver_within: timedelta,
    native_discount: bool = False,
    without_email: bool = False,
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
    """
    is_native = native_discount and _can_use_native_discount(order, lines)
    is_new_check = order.type == Order.Type.DINE_IN and not order.open_account
    return OrderTicket(
        reference=reference,
        type=OrderType(order.type),
        lines=(*_item_lines(order, lines, is_native), *_amount_lines(order, settings, is_native)),
        customer=_customer(order, "" if without_email else order.email),
        order_profile=_profile(order, settings),
        collection_code=order.collection_code,
        deliver_within=deliver_within,
        note=_note(order, lines),
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
    return bool(order.discount_pos_id and order.discount) and fits


def _item_lines(order: Order, lines: Sequence[PricedLine], is_native: bool) -> list[TicketLine]:
    """Return the ordered items; with a native discount, each item that has a price carries its share of it."""
    parts = [(part, line.total_of_one) for line in lines for part in _ticket_lines(line)]
    if not is_native:
        return [part for part, _ in parts]
    ones = [
        (one, amount)
        for part, amount in parts
        for one in ([replace(part, quantity=1)] * part.quantity if amount > 0 else [part])
    ]
    offs = shares(order.discount, [amount for _, amount in ones])
    # Omit zero discounts: the POS may treat 0 as unset and apply its own amount.
    return [
        replace(one, discount=TicketDiscount(code=order.discount_pos_id, amount=off)) if off else one
        for (one, _), off in zip(ones, offs, strict=True)
    ]


def _amount_lines(order: Order, settings: VenuePosSettings, is_native: bool) -> Iterator[TicketLine]:
    """Yield fees and the discount: items of the POS that are sent with our price."""
    discount = ZERO if is_native else order.discount
    for sku, name, amount in (
        (settings.delivery_fee_sku, "Delivery fee", order.delivery_fee),
        (settings.service_charge_sku, "Service charge", order.service_charge),
        (settings.discount_sku, f"Discount {order.discount_code}", -discount),
    ):
        if amount:
            yield TicketLine(sku=sku, quantity=1, name=name, unit_price=amount)


def _ticket_lines(line: PricedLine) -> list[TicketLine]:
    """Return the line in the form that the POS receives.

    Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/) does not say whether the quantity of
    a sub-item is per unit of its item or in total. A line with choices is therefore split into single units, for which
    both mean the same.
    """
    instructions = tuple(choice.instruction_id for choice in line.choices if choice.kind == OrderLine.Kind.INSTRUCTION)
    choices = tuple(
        part for choice in line.choices if choice.kind != OrderLine.Kind.INSTRUCTION for part in _ticket_lines(choice)
    )
    whole = TicketLine(
        sku=line.sku, quantity=line.quantity, instructions=instructions, choices=choices, course=line.course
    )
    return [replace(whole, quantity=1)] * line.quantity if choices else [whole]


def _profile(order: Order, settings: VenuePosSettings) -> str:
    match order.type:
        case Order.Type.DELIVERY:
            return settings.delivery_profile
        case Order.Type.DINE_IN:
            return settings.dine_in_profile
        case _:
            return settings.pickup_profile


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


def _note(order: Order, lines: Sequence[PricedLine]) -> str:
    """Return the note for the kitchen, with the notes of the lines, for which the POS has no field.

    Notes that would make it too long for a printed slip are left out, and the note says where to read them.
    """
    when = order.scheduled_for.astimezone(order.venue.zone) if order.scheduled_for else None
    parts = [
        f"{order.get_type_display()} at {when:%a %d %b %H:%M}" if when else "",
        order.note,
        f"Delivery: {order.address_notes}" if order.address_notes else "",
        *(f"{line.quantity}× {line.name}: {line.note}" for line in lines if line.note),
    ]
    notes = [part for part in parts if part]
    lengths = accumulate(len(part) + 1 for part in notes)
    fitting = sum(length <= _LONGEST_NOTE - _ROOM_FOR_REST for length in lengths)
    left_out = len(notes) - fitting
    more = [f"And {left_out} more notes: see order {order.number} in storekit."] if left_out else []
    return "\n".join(notes[:fitting] + more)


def _payment(order: Order, settings: VenuePosSettings) -> TicketPayment | None:
    if order.payment_status != Order.PaymentStatus.PAID or not order.total:
        return None
    return TicketPayment(method=settings.payment_method, amount=order.total - order.tip, tip=order.tip)
