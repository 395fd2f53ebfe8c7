"""What an order's page shows of it: everything to key it in by hand at one look, and the story of its way."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils.formats import date_format

from integrations.connect.venue_settings import settings_of
from orders.alerts.sold_out import menu_outcome
from orders.models import Alert, Injection, InjectionAttempt, Order, OrderEvent
from orders.order_sheet import order_details, order_totals
from orders.status_summary import local_time


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened on the order's way."""

    at: datetime
    when: str
    what: str
    detail: str = ""
    tone: str = ""


# --- To key in -------------------------------------------------------------------------------------------------------


def sheet_facts_of(order: Order) -> list[tuple[str, str]]:
    """What is not a line, as names and values."""
    more = (("E-mail", order.email), ("Paid", _paid(order)))
    return [
        *order_details(order=order, clock=partial(local_time, order)),
        *((name, value) for name, value in more if value),
    ]


def amounts_of(order: Order) -> list[tuple[str, str]]:
    """The sums; the total, which comes last, is enough where it is that of the items."""
    *parts, (name, total) = [(name, str(amount)) for name, amount in order_totals(order=order)]
    return [*(parts if len(parts) > 1 else []), (name, f"{total} {order.venue.currency}")]


def _paid(order: Order) -> str:
    if order.payment_status != Order.PaymentStatus.PAID:
        return "with the check" if order.is_on_the_bill else "not yet"
    reference = f" ({order.payment_reference})" if order.payment_reference else ""
    method = settings_of(venue=order.venue).payment_method
    return f"{order.payment_amount} {order.venue.currency}{reference}; book it on {method}"


# --- The story -------------------------------------------------------------------------------------------------------


def story_of(order: Order) -> list[TimelineEntry]:
    """All that happened, from the first to the last. A query each for attempts, alerts and what people did."""
    injection = order.injection
    chapters = [
        _entry(order, order.placed_at, "Placed"),
        *(_of_attempt(order, attempt) for attempt in injection.attempt_rows.all()),
        *(_of_alert(order, alert) for alert in order.alerts.all()),
        *(_of_event(order, event) for event in order.events.all()),
    ]
    by_hand = any(chapter.what.startswith(OrderEvent.Action.ENTERED_BY_HAND.label) for chapter in chapters)
    if injection.confirmed_at and not by_hand:
        check = f"Check {injection.account}" if injection.account else ""
        chapters.append(_entry(order, injection.confirmed_at, "On the till", check, "good"))
    if injection.failed_at and injection.state == Injection.State.FAILED:
        chapters.append(_entry(order, injection.failed_at, "Failed", injection.error, "bad"))
    return sorted(chapters, key=lambda chapter: chapter.at)


def _entry(order: Order, at: datetime, what: str, detail: str = "", tone: str = "") -> TimelineEntry:
    seconds = date_format(at.astimezone(order.venue.zone), "s")
    return TimelineEntry(at=at, when=f"{local_time(order, at)}:{seconds}", what=what, detail=detail, tone=tone)


def _of_attempt(order: Order, attempt: InjectionAttempt) -> TimelineEntry:
    good = attempt.outcome in (InjectionAttempt.Outcome.ACCEPTED, InjectionAttempt.Outcome.DUPLICATE)
    status = f"HTTP {attempt.status}" if attempt.status else ""
    detail = "\n".join(part for part in (attempt.detail, status) if part)
    tone = "good" if good else "bad" if attempt.outcome == InjectionAttempt.Outcome.REJECTED else "warning"
    outcome = attempt.get_outcome_display()
    outcome = outcome if outcome.startswith("POS") else outcome[0].lower() + outcome[1:]
    return _entry(order, attempt.started_at, f"Attempt {attempt.number}: {outcome}", detail, tone)


def _of_alert(order: Order, alert: Alert) -> TimelineEntry:
    if alert.channel == Alert.Channel.MENU:
        return _of_the_menu(order, alert)
    subject = f"{alert.get_channel_display()}: “{alert.get_about_display()}”"
    if alert.sent_at:
        where = f"to {order.venue.email}" if alert.channel == Alert.Channel.EMAIL else ""
        return _entry(order, alert.sent_at, f"{subject}, sent", where, "good")
    state = "not sent yet" if alert.next_attempt_at else "not sent"
    return _entry(order, alert.created_at, f"{subject}, {state}", alert.error, "warning")


def _of_the_menu(order: Order, refusal: Alert) -> TimelineEntry:
    if refusal.next_attempt_at:
        return _entry(order, refusal.created_at, "To be snoozed on the menu", refusal.error, "warning")
    refusal.order = order
    outcome = menu_outcome(refusal=refusal)
    what, tone = ("Snoozed on the menu", "good") if outcome.snoozed else ("Nothing snoozed on the menu", "warning")
    return _entry(order, refusal.sent_at or refusal.created_at, what, outcome.message, tone)


def _of_event(order: Order, event: OrderEvent) -> TimelineEntry:
    return _entry(order, event.at, str(event), event.note)
