"""`manage.py sync_menu SLUG [--menu ID] [--force]`: one menu sync in the foreground."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandParser

from integrations.models import SyncRun
from integrations.sync_command import SyncCommand
from menus.syncing import sync_menu
from storekit.models import Venue


class Command(SyncCommand):
    """Shows a progress bar, then what changed."""

    help = "Brings a venue's menu in step with its POS."
    what = "menu"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--menu", metavar="ID", help="the POS's id of the menu; remembered for the next time")
        parser.add_argument("--force", action="store_true", help="take over a menu even if it has no products any more")

    def sync(self, venue: Venue, on_progress: Callable[[int, str], None], **options: Any) -> SyncRun:
        return sync_menu(
            venue=venue,
            menu_id=options["menu"],
            started_by="command",
            force=options["force"],
            on_progress=on_progress,
        )
