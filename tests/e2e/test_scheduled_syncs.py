"""A scheduled sync runs in a real worker against the sandbox POS, and staff are alerted if it fails."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Connection, SyncRun, SyncSchedule
from tests import factories
from tests.e2e.conftest import Service
from tests.support.processes import worker
from tests.support.sandbox import eventually


def make_due(service: Service) -> None:
    """Create a schedule that was due a minute ago."""
    factories.SyncScheduleFactory(connection=Connection.objects.get(venue=service.venue))
    SyncSchedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))


def the_scheduled_run() -> SyncRun | None:
    return SyncRun.objects.filter(scheduled=True, finished_at__isnull=False).first()


@pytest.mark.parametrize("fault", [{}, {"error_status": 400}])
def test_a_scheduled_sync_runs_once_with_two_workers(service: Service, fault: dict[str, int]) -> None:
    make_due(service)
    service.pos.switch_on(**fault)

    with worker(), worker():
        run = eventually(the_scheduled_run, seconds=60)
        assert run is not None
        if fault:
            assert (run.state, run.error.splitlines()[1]) == (SyncRun.State.FAILED, "The sandbox is set to fail")
            eventually(lambda: SyncRun.objects.filter(alerted_at__isnull=False).count() == 1)
        else:
            assert (run.state, run.error, run.alerted_at) == (SyncRun.State.SUCCEEDED, "", None)

    assert SyncRun.objects.filter(scheduled=True).count() == 1
    assert SyncSchedule.objects.get().next_run_at is not None
