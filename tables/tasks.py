"""The tasks that the queue runs. Each takes an id and returns its result in a few words."""

from integrations.syncs.runs import SyncAlreadyRunning, queued_run
from tables import floor_plan


def sync_floor_plan(run_id: int) -> str:
    """Run a queued floor-plan sync and record the outcome in its row. Skip a run that has already started."""
    run = queued_run(run_id=run_id)
    try:
        return floor_plan.sync_floor_plan(venue=run.connection.venue, started_by=run.started_by, queued=run).state
    except SyncAlreadyRunning as error:
        return str(error)
