"""From an order and its lines to the ticket that the POS is handed. Pure: reads what is given and asks nobody."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from integrations.models import LightspeedSettings
from integrations.pos import OrderTicket, OrderType, TicketCustomer, TicketLine, TicketPayment
from orders.models import Order, OrderLine
from orders.pricing import PricedLine

DELIVER_WITHIN = timedelta(minutes=10)


def ticket_for(
    *,
    order: Order,
    lines: Sequence[PricedLine],
    settings: LightspeedSettings,
    reference: str,
    deliver_within: timedelta = DELIVER_WITHIN,
    native_discount: bool = False,
    without_email: bool = False,
) -> OrderTicket:
    """The ticket of an order: what is sent adds up to what the guest paid."""
    return OrderTicket(
        reference=reference,
        type=OrderType(order.type),
        lines=tuple(part for line in lines for part in _ticket_lines(line)),
        customer=_customer(order, without_email),
        order_profile=settings.pickup_profile,
        collection_code=order.collection_code,
        deliver_within=deliver_within,
        note=_note(order, lines),
        collection_time=order.scheduled_for,
        payment=_payment(order, settings),
    )


def customer_reference(*, email: str) -> str:
    """One stable value per e-mail address, at most 48 characters; empty for none.

    K-Series fails an order whose e-mail address it knows under another reference, whichever location that came from;
    so the value depends on nothing but the address.
    """
    if not email:
        return ""
    return "storekit-" + hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]


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
    whole = TicketLine(sku=line.sku, quantity=line.quantity, instructions=instructions, choices=choices)
    return [replace(whole, quantity=1)] * line.quantity if choices else [whole]


def _customer(order: Order, without_email: bool) -> TicketCustomer:
    email = "" if without_email else order.email
    return TicketCustomer(
        first_name=order.first_name,
        last_name=order.last_name,
        email=email,
        phone=order.phone.as_e164 if order.phone else "",
        reference=customer_reference(email=email),
    )


def _note(order: Order, lines: Sequence[PricedLine]) -> str:
    """What the kitchen should read. The POS has no note on a line, so those of the lines are here too."""
    when = order.scheduled_for.astimezone(order.venue.zone) if order.scheduled_for else None
    parts = [
        f"{order.get_type_display()} at {when:%a %d %b %H:%M}" if when else "",
        order.note,
        *(f"{line.quantity}× {line.name}: {line.note}" for line in lines if line.note),
    ]
    return "\n".join(part for part in parts if part)


def _payment(order: Order, settings: LightspeedSettings) -> TicketPayment | None:
    if order.payment_status != Order.PaymentStatus.PAID or not order.total:
        return None
    return TicketPayment(method=settings.payment_method, amount=order.total - order.tip, tip=order.tip)
