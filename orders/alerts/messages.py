"""The text of alerts about an order: why it needs attention, and everything needed to enter it by hand."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format

from integrations.connect.venue_settings import settings_of
from orders.alerts.advice import advice_for
from orders.checkout.lines import lines_of
from orders.injection.notes import notes_of
from orders.injection.references import may_have_arrived
from orders.injection.send import custom_fields_for
from orders.models import Alert, Injection, Order
from orders.order_sheet import SheetLine, order_details, order_totals, sheet_lines, single_line
from storekit.money.words import format_money

LONGEST_MESSAGE = 1000
"""How much a till shows and prints, in characters."""
_MORE = "… and more: see the back office."
# On the till, shorten notes and addresses to leave room for the rest of the order.
_LONGEST_VALUE = 120


def subject_line(*, order: Order, about: Alert.About) -> str:
    """Return the subject in a few words. Load the order's injection with it."""
    doubt = ", as far as we know" if may_have_arrived(injection=order.injection) else ""
    return {
        Alert.About.FAILED: f"order {order.number} is not on the till{doubt}",
        Alert.About.CANCELLED: f"order {order.number} is cancelled",
        Alert.About.DOUBLE: f"order {order.number} may be on the till twice",
        Alert.About.NOTES: f"notes on order {order.number}",
    }[about]


def email_context(*, order: Order, about: Alert.About, menu: str = "") -> dict[str, Any]:
    """Return the context of the e-mail's templates. Load the order's injection and venue with it.

    `menu` is the effect on the menu in a few sentences; empty for none.
    """
    reason, _, detail = order.injection.error.partition("\n")
    return {
        "order": order,
        "headline": subject_line(order=order, about=about),
        "duplicate_advice": _duplicate_advice(order) if about == Alert.About.DOUBLE else "",
        "advice": _failure_advice(order.injection),
        "reason": reason,
        "detail": detail.strip(),
        "menu": menu,
        "details": _details(order),
        "lines": _lines(order),
        "totals": _totals(order),
        "payment": _payment(order),
        "link": settings.PUBLIC_URL + reverse("admin:orders_order_change", args=[order.pk]),
    }


def till_message(*, order: Order, about: Alert.About, menu: str = "") -> str:
    """Return the message that the till shows and prints, at most 1,000 characters.

    `menu` is as for the e-mail; it is left out if it does not fit.
    """
    if about == Alert.About.FAILED:
        return _failure_message(order, menu)
    account = order.injection.account
    check = f" Its check: {account}." if account else ""
    advice = {
        Alert.About.CANCELLED: "Do not make it; void its check" + (f".{check}" if check else ", if there is one."),
        Alert.About.DOUBLE: f"{_duplicate_advice(order)}{check}",
    }[about]
    head = f"{subject_line(order=order, about=about).upper()}. {advice}"
    return "\n".join([head, *_short_details(order)])[:LONGEST_MESSAGE]


def digest_line(*, orders: Sequence[Order]) -> str:
    """Return the subject of a message about several failed orders. Load their injections with them."""
    doubt = ", as far as we know" if any(may_have_arrived(injection=order.injection) for order in orders) else ""
    return f"{len(orders)} orders are not on the till{doubt}"


def digest_message(*, orders: Sequence[Order]) -> str:
    """Return the message about several failed orders that the till shows and prints, at most 1,000 characters.

    Every order is listed, with less about each the more there are; beyond some hundred, the last are only counted.
    """
    head = (
        f"{digest_line(orders=orders).upper()}. Enter each by hand; the e-mail and the back office have them in full."
    )
    if any(may_have_arrived(injection=order.injection) for order in orders):
        head += " Check the till first."
    for lines in ([_one_line(order, why=True) for order in orders], [_one_line(order) for order in orders]):
        if len(message := "\n".join([head, *lines])) <= LONGEST_MESSAGE:
            return message
    return _numbers_only(head, [str(order.number) for order in orders])


def _one_line(order: Order, *, why: bool = False) -> str:
    due = date_format(order.scheduled_for.astimezone(order.venue.zone), "H:i") if order.scheduled_for else "now"
    reason = f". {_short(order.injection.error.partition(chr(10))[0])}" if why else ""
    return f"{order.number}: {order.get_type_display().lower()}, {due}{reason}"


def _numbers_only(head: str, numbers: Sequence[str]) -> str:
    message = f"{head}\n{', '.join(numbers)}"
    if len(message) <= LONGEST_MESSAGE:
        return message
    room = LONGEST_MESSAGE - len(_MORE) - 2
    return f"{message[:room].rpartition(',')[0]} {_MORE}"


def notes_message(*, order: Order, number: int) -> str:
    """Return one of the messages with the notes that do not fit on the ticket, counted from 1; empty for none."""
    lines = lines_of(rows=order.lines.all(), currency=order.venue.currency)
    custom = custom_fields_for(order=order, lines=lines, settings=settings_of(venue=order.venue))
    messages = notes_of(order=order, lines=lines, custom=custom).messages
    return messages[number - 1] if number <= len(messages) else ""


# --- Parts -----------------------------------------------------------------------------------------------------------


def _failure_advice(injection: Injection) -> str:
    """Return what to do about a failed order. One that was accepted but never confirmed cannot be sent again."""
    if not may_have_arrived(injection=injection):
        either = "Enter it by hand, or send it again from the back office."
        return advice_for(injection=injection) or either
    send_again = "" if injection.error_code == "never_confirmed" else ", or send it again from the back office"
    return f"Check the till first. If it is missing, enter it by hand{send_again}."


def _duplicate_advice(order: Order) -> str:
    """Return what to do about an order that may be on the till twice."""
    if order.status == Order.Status.CANCELLED:
        return "It is cancelled: make neither, and void both checks."
    return "Make it once, and void the second check."


def _failure_message(order: Order, menu: str) -> str:
    """Return head and foot with as many lines as fit between them; the menu is added only if there is room left."""
    reason = order.injection.error.partition("\n")[0]
    advice = advice_for(injection=order.injection) or "Enter it by hand."
    if may_have_arrived(injection=order.injection):
        advice = "Check the till; if it is missing, enter it by hand."
    head = [
        f"{subject_line(order=order, about=Alert.About.FAILED).upper()}. {advice}",
        *_short_details(order),
    ]
    foot = [_totals_on_one_line(order), _short(_payment(order)), f"Why: {_short(reason)}"]
    room = LONGEST_MESSAGE - len("\n".join([*head, *foot])) - len(_MORE) - 2
    kept: list[str] = []
    for line in _lines(order):
        text = line.indent + line.text
        if len(text) + 1 > room:
            kept.append(_MORE)
            break
        room -= len(text) + 1
        kept.append(text)
    message = "\n".join([*head, *kept, *foot])[:LONGEST_MESSAGE]
    return f"{message}\n{menu}" if menu and len(message) + len(menu) < LONGEST_MESSAGE else message


def _short_details(order: Order) -> list[str]:
    return [f"{name}: {_short(value)}" for name, value in _details(order)]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _details(order: Order) -> list[tuple[str, str]]:
    """Return names and values of the order's details, each value on one line whatever the guest typed."""
    clock = partial(_moment, order)
    details = [*order_details(order=order, clock=clock), ("Placed", clock(order.placed_at))]
    return [(name, single_line(value)) for name, value in details]


def _lines(order: Order) -> list[SheetLine]:
    return sheet_lines(order=order, money=partial(_money, order))


def _moment(order: Order, moment: datetime) -> str:
    """Format a time in the venue's time zone."""
    return date_format(moment.astimezone(order.venue.zone), "l j F, H:i")


def _totals(order: Order) -> list[tuple[str, str]]:
    return [(name, _money(order, amount)) for name, amount in order_totals(order=order)]


def _totals_on_one_line(order: Order) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in _totals(order))


def _payment(order: Order) -> str:
    if order.payment_status != Order.PaymentStatus.PAID:
        if order.is_on_the_bill:
            check = f"check {order.open_account}" if order.open_account else "the bill of its table"
            return f"Not paid yet: it will be paid with {check}."
        return "NOT PAID."
    if not order.payment_amount:
        return "Nothing to pay."
    method = settings_of(venue=order.venue).payment_method
    reference = f" (reference {order.payment_reference})" if order.payment_reference else ""
    return f"PAID ONLINE: {_money(order, order.payment_amount)}{reference}. Record it as {method}."


def _money(order: Order, amount: Decimal) -> str:
    # In plain blanks, for the till's printers.
    return single_line(format_money(amount, order.venue))
