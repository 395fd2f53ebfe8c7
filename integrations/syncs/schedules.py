"""Syncs that run by themselves: once each, at their local times, whoever and however many look after them."""

import logging

from django.db import transaction
from django.utils import timezone

from integrations.models import SyncRun, SyncSchedule
from integrations.syncs.runs import SyncAlreadyRunning, queue_sync

logger = logging.getLogger(__name__)

STARTED_BY = "schedule"


def enqueue_due() -> int:
    """Queues every sync whose time has come, once, however long ago that was; returns how many.

    Safe to run in several processes at once. A schedule that cannot be worked out does not stop the others.
    """
    enabled = SyncSchedule.objects.filter(enabled=True).select_related("connection__venue").order_by("next_run_at")
    return sum(_look_at(schedule) for schedule in enabled)


def _look_at(schedule: SyncSchedule) -> bool:
    try:
        found = SyncSchedule.objects.filter(pk=schedule.pk, reckoned_from=schedule.reckoned_from)
        if schedule.reckon(after=timezone.now()):
            # The schedule or the venue's time zone was changed past the row: the time that was set means nothing now.
            found.update(next_run_at=schedule.next_run_at, reckoned_from=schedule.reckoned_from)
            return False
        return _run_if_due(schedule)
    except SyncAlreadyRunning as error:
        logger.info("Schedule %s waits: %s", schedule.pk, error)
    except Exception:
        logger.exception("Schedule %s could not be looked at", schedule.pk)
    return False


def _run_if_due(schedule: SyncSchedule) -> bool:
    """Moves the schedule on and queues its sync, both or neither. Of many who try, the first one does.

    Raises:
        SyncAlreadyRunning: the schedule stays due, and its sync runs when the one that is going on has ended.
    """
    now = timezone.now()
    if schedule.next_run_at is None or schedule.next_run_at > now:
        return False
    with transaction.atomic():
        claimed = SyncSchedule.objects.filter(
            pk=schedule.pk,
            enabled=True,
            next_run_at=schedule.next_run_at,
            reckoned_from=schedule.reckoned_from,
        ).update(next_run_at=schedule.following(after=now), last_run_at=now)
        if claimed:
            queue_sync(
                venue=schedule.connection.venue,
                kind=SyncRun.Kind(schedule.kind),
                started_by=STARTED_BY,
                options={"light": True} if schedule.light and schedule.kind == SyncRun.Kind.MENU else {},
                scheduled=True,
            )
    return bool(claimed)
