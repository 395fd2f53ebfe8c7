"""Telling a venue and its menu of an order: claim the row, send outside any transaction, record. Each is told once.

The row says when it is to be tried (again), so that a mail server or a till that is down only delays it.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from integrations.connect.service import pos_for
from integrations.pos import PosError, Rejected, Throttled
from orders.alerts.messages import email_context, till_message
from orders.alerts.sold_out import of_use_until, said_of_the_menu, snooze_what_was_refused
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from storekit.db.due_rows import claim_by_moment, enqueue_each
from storekit.mail import send_to_venue

logger = logging.getLogger(__name__)

_NOT_NEEDED = "Not needed any more: the order was settled first."
# Much more than one e-mail or one call takes.
_LEASE = timedelta(minutes=2)
_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(minutes=15)
_EMAIL_TRIED_FOR = timedelta(days=1)
# A message on the till is for the shift that makes the order.
_TILL_TRIED_FOR = timedelta(hours=1)
_TILL_TRIED_AFTER_ITS_TIME = timedelta(minutes=30)
_SWEPT_AT_ONCE = 200


def send(*, alert_id: int) -> str:
    """Tells the venue if that is due and still needed; returns what became of it in a word.

    Safe to call at any time, any number of times and from any number of processes.
    """
    alert = _claim(alert_id)
    if alert is None:
        return "not due"
    if alert.channel == Alert.Channel.MENU:
        return _snooze_on_the_menu(alert)
    if not _still_needed(alert):
        return _record(alert, "not needed", next_attempt_at=None, error=_NOT_NEEDED)
    if alert.channel == Alert.Channel.EMAIL:
        return _send_email(alert)
    return _print_message(alert)


def enqueue_due() -> int:
    """Queues what is due and was not heard of; returns how many."""
    ids = list(_due().order_by("next_attempt_at").values_list("pk", flat=True)[:_SWEPT_AT_ONCE])
    return enqueue_each("orders.tasks.send_alert", ids)


def _due() -> QuerySet[Alert]:
    return Alert.objects.filter(next_attempt_at__lte=timezone.now())


def _claim(alert_id: int) -> Alert | None:
    """Takes the row for two minutes, so that of several processes one tells."""
    if claim_by_moment(_due().filter(pk=alert_id), lease=_LEASE, attempts=F("attempts") + 1) is None:
        return None
    return Alert.objects.select_related("order__injection", "order__venue").get(pk=alert_id)


def _still_needed(alert: Alert) -> bool:
    """Whether nobody has settled meanwhile what it is about."""
    order, injection = alert.order, alert.order.injection
    if alert.about == Alert.About.FAILED:
        failed = injection.state == Injection.State.FAILED and injection.failures == alert.occurrence
        return failed and order.status not in CLOSED_STATUSES
    return alert.about != Alert.About.CANCELLED or order.status == Order.Status.CANCELLED


# --- The three ways -------------------------------------------------------------------------------------------------


def _send_email(alert: Alert) -> str:
    about = Alert.About(alert.about)
    problem = send_to_venue(
        venue=alert.order.venue,
        template="emails/order_alert",
        context=email_context(order=alert.order, about=about, menu=_menu_words(alert)),
        name=f"order-{alert.order_id}-{about}-{alert.occurrence}",
    )
    if not problem:
        return _told(alert)
    given_up = alert.created_at + _EMAIL_TRIED_FOR
    word = _try_again(alert, f"The e-mail could not be sent ({problem}).", until=given_up)
    if word == "given up":
        logger.error("The venue was not told of order %s: no e-mail could be sent for a day", alert.order_id)
    return word


def _print_message(alert: Alert) -> str:
    order = alert.order
    try:
        # The till of the location that the order was meant for, and no other.
        pos = pos_for(venue=order.venue, location=order.injection.location)
        pos.print_message(till_message(order=order, about=Alert.About(alert.about), menu=_menu_words(alert)))
    except Rejected as error:
        return _record(alert, "given up", next_attempt_at=None, error=str(error)[:500])
    except PosError as error:
        wait = error.retry_after if isinstance(error, Throttled) else None
        return _try_again(alert, str(error), until=_till_is_tried_until(alert), wait=wait)
    return _told(alert)


def _snooze_on_the_menu(alert: Alert) -> str:
    """Whoever has seen to the order meanwhile has not made more of what is sold out."""
    try:
        snooze_what_was_refused(refusal=alert)
    except PosError as error:
        wait = error.retry_after if isinstance(error, Throttled) else None
        return _try_again(alert, str(error), until=of_use_until(refusal=alert), wait=wait)
    return _told(alert)


def _menu_words(alert: Alert) -> str:
    if alert.about != Alert.About.FAILED:
        return ""
    return said_of_the_menu(order=alert.order, occurrence=alert.occurrence)


def _till_is_tried_until(alert: Alert) -> datetime:
    """The e-mail is the certain way: a till that stays out of reach is let be."""
    latest = alert.created_at + _TILL_TRIED_FOR
    wanted = alert.order.scheduled_for
    return max(latest, wanted + _TILL_TRIED_AFTER_ITS_TIME) if wanted else latest


# --- Record ----------------------------------------------------------------------------------------------------------


def _told(alert: Alert) -> str:
    return _record(alert, "told", next_attempt_at=None, sent_at=timezone.now(), error="")


def _try_again(alert: Alert, problem: str, *, until: datetime, wait: timedelta | None = None) -> str:
    delay = min(_FIRST_DELAY * 2 ** min(alert.attempts - 1, 10), _LONGEST_DELAY)
    again = timezone.now() + max(delay, wait or delay)
    if again > until:
        return _record(alert, "given up", next_attempt_at=None, error=problem[:500])
    return _record(alert, "again", next_attempt_at=again, error=problem[:500])


def _record(alert: Alert, word: str, **columns: datetime | str | None) -> str:
    # The lease says whose outcome counts: a claim taken over since has moved it.
    Alert.objects.filter(pk=alert.pk, next_attempt_at=alert.next_attempt_at).update(**columns)
    logger.info("Order %s, %s about %s: %s", alert.order_id, alert.channel, alert.about, word)
    return word
