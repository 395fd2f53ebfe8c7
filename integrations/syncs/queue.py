"""The queue behind syncs: tasks as nudges for rows, and what becomes of rows that were left behind or never begun."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from integrations.models import Connection, SyncRun
from storekit.db.due_rows import enqueue
from storekit.queue.registry import SYNC_TASKS

logger = logging.getLogger(__name__)

QUEUED_AGAIN_AFTER = timedelta(minutes=2)
"""Of a row that nobody has begun."""

State = SyncRun.State
# A worker that is up begins well before that; whoever sits at a terminal need not wait for one that is down.
_NOBODY_BEGINS = timedelta(seconds=15)
# Options with which a sync does less than without them, or something else.
_DOES_LESS = ("preview", "light", "undo")
# Of the task, in seconds: more than the queue's usual time-out, less than a run's lease.
_TIME_OUT = 270


def enqueue_sync(*, run_id: int, kind: str) -> None:
    """Queues the task that carries out a queued run. A queue that cannot be reached is logged: the sweep comes."""
    enqueue(SYNC_TASKS[kind], run_id, timeout=_TIME_OUT)


def enqueue_alerts() -> None:
    """Queues the e-mails that are due, because of this run."""
    enqueue("integrations.tasks.send_sync_alerts")


def enqueue_due() -> int:
    """Ends what stopped without a word, and queues again what nobody has begun; returns how many it found."""
    ended = end_abandoned(SyncRun.objects.all())
    now = timezone.now()
    waiting = SyncRun.objects.filter(state=State.QUEUED, lease_until__lte=now)
    rows = [
        (pk, kind)
        for pk, kind in waiting.values_list("pk", "kind")
        if waiting.filter(pk=pk).update(lease_until=now + QUEUED_AGAIN_AFTER)
    ]
    for pk, kind in rows:
        enqueue_sync(run_id=pk, kind=kind)
    return ended + len(rows)


def end_abandoned(runs: QuerySet[SyncRun]) -> int:
    """A process that was killed cannot end its run; its lease does."""
    now = timezone.now()
    ended = runs.filter(state=State.RUNNING, lease_until__lte=now).update(
        state=State.FAILED,
        finished_at=now,
        next_alert_at=Case(When(scheduled=True, then=Value(now))),
        error="It stopped without a word: its process was probably killed. Sync again.",
    )
    if ended:
        logger.warning("Ended %s syncs that stopped without a word", ended)
    return ended


def go_ahead_of_unbegun(connection: Connection, kind: SyncRun.Kind, options: dict[str, Any]) -> bool:
    """A sync in the foreground goes ahead of one that no worker begins; returns whether it does a schedule's work.

    Then the venue hears of its end as it would have heard of the other's. One that does less than the schedule wanted
    leaves a scheduled sync that failed, and the venue is told at once.
    """
    now = timezone.now()
    waiting = SyncRun.objects.filter(connection=connection, kind=kind, state=State.QUEUED)
    unbegun = waiting.filter(started_at__lte=now - _NOBODY_BEGINS).first()
    if unbegun is None:
        return False
    serves = all(unbegun.options.get(name) for name in _DOES_LESS if options.get(name))
    tell = unbegun.scheduled and not serves
    ended = waiting.filter(pk=unbegun.pk).update(
        state=State.SUPERSEDED if serves else State.FAILED,
        finished_at=now,
        next_alert_at=now if tell else None,
        error="No task worker began it. A sync that was started by hand went ahead of it.",
    )
    if ended and tell:
        transaction.on_commit(enqueue_alerts, robust=True)
    return bool(ended) and unbegun.scheduled and serves
