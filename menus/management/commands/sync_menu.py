"""`manage.py sync_menu SLUG [--menu ID] [--force] [--light] [--preview] [--undo]`: sync a menu in the foreground."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from integrations.models import SyncRun
from integrations.syncs.command import SyncCommand
from menus.sync.rollback import undo
from menus.sync.run import sync_menu
from menus.sync.summary import summary_lines
from storekit.models import Venue


class Command(SyncCommand):
    """Show a progress bar, then what changed or would change."""

    help = "Update a venue's menu from its POS, or undo the last sync that changed it."
    what = "menu"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--menu", metavar="ID", help="the menu's id in the POS; remembered for the next sync")
        parser.add_argument(
            "--force",
            action="store_true",
            help="apply the changes even if the POS's menu is empty or lacks more than a third of the products",
        )
        parser.add_argument("--light", action="store_true", help="update prices and availability only")
        parser.add_argument("--preview", action="store_true", help="print what would change, without changing anything")
        parser.add_argument("--undo", action="store_true", help="restore the menu from before the last change")

    def sync(self, venue: Venue, on_progress: Callable[[int, str], None], **options: Any) -> SyncRun:
        if options["undo"]:
            if options["menu"] or options["force"] or options["light"]:
                raise CommandError("--undo does not use the POS: it can only be combined with --preview.")
            return undo(venue=venue, started_by="command", preview=options["preview"], on_progress=on_progress)
        return sync_menu(
            venue=venue,
            menu_id=options["menu"],
            started_by="command",
            force=options["force"],
            light=options["light"],
            preview=options["preview"],
            on_progress=on_progress,
        )

    def _report_held(self, venue: Venue, run: SyncRun) -> None:
        for line in summary_lines(run.plan):
            self.stdout.write(line)
        if run.error:
            run.error += " If this is intended, run the command again with --force."
        super()._report_held(venue, run)
