"""The contents of a bill's page: facts, lines, amounts, and who has paid what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from storekit.admin_base.local_time import short_moment
from storekit.money.words import format_money
from tables.models import Bill, Payment
from tables.payments.till.references import payment_of

_MOST_PAYMENTS = 100


@dataclass(frozen=True)
class SheetLine:
    """A line of the bill; `depth` is 0 for a line, 1 for what is below it, and so on."""

    depth: int
    quantity: str
    name: str
    note: str
    amount: str


@dataclass(frozen=True)
class ShownPayment:
    """A payment of the bill: the till's own, or a guest's, which has a page."""

    what: str
    when: str
    amount: str
    state: str
    tone: str
    url: str = ""


def bill_facts(bill: Bill) -> list[tuple[str, str]]:
    """Return what is known of the check, as names and values."""
    names = [name for name in bill.identifiers.values_list("identifier", flat=True) if name != bill.check_uuid]
    former = [name for name in names if name != bill.account]
    facts = (
        ("Table", "none" if bill.table_number is None else str(bill.table_number)),
        ("Name", bill.name),
        ("Covers", "" if bill.covers is None else str(bill.covers)),
        ("Opened", short_moment(bill.opened_at, bill.venue) if bill.opened_at else ""),
        ("Closed", short_moment(bill.closed_at, bill.venue) if bill.closed_at else ""),
        ("Check", bill.account),
        ("Former checks", ", ".join(former)),
        ("Venue", bill.venue.name),
    )
    return [(name, value) for name, value in facts if value]


def bill_lines(bill: Bill) -> list[SheetLine]:
    """Return the lines with what is below them, in the till's order."""
    return list(_lines(bill, bill.lines, 0))


def _lines(bill: Bill, lines: list[dict[str, Any]], depth: int) -> Iterator[SheetLine]:
    for line in lines:
        chosen = [
            choice["name"] if choice["quantity"] == "1" else f"{choice['quantity']} × {choice['name']}"
            for choice in line["modifiers"]
        ]
        discount = Decimal(line["discount"])
        if discount:
            chosen.append(f"{format_money(discount, bill.venue)} off")
        amount = format_money(Decimal(line["total"]), bill.venue)
        yield SheetLine(depth, line["quantity"], line["name"], ", ".join(chosen), amount)
        yield from _lines(bill, line["sub_lines"], depth + 1)


def bill_amounts(bill: Bill) -> list[tuple[str, str]]:
    """Return the amounts, what is due last."""
    amounts = [("Service charge", bill.service_charge)] if bill.service_charge else []
    amounts += [("Total", bill.total), ("Paid on the till", bill.paid), ("Due", bill.owed_on_till)]
    return [(name, format_money(amount, bill.venue)) for name, amount in amounts]


def payments_of(bill: Bill) -> list[ShownPayment]:
    """Return the guests' payments, newest first, then those that only the till has. Two queries."""
    guests = list(bill.guest_payments.order_by("-created_at")[:_MOST_PAYMENTS])
    ours = {payment.pk for payment in guests}
    till = [payment for payment in bill.payments if payment_of(reference=payment["reference"]) not in ours]
    return [
        *(_guests_payment(payment, bill) for payment in guests),
        *(_tills_payment(payment, bill) for payment in till),
    ]


def tone_of(payment: Payment) -> str:
    """Return the tone in which a payment's state is shown: good, warning, bad or empty."""
    if payment.needs_staff:
        return "bad"
    states = Payment.State
    quiet = (states.HELD, states.RELEASED, states.REFUNDED)
    return "good" if payment.state == states.CAPTURED else "" if payment.state in quiet else "warning"


def _guests_payment(payment: Payment, bill: Bill) -> ShownPayment:
    tip = f" and a tip of {format_money(payment.tip, bill.venue)}" if payment.tip else ""
    refunded = f", {format_money(payment.refunded, bill.venue)} given back" if payment.refunded else ""
    state = "Needs you" if payment.needs_staff else payment.get_state_display()
    return ShownPayment(
        what=payment.card or payment.get_method_display(),
        when=short_moment(payment.created_at, bill.venue),
        amount=f"{format_money(payment.amount, bill.venue)}{tip}{refunded}",
        state=state,
        tone=tone_of(payment),
        url=reverse("admin:tables_payment_change", args=[payment.pk]),
    )


def _tills_payment(payment: dict[str, Any], bill: Bill) -> ShownPayment:
    at = datetime.fromisoformat(payment["at"]) if payment["at"] else None
    return ShownPayment(
        what=payment["method"] or "Payment",
        when=short_moment(at, bill.venue) if at else "",
        amount=format_money(Decimal(payment["amount"]), bill.venue),
        state="On the till",
        tone="good",
    )
