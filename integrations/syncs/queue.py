"""The task queue behind syncs: queueing a run's task, and recovering runs that were abandoned or never started."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When

from integrations.models import Connection, SyncRun
from storekit.db import clock
from storekit.db.due_rows import enqueue
from storekit.queue.registry import SYNC_TASKS
from storekit.queue.worker_threads import Lane

logger = logging.getLogger(__name__)

SYNCS = Lane("syncs", threads=3, per_key=1)
"""Syncs run here: one at a time for each venue, a few at a time in each worker process."""

QUEUED_AGAIN_AFTER = timedelta(minutes=2)
"""How long a queued run waits before the sweep queues its task again."""

State = SyncRun.State
# A running worker starts a run well within this time, so someone at a terminal need not wait longer for a worker that
# is down.
_UNSTARTED_AFTER = timedelta(seconds=15)
# Options that make a sync do less than, or something other than, a sync without them.
_NARROWING_OPTIONS = ("preview", "light", "undo")
# Of the task, in seconds: longer than the queue's usual time-out, shorter than a run's lease.
_TIME_OUT = 270


def enqueue_sync(*, run_id: int, kind: str) -> None:
    """Queue the task that carries out a queued run. If the queue cannot be reached, the sweep does it later."""
    enqueue(SYNC_TASKS[kind], run_id, timeout=_TIME_OUT)


def enqueue_alerts() -> None:
    """Queue the task that sends due alerts, so that an alert set just now goes out at once."""
    enqueue("integrations.tasks.send_sync_alerts")


def enqueue_due() -> int:
    """End abandoned runs and queue again the tasks of runs that have not started; return how many runs it found."""
    ended = end_abandoned(SyncRun.objects.all())
    now = clock.now()
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
    """End as failed the running runs whose lease has run out, and return how many there were.

    A killed process cannot end its run itself.
    """
    now = clock.now()
    ended = runs.filter(state=State.RUNNING, lease_until__lte=now).update(
        state=State.FAILED,
        finished_at=now,
        next_alert_at=Case(When(scheduled=True, then=Value(now))),
        error="The sync stopped without reporting back; its process was probably killed. Sync again.",
    )
    if ended:
        logger.warning("Ended %s abandoned sync runs", ended)
    return ended


def replace_unstarted(connection: Connection, kind: SyncRun.Kind, options: dict[str, Any]) -> bool:
    """End a queued run that no worker has started, so that a sync in the foreground can run instead.

    Return whether the new sync does the work of a scheduled one: if so, it alerts the venue as the schedule would have
    done. If the new sync does less than the schedule wanted, the scheduled run ends as failed and the venue is alerted
    at once.
    """
    now = clock.now()
    queued = SyncRun.objects.filter(connection=connection, kind=kind, state=State.QUEUED)
    unstarted = queued.filter(started_at__lte=now - _UNSTARTED_AFTER).first()
    if unstarted is None:
        return False
    does_its_work = all(unstarted.options.get(name) for name in _NARROWING_OPTIONS if options.get(name))
    alert = unstarted.scheduled and not does_its_work
    ended = queued.filter(pk=unstarted.pk).update(
        state=State.SUPERSEDED if does_its_work else State.FAILED,
        finished_at=now,
        next_alert_at=now if alert else None,
        error="No background worker started this sync, so a sync started by hand replaced it.",
    )
    if ended and alert:
        transaction.on_commit(enqueue_alerts, robust=True)
    return bool(ended) and unstarted.scheduled and does_its_work
