"""Queue alerts about an order, as rows in the same transaction as the change that gives the reason."""

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction

from orders.models import Alert
from orders.queue import enqueue_alert
from storekit.db.due_rows import due_now

EMAIL_AND_TILL = (Alert.Channel.EMAIL, Alert.Channel.TILL)


def queue_alert(
    *, order_id: UUID, about: Alert.About, channels: Iterable[Alert.Channel] = EMAIL_AND_TILL, occurrence: int = 1
) -> None:
    """Alert the venue once for each occurrence; the task is queued when the transaction commits.

    Call within a transaction. An alert that has been sent, or is about to be, stays as it is.
    """
    rows = [
        Alert(order_id=order_id, channel=channel, about=about, occurrence=occurrence, next_attempt_at=due_now())
        for channel in channels
    ]
    _store(rows)


def queue_note_messages(*, order_id: UUID, number: int) -> None:
    """Print the order's notes that do not fit on its ticket: that many messages, each once. Call in a transaction."""
    for occurrence in range(1, number + 1):
        queue_alert(order_id=order_id, about=Alert.About.NOTES, channels=[Alert.Channel.TILL], occurrence=occurrence)


def queue_menu_snooze(*, order_id: UUID, occurrence: int, code: str, pos_words: str, item: str) -> None:
    """Queue a menu snooze of the items that the order was refused for, once for each occurrence.

    Call within a transaction; the task is queued when it commits.

    Args:
        order_id: the refused order.
        occurrence: the number of the order's failure, counted from 1.
        code: a short, stable name of the cause.
        pos_words: the POS's own message, which may name what is sold out.
        item: the item that the message quotes; empty for none.
    """
    row = Alert(
        order_id=order_id,
        channel=Alert.Channel.MENU,
        about=Alert.About.FAILED,
        occurrence=occurrence,
        next_attempt_at=due_now(),
        code=code[:40],
        pos_words=pos_words,
        item=item[:255],
    )
    _store([row])


def _store(rows: Sequence[Alert]) -> None:
    """Store the rows, which share order, subject and occurrence, and queue those that have not been tried."""
    Alert.objects.bulk_create(rows, ignore_conflicts=True)
    untried = Alert.objects.filter(
        order_id=rows[0].order_id,
        about=rows[0].about,
        occurrence=rows[0].occurrence,
        channel__in=[row.channel for row in rows],
        attempts=0,
        next_attempt_at__isnull=False,
    )
    for alert_id in untried.values_list("pk", flat=True):
        transaction.on_commit(partial(enqueue_alert, alert_id=alert_id))
