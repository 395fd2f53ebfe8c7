"""What the task queue calls: ids in, a word out."""

from integrations.syncs import SyncAlreadyRunning
from menus import syncing
from storekit.models import Venue


def sync_menu(venue_id: int, menu_id: str | None, started_by: str, force: bool = False) -> str:
    """Syncs the venue's menu; the outcome is the sync run's row. A sync that is running already is left to it."""
    venue = Venue.objects.get(pk=venue_id)
    try:
        return syncing.sync_menu(venue=venue, menu_id=menu_id, started_by=started_by, force=force).state
    except SyncAlreadyRunning as error:
        return str(error)
