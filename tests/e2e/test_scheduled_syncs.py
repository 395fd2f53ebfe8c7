"""A scheduled sync runs in a real worker against the sandbox POS, and staff are alerted if it fails."""

from datetime import timedelta

from django.utils import timezone
from django_q.tasks import async_task

from integrations.models import Connection, SyncRun, SyncSchedule
from tests import factories
from tests.e2e.conftest import Service
from tests.support.processes import worker
from tests.support.sandbox import eventually


def make_due() -> None:
    """Let the schedule have been due a minute ago."""
    SyncSchedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))


def finished_runs() -> list[SyncRun]:
    """Return the scheduled runs that have ended, the latest first."""
    return list(SyncRun.objects.filter(scheduled=True, finished_at__isnull=False).order_by("-pk"))


def test_a_scheduled_sync_runs_once_with_two_workers_and_its_failure_is_told(service: Service) -> None:
    factories.SyncScheduleFactory(connection=Connection.objects.get(venue=service.venue))
    make_due()
    with worker(), worker():
        (run,) = eventually(finished_runs, seconds=60)
        assert (run.state, run.error, run.alerted_at) == (SyncRun.State.SUCCEEDED, "", None)

        service.pos.switch_on(error_status=400)
        make_due()
        # What each worker's schedule does every minute.
        for _ in range(2):
            async_task("integrations.tasks.sweep_syncs")
        eventually(lambda: len(finished_runs()) == 2, seconds=60)
        failed, _ = finished_runs()
        assert (failed.state, failed.error.splitlines()[1]) == (SyncRun.State.FAILED, "The sandbox is set to fail")
        eventually(lambda: SyncRun.objects.filter(alerted_at__isnull=False).count() == 1)

    assert SyncRun.objects.filter(scheduled=True).count() == 2
    assert SyncSchedule.objects.get().next_run_at is not None
