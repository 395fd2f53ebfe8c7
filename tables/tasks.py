"""What the task queue calls: ids in, a word out."""

from integrations.syncs.runs import SyncAlreadyRunning, queued_run
from tables import floor_plan


def sync_floor_plan(run_id: int) -> str:
    """Carries out a queued sync of the floor plan; the outcome is the run's row. One that has begun is left alone."""
    run = queued_run(run_id=run_id)
    try:
        return floor_plan.sync_floor_plan(venue=run.connection.venue, started_by=run.started_by, queued=run).state
    except SyncAlreadyRunning as error:
        return str(error)
