"""Deliver alerts to a venue and its menu: claim the row, send outside any transaction, record. Each is sent once.

The row holds the time of the next attempt, so a mail server or a till that is down only delays an alert.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from integrations.connect.service import pos_for
from integrations.pos import PosError, Rejected, Throttled
from orders.alerts.messages import digest_line, digest_message, email_context, notes_message, till_message
from orders.alerts.rush import NOT_NEEDED, companions, digest_due, joins_digest
from orders.alerts.sold_out import menu_message, snooze_sold_out_items, snooze_would_end_at
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment, enqueue_each, growing_delay
from storekit.mail import send_to_venue

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=50)
"""Much longer than one e-mail or one call takes. What a killed worker was sending waits for so long."""
_FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
_EMAIL_TRIED_FOR = timedelta(days=1)
# A message on the till is for the shift that makes the order.
TILL_TRIED_FOR = timedelta(hours=1)
_TILL_TRIED_AFTER_SCHEDULED_TIME = timedelta(minutes=30)
_MOST_PER_SWEEP = 200


def send(*, alert_id: int) -> str:
    """Send the alert if it is due and still needed; return the result.

    Safe to call at any time, any number of times and from any number of processes.

    Returns:
        "sent", "not due", "not needed", "gathered" (for a digest), "retry" (a later attempt is scheduled) or "given
        up". A digest is sent with the first of its alerts.
    """
    claimed = _claim(companions(alert_id))
    if not claimed:
        return "not due"
    alert = claimed[0]
    if alert.channel == Alert.Channel.MENU:
        return _snooze_menu(alert)
    needed = [each for each in claimed if _still_needed(each)]
    _record([each for each in claimed if each not in needed], "not needed", next_attempt_at=None, error=NOT_NEEDED)
    if not needed:
        return "not needed"
    if not alert.in_digest and joins_digest(alert):
        return _record([alert], "gathered", next_attempt_at=digest_due(alert), in_digest=True, attempts=0)
    return _send_email(needed) if alert.channel == Alert.Channel.EMAIL else _print_message(needed)


def enqueue_due() -> int:
    """Queue the alerts that are due; return how many were queued."""
    ids = list(_due().order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_SWEEP])
    return enqueue_each("orders.tasks.send_alert", ids)


def _due() -> QuerySet[Alert]:
    return Alert.objects.filter(next_attempt_at__lte=clock.now())


def _claim(alert_ids: list[int]) -> list[Alert]:
    """Claim those of the alerts that are due for the length of the lease, so that one of several processes sends them.

    One update takes them all: a digest is not torn apart by processes that start on different alerts of it.
    """
    moment = claim_by_moment(_due().filter(pk__in=alert_ids), lease=LEASE, attempts=F("attempts") + 1)
    if moment is None:
        return []
    rows = Alert.objects.select_related("order__injection", "order__venue")
    return list(rows.filter(pk__in=alert_ids, next_attempt_at=moment).order_by("pk"))


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


def _send_email(alerts: list[Alert]) -> str:
    problem = _email_digest(alerts) if len(alerts) > 1 else _email_one(alerts[0])
    if not problem:
        return _record_sent(alerts)
    result = _retry(alerts, f"The e-mail could not be sent ({problem}).", until=_email_deadline)
    if result == "given up":
        logger.error("No alert about order %s: the e-mail could not be sent for a day", alerts[0].order_id)
    return result


def _email_one(alert: Alert) -> str:
    about = Alert.About(alert.about)
    return send_to_venue(
        venue=alert.order.venue,
        template="emails/order_alert",
        context=email_context(order=alert.order, about=about, menu=_menu_message(alert)),
        name=f"order-{alert.order_id}-{about}-{alert.occurrence}",
    )


def _email_digest(alerts: list[Alert]) -> str:
    sheets = [email_context(order=alert.order, about=Alert.About.FAILED, menu=_menu_message(alert)) for alert in alerts]
    return send_to_venue(
        venue=alerts[0].order.venue,
        template="emails/order_alerts",
        context={"headline": digest_line(orders=[alert.order for alert in alerts]), "sheets": sheets},
        name=f"orders-from-alert-{alerts[0].pk}",
    )


def _print_message(alerts: list[Alert]) -> str:
    order = alerts[0].order
    text = digest_message(orders=[alert.order for alert in alerts]) if len(alerts) > 1 else _till_message(alerts[0])
    try:
        # Only the till of the location that the order was sent to.
        pos = pos_for(venue=order.venue, location=order.injection.location)
        pos.print_message(text)
    except Rejected as error:
        return _record(alerts, "given up", next_attempt_at=None, error=str(error)[:500])
    except PosError as error:
        wait = error.retry_after if isinstance(error, Throttled) else None
        return _retry(alerts, str(error), until=_till_deadline, wait=wait)
    return _record_sent(alerts)


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
        return _retry([alert], str(error), until=lambda each: snooze_would_end_at(refusal=each), wait=wait)
    return _record_sent([alert])


def _menu_message(alert: Alert) -> str:
    if alert.about != Alert.About.FAILED:
        return ""
    return menu_message(order=alert.order, occurrence=alert.occurrence)


def _till_deadline(alert: Alert) -> datetime:
    """Return when to give up on the till. The venue relies on the e-mail if the till cannot be reached."""
    deadline = alert.created_at + TILL_TRIED_FOR
    scheduled_for = alert.order.scheduled_for
    return max(deadline, scheduled_for + _TILL_TRIED_AFTER_SCHEDULED_TIME) if scheduled_for else deadline


def _email_deadline(alert: Alert) -> datetime:
    return alert.created_at + _EMAIL_TRIED_FOR


# --- Record ----------------------------------------------------------------------------------------------------------


def _record_sent(alerts: list[Alert]) -> str:
    return _record(alerts, "sent", next_attempt_at=None, sent_at=clock.now(), error="")


def _retry(
    alerts: list[Alert], problem: str, *, until: Callable[[Alert], datetime], wait: timedelta | None = None
) -> str:
    """Schedule a later attempt, for all at the same moment, and give up on those whose time is over by then."""
    tried = max(alert.attempts for alert in alerts)
    delay = growing_delay(failures=tried, first=_FIRST_DELAY, longest=LONGEST_DELAY)
    retry_at = clock.now() + max(delay, wait or delay)
    over = [alert for alert in alerts if retry_at > until(alert)]
    _record(over, "given up", next_attempt_at=None, error=problem[:500])
    later = [alert for alert in alerts if alert not in over]
    _record(later, "retry", next_attempt_at=retry_at, error=problem[:500])
    return "retry" if later else "given up"


def _record(alerts: list[Alert], result: str, **columns: Any) -> str:
    for alert in alerts:
        # Only while the lease is ours: another process that claims the row moves this moment.
        Alert.objects.filter(pk=alert.pk, next_attempt_at=alert.next_attempt_at).update(**columns)
        logger.info("Order %s, %s about %s: %s", alert.order_id, alert.channel, alert.about, result)
    return result
