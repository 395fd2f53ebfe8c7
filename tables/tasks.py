"""The tasks of tables. Each takes ids and returns a line for the task queue's log."""

from functools import partial

from integrations.models import SyncRun
from integrations.syncs.queue import SYNCS
from integrations.syncs.runs import SyncAlreadyRunning, queued_run
from tables import floor_plan


def sync_floor_plan(run_id: int) -> str:
    """Carry out a queued sync of the floor plan, unless it has already started. Its row records the outcome."""
    run = queued_run(run_id=run_id)
    return str(SYNCS.hand_over(run.connection.venue_id, partial(_carry_out, run)))


def _carry_out(run: SyncRun) -> str:
    try:
        return floor_plan.sync_floor_plan(venue=run.connection.venue, started_by=run.started_by, queued=run).state
    except SyncAlreadyRunning as error:
        return str(error)
