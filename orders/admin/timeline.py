"""The contents of an order's page: everything needed to enter it by hand, and the timeline of what happened."""

from datetime import datetime
from functools import partial

from integrations.connect.venue_settings import settings_of
from orders.alerts.sold_out import menu_outcome
from orders.models import Alert, Injection, InjectionAttempt, Order, StaffAction
from orders.order_sheet import order_details, order_totals
from orders.status_summary import local_time
from storekit.admin_base.timeline import TimelineEntry, in_order, timeline_entry
from storekit.money.words import format_money

# --- Order sheet -----------------------------------------------------------------------------------------------------


def sheet_facts(order: Order) -> list[tuple[str, str]]:
    """Return everything but lines and amounts, as names and values."""
    more = (("E-mail", order.email), ("Paid", _paid(order)))
    return [
        *order_details(order=order, clock=partial(local_time, order)),
        *((name, value) for name, value in more if value),
    ]


def sheet_amounts(order: Order) -> list[tuple[str, str]]:
    """Return the amounts, the total last; only the total when it is that of the items."""
    *parts, total = order_totals(order=order)
    shown = [*parts, total] if len(parts) > 1 else [total]
    return [(name, format_money(amount, order.venue)) for name, amount in shown]


def _paid(order: Order) -> str:
    if order.payment_status != Order.PaymentStatus.PAID:
        return "with the check" if order.is_on_the_bill else "not yet"
    reference = f" ({order.payment_reference})" if order.payment_reference else ""
    method = settings_of(venue=order.venue).payment_method
    return f"{format_money(order.payment_amount, order.venue)}{reference}; record it as {method}"


# --- Timeline --------------------------------------------------------------------------------------------------------


def timeline_of(order: Order) -> list[TimelineEntry]:
    """Return everything that happened to the order, oldest first: four queries at most."""
    injection = order.injection
    entries = [
        _entry(order, order.placed_at, "Placed"),
        *(_attempt_entry(order, attempt) for attempt in injection.attempt_rows.all()),
        *(_alert_entry(order, alert) for alert in order.alerts.all()),
        *(_staff_entry(order, action) for action in order.staff_actions.all()),
    ]
    by_hand = any(entry.what.startswith(StaffAction.Action.ENTERED_BY_HAND.label) for entry in entries)
    if injection.confirmed_at and not by_hand:
        check = f"Check {injection.account}" if injection.account else ""
        entries.append(_entry(order, injection.confirmed_at, "On the till", check, "good"))
    if injection.failed_at and injection.state == Injection.State.FAILED:
        entries.append(_entry(order, injection.failed_at, "Failed", injection.error, "bad"))
    return in_order(entries)


def _entry(order: Order, at: datetime, what: str, detail: str = "", tone: str = "") -> TimelineEntry:
    return timeline_entry(order.venue, at, what, detail, tone)


def _attempt_entry(order: Order, attempt: InjectionAttempt) -> TimelineEntry:
    good = attempt.outcome in (InjectionAttempt.Outcome.ACCEPTED, InjectionAttempt.Outcome.DUPLICATE)
    status = f"HTTP {attempt.status}" if attempt.status else ""
    detail = "\n".join(part for part in (attempt.detail, status) if part)
    tone = "good" if good else "bad" if attempt.outcome == InjectionAttempt.Outcome.REJECTED else "warning"
    outcome = attempt.get_outcome_display()
    outcome = outcome if outcome.startswith("POS") else outcome[0].lower() + outcome[1:]
    return _entry(order, attempt.started_at, f"Attempt {attempt.number}: {outcome}", detail, tone)


def _alert_entry(order: Order, alert: Alert) -> TimelineEntry:
    if alert.channel == Alert.Channel.MENU:
        return _snooze_entry(order, alert)
    subject = f"{alert.get_channel_display()}: “{alert.get_about_display()}”"
    if alert.sent_at:
        where = f"to {order.venue.email}" if alert.channel == Alert.Channel.EMAIL else ""
        return _entry(order, alert.sent_at, f"{subject}, sent", where, "good")
    state = "not sent yet" if alert.next_attempt_at else "not sent"
    return _entry(order, alert.created_at, f"{subject}, {state}", alert.error, "warning")


def _snooze_entry(order: Order, refusal: Alert) -> TimelineEntry:
    if refusal.next_attempt_at:
        return _entry(order, refusal.created_at, "Waiting to be snoozed on the menu", refusal.error, "warning")
    refusal.order = order
    outcome = menu_outcome(refusal=refusal)
    what, tone = ("Snoozed on the menu", "good") if outcome.snoozed else ("Nothing snoozed on the menu", "warning")
    return _entry(order, refusal.sent_at or refusal.created_at, what, outcome.message, tone)


def _staff_entry(order: Order, action: StaffAction) -> TimelineEntry:
    return _entry(order, action.at, str(action), action.note)
