"""`manage.py sync_floor_plan SLUG`: sync a floor plan in the foreground."""

from collections.abc import Callable
from typing import Any

from integrations.models import SyncRun
from integrations.syncs.command import SyncCommand
from storekit.models import Venue
from tables.floor_plan import sync_floor_plan


class Command(SyncCommand):
    """Show a progress bar, then what changed."""

    help = "Sync a venue's areas and tables from its POS."
    what = "floor plan"

    def sync(self, venue: Venue, on_progress: Callable[[int, str], None], **options: Any) -> SyncRun:
        return sync_floor_plan(venue=venue, started_by="command", on_progress=on_progress)
