"""A rush of failures: the first three are reported one by one, those that follow together.

Forty slips on a till and forty e-mails hide each other. So the fourth failure of a venue within ten minutes waits a
minute, and whatever else has failed by then goes out in the same message, each order with all that the venue needs.
"""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from orders.models import Alert
from storekit.db import clock

NOT_NEEDED = "Not needed: the order was settled first."
"""The error of an alert that was not sent because there was nothing left to say."""

_REPORTED_ALONE = 3
_RUSH = timedelta(minutes=10)
GATHERED_FOR = timedelta(minutes=1)


def joins_digest(alert: Alert) -> bool:
    """Return whether the alert, claimed for the first time, is the fourth or a later failure of a rush."""
    if alert.about != Alert.About.FAILED or alert.channel == Alert.Channel.MENU or alert.attempts > 1:
        return False
    # By creation rather than by what was sent, so that processes that send at the same time agree.
    earlier = _alike(alert).filter(created_at__gt=alert.created_at - _RUSH, pk__lt=alert.pk).exclude(error=NOT_NEEDED)
    return earlier.count() >= _REPORTED_ALONE


def digest_due(alert: Alert) -> datetime:
    """Return when the digest that the alert joins is sent: a minute after its first alert was gathered."""
    now = clock.now()
    waiting = _gathered(alert).filter(attempts=0, next_attempt_at__gt=now).order_by("next_attempt_at")
    return waiting.values_list("next_attempt_at", flat=True).first() or now + GATHERED_FOR


def companions(alert_id: int) -> list[int]:
    """Return the ids of the alerts that are sent together with this one, if they are due; it is among them."""
    alert = Alert.objects.select_related("order__injection").filter(pk=alert_id, in_digest=True).first()
    if alert is None:
        return [alert_id]
    due = _gathered(alert).filter(next_attempt_at__lte=clock.now())
    return [alert_id, *due.exclude(pk=alert_id).values_list("pk", flat=True)]


def _gathered(alert: Alert) -> QuerySet[Alert]:
    return _alike(alert).filter(in_digest=True, next_attempt_at__isnull=False)


def _alike(alert: Alert) -> QuerySet[Alert]:
    """Return the alerts that can share a message with this one: of the same till, channel and subject."""
    return Alert.objects.filter(
        channel=alert.channel,
        about=alert.about,
        order__venue=alert.order.venue_id,
        order__injection__location=alert.order.injection.location,
    )
