"""What the venue is told of an order: everything that is needed to key it in by hand, and why."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format

from integrations.connect.venue_settings import settings_of
from orders.alerts.advice import advice_on
from orders.injection.references import may_have_arrived
from orders.models import Alert, Injection, Order
from orders.order_sheet import WrittenLine, facts_of, in_one_line, sums_of, written_lines

LONGEST_MESSAGE = 1000
"""What a till shows and prints, in characters."""
_MORE = "… and more: see the back office."
# Of a note or an address on the till: the rest of the order is needed too.
_LONGEST_FACT = 120


def subject_line(*, order: Order, about: Alert.About) -> str:
    """What it is about, in a few words. The order's injection should be loaded with it."""
    doubt = ", as far as we know" if may_have_arrived(injection=order.injection) else ""
    return {
        Alert.About.FAILED: f"order {order.number} is not on the till{doubt}",
        Alert.About.CANCELLED: f"order {order.number} is cancelled",
        Alert.About.DOUBLE: f"order {order.number} may be on the till twice",
    }[about]


def email_context(*, order: Order, about: Alert.About, menu: str = "") -> dict[str, Any]:
    """What the templates of the e-mail say. The order's injection and venue should be loaded with it.

    `menu` is what happened on the menu because of it: a few sentences, or nothing.
    """
    reason, _, detail = order.injection.error.partition("\n")
    return {
        "order": order,
        "headline": subject_line(order=order, about=about),
        "copies": _about_copies(order) if about == Alert.About.DOUBLE else "",
        "todo": _todo(order.injection),
        "reason": reason,
        "detail": detail.strip(),
        "menu": menu,
        "facts": _facts(order),
        "lines": _lines(order),
        "totals": _totals(order),
        "payment": _payment(order),
        "link": settings.PUBLIC_URL + reverse("admin:orders_order_change", args=[order.pk]),
    }


def till_message(*, order: Order, about: Alert.About, menu: str = "") -> str:
    """What is shown on the till and printed, in at most 1,000 characters. `menu` is as in the e-mail, if it fits."""
    if about == Alert.About.FAILED:
        return _order_to_key_in(order, menu)
    account = order.injection.account
    check = f" Its check: {account}." if account else ""
    words = {
        Alert.About.CANCELLED: "Do not make it; void its check" + (f".{check}" if check else ", if there is one."),
        Alert.About.DOUBLE: f"{_about_copies(order)}{check}",
    }[about]
    head = f"{subject_line(order=order, about=about).upper()}. {words}"
    return "\n".join([head, *_short_facts(order)])[:LONGEST_MESSAGE]


# --- Parts -----------------------------------------------------------------------------------------------------------


def _todo(injection: Injection) -> str:
    """What to do about an order that failed. One that the POS took and never confirmed, it would not take again."""
    if not may_have_arrived(injection=injection):
        again = "Please key it in by hand, or send it again from the back office."
        return advice_on(cause=injection.error_code) or again
    send_again = "" if injection.error_code == "never_confirmed" else ", or send it again from the back office"
    return f"Look for it there first. If it is missing, key it in by hand{send_again}."


def _about_copies(order: Order) -> str:
    """What to do with an order that may be on the till twice."""
    if order.status == Order.Status.CANCELLED:
        return "It is cancelled: make neither, and void both checks."
    return "Make it once, and void the second check."


def _order_to_key_in(order: Order, menu: str) -> str:
    """As many of the lines as fit: the head and the foot are needed more; what happened on the menu is needed least."""
    reason = order.injection.error.partition("\n")[0]
    unsure = may_have_arrived(injection=order.injection)
    key_it_in = advice_on(cause=order.injection.error_code) or "Please key it in."
    advice = "Look for it there; if it is missing, key it in." if unsure else key_it_in
    head = [
        f"{subject_line(order=order, about=Alert.About.FAILED).upper()}. {advice}",
        *_short_facts(order),
    ]
    foot = [_totals_in_a_line(order), _short(_payment(order)), f"Why: {_short(reason)}"]
    room = LONGEST_MESSAGE - len("\n".join([*head, *foot])) - len(_MORE) - 2
    kept: list[str] = []
    for line in _lines(order):
        words = line.indent + line.words
        if len(words) + 1 > room:
            kept.append(_MORE)
            break
        room -= len(words) + 1
        kept.append(words)
    message = "\n".join([*head, *kept, *foot])[:LONGEST_MESSAGE]
    return f"{message}\n{menu}" if menu and len(message) + len(menu) < LONGEST_MESSAGE else message


def _short_facts(order: Order) -> list[str]:
    return [f"{name}: {_short(value)}" for name, value in _facts(order)]


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST_FACT else words[: _LONGEST_FACT - 1] + "…"


def _facts(order: Order) -> list[tuple[str, str]]:
    """What is known of the order; each in one line, whatever the guest typed."""
    clock = partial(_moment, order)
    known = [*facts_of(order=order, clock=clock), ("Placed", clock(order.placed_at))]
    return [(name, in_one_line(value)) for name, value in known]


def _lines(order: Order) -> list[WrittenLine]:
    return written_lines(order=order, money=partial(_money, order))


def _moment(order: Order, moment: datetime) -> str:
    """A time as the clock on the venue's wall shows it."""
    return date_format(moment.astimezone(order.venue.zone), "l j F, H:i")


def _totals(order: Order) -> list[tuple[str, str]]:
    return [(name, _money(order, amount)) for name, amount in sums_of(order=order)]


def _totals_in_a_line(order: Order) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in _totals(order))


def _payment(order: Order) -> str:
    if order.payment_status != Order.PaymentStatus.PAID:
        if order.is_on_the_bill:
            return f"Not paid yet: it is paid with check {order.open_account}."
        return "NOT PAID."
    if not order.payment_amount:
        return "Nothing to pay."
    method = settings_of(venue=order.venue).payment_method
    reference = f" (reference {order.payment_reference})" if order.payment_reference else ""
    return f"PAID ONLINE: {_money(order, order.payment_amount)}{reference}. Book it on {method}."


def _money(order: Order, amount: Decimal) -> str:
    sign = "−" if amount < 0 else ""
    return f"{sign}{order.venue.currency} {abs(amount)}"
