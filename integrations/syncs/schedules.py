"""Scheduled syncs: each is queued once, at its local time, however many processes check the schedules."""

import logging

from django.db import transaction

from integrations.models import SyncRun, SyncSchedule
from integrations.syncs.runs import SyncAlreadyRunning, queue_sync
from storekit.db import clock

logger = logging.getLogger(__name__)

STARTED_BY = "schedule"


def enqueue_due() -> int:
    """Queue every scheduled sync that is due, once each however overdue it is, and return how many.

    Safe to run in several processes at once. A broken schedule is logged and does not stop the others.
    """
    enabled = SyncSchedule.objects.filter(enabled=True).select_related("connection__venue").order_by("next_run_at")
    return sum(_check(schedule) for schedule in enabled)


def _check(schedule: SyncSchedule) -> bool:
    try:
        found = SyncSchedule.objects.filter(pk=schedule.pk, reckoned_from=schedule.reckoned_from)
        if schedule.update_next_run(after=clock.now()):
            # The schedule or the venue's time zone was changed without saving this row, so its due time was wrong.
            found.update(next_run_at=schedule.next_run_at, reckoned_from=schedule.reckoned_from)
            return False
        _put_right(schedule)
        return _queue_if_due(schedule)
    except SyncAlreadyRunning as error:
        logger.info("Schedule %s is waiting: %s", schedule.pk, error)
    except Exception:
        logger.exception("Schedule %s could not be checked", schedule.pk)
    return False


def _put_right(schedule: SyncSchedule) -> None:
    """Reckon again when the next run is further ahead than it can be: it was reckoned while a clock was ahead."""
    latest = schedule.next_run_after(after=clock.now())
    if schedule.next_run_at is not None and latest is not None and schedule.next_run_at > latest:
        SyncSchedule.objects.filter(pk=schedule.pk, next_run_at=schedule.next_run_at).update(next_run_at=latest)
        logger.warning("Schedule %s was put right: a clock had been wrong", schedule.pk)
        schedule.next_run_at = latest


def _queue_if_due(schedule: SyncSchedule) -> bool:
    """Queue the sync if it is due and set the schedule's next time, in one transaction; return whether it did.

    Only the first of several concurrent callers queues it.

    Raises:
        SyncAlreadyRunning: the schedule stays due and its sync is queued once the running one has ended.
    """
    now = clock.now()
    if schedule.next_run_at is None or schedule.next_run_at > now:
        return False
    with transaction.atomic():
        claimed = SyncSchedule.objects.filter(
            pk=schedule.pk,
            enabled=True,
            next_run_at=schedule.next_run_at,
            reckoned_from=schedule.reckoned_from,
        ).update(next_run_at=schedule.next_run_after(after=now), last_run_at=now)
        if claimed:
            queue_sync(
                venue=schedule.connection.venue,
                kind=SyncRun.Kind(schedule.kind),
                started_by=STARTED_BY,
                options={"light": True} if schedule.light and schedule.kind == SyncRun.Kind.MENU else {},
                scheduled=True,
            )
    return bool(claimed)
