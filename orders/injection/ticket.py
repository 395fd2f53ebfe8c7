"""From an order and its lines to the ticket that the POS is handed. Pure: reads what is given and asks nobody."""

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
_SPARE = 60
"""For the line that says that there is more."""


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
    """The ticket of an order: what is sent adds up to what the guest paid.

    Args:
        order: with its venue loaded.
        lines: what was ordered.
        settings: how orders are mapped to the POS.
        reference: what the POS is to know the order by.
        deliver_within: how long the POS may try to get it onto a till.
        native_discount: the POS knows the code's id, which then goes on the lines instead of a line of its own.
        without_email: the POS knows the address as somebody else's, so it is left out.
    """
    is_native = native_discount and _can_be_native(order, lines)
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
    """One stable value per e-mail address, at most 48 characters; empty for none.

    K-Series fails an order whose e-mail address it knows under another reference, whichever location that came from;
    so the value depends on nothing but the address.
    """
    if not email:
        return ""
    return "storekit-" + hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]


def _can_be_native(order: Order, lines: Sequence[PricedLine]) -> bool:
    """Whether the discount can stand on the lines, which go out one by one then; a line of its own takes off the same.

    Lightspeed's K-Series API documentation says that a `discountAmountOverride` is for "this item", and not whether
    that is one of several or all of them.
    """
    fits = sum(max(line.quantity, line.pos_lines) for line in lines) <= MAX_POS_LINES
    return bool(order.discount_pos_id and order.discount) and fits


def _item_lines(order: Order, lines: Sequence[PricedLine], is_native: bool) -> list[TicketLine]:
    """What was ordered; with a native discount each that costs something says what it takes off."""
    parts = [(part, line.total_of_one) for line in lines for part in _ticket_lines(line)]
    if not is_native:
        return [part for part, _ in parts]
    ones = [
        (one, amount)
        for part, amount in parts
        for one in ([replace(part, quantity=1)] * part.quantity if amount > 0 else [part])
    ]
    offs = shares(order.discount, [amount for _, amount in ones])
    # Nothing off is not said at all: the POS might take a nought for nothing said, and count for itself.
    return [
        replace(one, discount=TicketDiscount(code=order.discount_pos_id, amount=off)) if off else one
        for (one, _), off in zip(ones, offs, strict=True)
    ]


def _amount_lines(order: Order, settings: VenuePosSettings, is_native: bool) -> Iterator[TicketLine]:
    """What is no food: items of the till's with a price of ours."""
    discount = ZERO if is_native else order.discount
    for sku, name, amount in (
        (settings.delivery_fee_sku, "Delivery fee", order.delivery_fee),
        (settings.service_charge_sku, "Service charge", order.service_charge),
        (settings.discount_sku, f"Discount {order.discount_code}", -discount),
    ):
        if amount:
            yield TicketLine(sku=sku, quantity=1, name=name, unit_price=amount)


def _ticket_lines(line: PricedLine) -> list[TicketLine]:
    """The line as the POS gets it.

    Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/) does not say whether the quantity of
    a sub-item is per one of its item or in all. A line with choices therefore goes out one by one, where both mean the
    same.
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
    """What the kitchen should read. The POS has no note on a line, so those of the lines are here too.

    What would make it too long to be read on a slip of paper is left out, and the note says where to read it.
    """
    when = order.scheduled_for.astimezone(order.venue.zone) if order.scheduled_for else None
    parts = [
        f"{order.get_type_display()} at {when:%a %d %b %H:%M}" if when else "",
        order.note,
        f"Delivery: {order.address_notes}" if order.address_notes else "",
        *(f"{line.quantity}× {line.name}: {line.note}" for line in lines if line.note),
    ]
    said = [part for part in parts if part]
    lengths = accumulate(len(part) + 1 for part in said)
    fitting = sum(length <= _LONGEST_NOTE - _SPARE for length in lengths)
    left_out = len(said) - fitting
    more = [f"And {left_out} more notes: see order {order.number} in storekit."] if left_out else []
    return "\n".join(said[:fitting] + more)


def _payment(order: Order, settings: VenuePosSettings) -> TicketPayment | None:
    if order.payment_status != Order.PaymentStatus.PAID or not order.total:
        return None
    return TicketPayment(method=settings.payment_method, amount=order.total - order.tip, tip=order.tip)
