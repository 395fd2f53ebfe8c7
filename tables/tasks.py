"""What the task queue calls: ids in, a word out."""

from integrations.syncs import SyncAlreadyRunning
from storekit.models import Venue
from tables import floor_plan


def sync_floor_plan(venue_id: int, started_by: str) -> str:
    """Syncs the venue's floor plan; the outcome is the sync run's row. A sync that is running already is left to it."""
    venue = Venue.objects.get(pk=venue_id)
    try:
        return floor_plan.sync_floor_plan(venue=venue, started_by=started_by).state
    except SyncAlreadyRunning as error:
        return str(error)
