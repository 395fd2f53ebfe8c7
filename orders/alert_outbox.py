"""What the venue is to be told of an order, as rows in the transaction that gives the reason."""

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction

from orders.models import Alert
from orders.queue import enqueue_alert
from storekit.db.due_rows import due_now

BOTH_WAYS = (Alert.Channel.EMAIL, Alert.Channel.TILL)


def queue_alert(
    *, order_id: UUID, about: Alert.About, channels: Iterable[Alert.Channel] = BOTH_WAYS, occurrence: int = 1
) -> None:
    """Has the venue told, once for each occurrence; when the transaction commits it is queued.

    To be called within a transaction. What is told already, or about to be, stays as it is.
    """
    rows = [
        Alert(order_id=order_id, channel=channel, about=about, occurrence=occurrence, next_attempt_at=due_now())
        for channel in channels
    ]
    _write(rows)


def queue_menu_snooze(*, order_id: UUID, occurrence: int, code: str, pos_words: str) -> None:
    """Has the menu snooze what the POS refused an order for, likewise.

    Args:
        order_id: whose refusal.
        occurrence: the how-manieth failure of the order it is.
        code: a short stable name of the cause.
        pos_words: the POS's own, which may name what is sold out.
    """
    row = Alert(
        order_id=order_id,
        channel=Alert.Channel.MENU,
        about=Alert.About.FAILED,
        occurrence=occurrence,
        next_attempt_at=due_now(),
        code=code[:40],
        pos_words=pos_words,
    )
    _write([row])


def _write(rows: Sequence[Alert]) -> None:
    """Rows of one order, occurrence and matter."""
    Alert.objects.bulk_create(rows, ignore_conflicts=True)
    untold = Alert.objects.filter(
        order_id=rows[0].order_id,
        about=rows[0].about,
        occurrence=rows[0].occurrence,
        channel__in=[row.channel for row in rows],
        attempts=0,
        next_attempt_at__isnull=False,
    )
    for alert_id in untold.values_list("pk", flat=True):
        transaction.on_commit(partial(enqueue_alert, alert_id=alert_id))
