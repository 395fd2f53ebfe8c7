"""Deliver alerts to a venue and its menu: claim the row, send outside any transaction, record. Each is sent once.

The row holds the time of the next attempt, so a mail server or a till that is down only delays an alert.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from integrations.connect.service import pos_for
from integrations.pos import PosError, Rejected, Throttled
from orders.alerts.messages import email_context, notes_message, till_message
from orders.alerts.sold_out import menu_message, snooze_sold_out_items, snooze_would_end_at
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from storekit.db.due_rows import claim_by_moment, enqueue_each
from storekit.mail import send_to_venue

logger = logging.getLogger(__name__)

_NOT_NEEDED = "Not needed: the order was settled first."
# Much longer than one e-mail or one call takes.
_LEASE = timedelta(minutes=2)
_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(minutes=15)
_EMAIL_TRIED_FOR = timedelta(days=1)
# A message on the till is for the shift that makes the order.
_TILL_TRIED_FOR = timedelta(hours=1)
_TILL_TRIED_AFTER_SCHEDULED_TIME = timedelta(minutes=30)
_MOST_PER_SWEEP = 200


def send(*, alert_id: int) -> str:
    """Send the alert if it is due and still needed; return the result.

    Safe to call at any time, any number of times and from any number of processes.

    Returns:
        "sent", "not due", "not needed", "retry" (a later attempt is scheduled) or "given up".
    """
    alert = _claim(alert_id)
    if alert is None:
        return "not due"
    if alert.channel == Alert.Channel.MENU:
        return _snooze_menu(alert)
    if not _still_needed(alert):
        return _record(alert, "not needed", next_attempt_at=None, error=_NOT_NEEDED)
    if alert.channel == Alert.Channel.EMAIL:
        return _send_email(alert)
    return _print_message(alert)


def enqueue_due() -> int:
    """Queue the alerts that are due; return how many were queued."""
    ids = list(_due().order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_SWEEP])
    return enqueue_each("orders.tasks.send_alert", ids)


def _due() -> QuerySet[Alert]:
    return Alert.objects.filter(next_attempt_at__lte=timezone.now())


def _claim(alert_id: int) -> Alert | None:
    """Claim the alert for the length of the lease, so that one of several processes sends it."""
    if claim_by_moment(_due().filter(pk=alert_id), lease=_LEASE, attempts=F("attempts") + 1) is None:
        return None
    return Alert.objects.select_related("order__injection", "order__venue").get(pk=alert_id)


def _still_needed(alert: Alert) -> bool:
    """Return whether the order is still in the state that the alert is about."""
    order, injection = alert.order, alert.order.injection
    if alert.about == Alert.About.FAILED:
        failed = injection.state == Injection.State.FAILED and injection.failures == alert.occurrence
        return failed and order.status not in CLOSED_STATUSES
    if alert.about == Alert.About.NOTES:
        return order.status not in CLOSED_STATUSES
    return alert.about != Alert.About.CANCELLED or order.status == Order.Status.CANCELLED


# --- The three channels ----------------------------------------------------------------------------------------------


def _send_email(alert: Alert) -> str:
    about = Alert.About(alert.about)
    problem = send_to_venue(
        venue=alert.order.venue,
        template="emails/order_alert",
        context=email_context(order=alert.order, about=about, menu=_menu_message(alert)),
        name=f"order-{alert.order_id}-{about}-{alert.occurrence}",
    )
    if not problem:
        return _record_sent(alert)
    deadline = alert.created_at + _EMAIL_TRIED_FOR
    result = _retry(alert, f"The e-mail could not be sent ({problem}).", until=deadline)
    if result == "given up":
        logger.error("No alert about order %s: the e-mail could not be sent for a day", alert.order_id)
    return result


def _print_message(alert: Alert) -> str:
    order = alert.order
    try:
        # Only the till of the location that the order was sent to.
        pos = pos_for(venue=order.venue, location=order.injection.location)
        pos.print_message(_till_message(alert))
    except Rejected as error:
        return _record(alert, "given up", next_attempt_at=None, error=str(error)[:500])
    except PosError as error:
        wait = error.retry_after if isinstance(error, Throttled) else None
        return _retry(alert, str(error), until=_till_deadline(alert), wait=wait)
    return _record_sent(alert)


def _till_message(alert: Alert) -> str:
    if alert.about == Alert.About.NOTES:
        return notes_message(order=alert.order, number=alert.occurrence)
    return till_message(order=alert.order, about=Alert.About(alert.about), menu=_menu_message(alert))


def _snooze_menu(alert: Alert) -> str:
    """Snooze even if staff handled the order: the item is still sold out."""
    try:
        snooze_sold_out_items(refusal=alert)
    except PosError as error:
        wait = error.retry_after if isinstance(error, Throttled) else None
        return _retry(alert, str(error), until=snooze_would_end_at(refusal=alert), wait=wait)
    return _record_sent(alert)


def _menu_message(alert: Alert) -> str:
    if alert.about != Alert.About.FAILED:
        return ""
    return menu_message(order=alert.order, occurrence=alert.occurrence)


def _till_deadline(alert: Alert) -> datetime:
    """Return when to give up on the till. The venue relies on the e-mail if the till cannot be reached."""
    deadline = alert.created_at + _TILL_TRIED_FOR
    scheduled_for = alert.order.scheduled_for
    return max(deadline, scheduled_for + _TILL_TRIED_AFTER_SCHEDULED_TIME) if scheduled_for else deadline


# --- Record ----------------------------------------------------------------------------------------------------------


def _record_sent(alert: Alert) -> str:
    return _record(alert, "sent", next_attempt_at=None, sent_at=timezone.now(), error="")


def _retry(alert: Alert, problem: str, *, until: datetime, wait: timedelta | None = None) -> str:
    delay = min(_FIRST_DELAY * 2 ** min(alert.attempts - 1, 10), _LONGEST_DELAY)
    retry_at = timezone.now() + max(delay, wait or delay)
    if retry_at > until:
        return _record(alert, "given up", next_attempt_at=None, error=problem[:500])
    return _record(alert, "retry", next_attempt_at=retry_at, error=problem[:500])


def _record(alert: Alert, result: str, **columns: datetime | str | None) -> str:
    # Only while the lease is ours: another process that claims the row moves this moment.
    Alert.objects.filter(pk=alert.pk, next_attempt_at=alert.next_attempt_at).update(**columns)
    logger.info("Order %s, %s about %s: %s", alert.order_id, alert.channel, alert.about, result)
    return result
