"""What the venue is to be told of an order, as rows in the transaction that gives the reason."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction

from orders.models import Alert
from orders.queueing import due_at_once, nudge_alert

BOTH_WAYS = (Alert.Channel.EMAIL, Alert.Channel.TILL)


def tell(
    *, order_id: UUID, about: Alert.About, channels: Iterable[Alert.Channel] = BOTH_WAYS, occurrence: int = 1
) -> None:
    """Has the venue told, once for each occurrence; when the transaction commits it is queued.

    To be called within a transaction. What is told already, or about to be, stays as it is.
    """
    rows = [
        Alert(order_id=order_id, channel=channel, about=about, occurrence=occurrence, next_attempt_at=due_at_once())
        for channel in channels
    ]
    Alert.objects.bulk_create(rows, ignore_conflicts=True)
    untold = Alert.objects.filter(order_id=order_id, about=about, occurrence=occurrence, attempts=0)
    for alert_id in untold.filter(next_attempt_at__isnull=False).values_list("pk", flat=True):
        transaction.on_commit(partial(nudge_alert, alert_id=alert_id))
