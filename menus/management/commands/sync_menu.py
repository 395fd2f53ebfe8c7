"""`manage.py sync_menu SLUG [--menu ID] [--force] [--light] [--preview] [--undo]`: one menu sync in the foreground."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from integrations.models import SyncRun
from integrations.syncs.command import SyncCommand
from menus.sync.rollback import undo
from menus.sync.run import sync_menu
from menus.sync.summary import lines_of
from storekit.models import Venue


class Command(SyncCommand):
    """Shows a progress bar, then what changed, or what would."""

    help = "Brings a venue's menu in step with its POS, or back to what it was before the last sync that changed it."
    what = "menu"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--menu", metavar="ID", help="the POS's id of the menu; remembered for the next time")
        parser.add_argument(
            "--force",
            action="store_true",
            help="take the menu over even if it is empty or lacks more than a third of the products",
        )
        parser.add_argument("--light", action="store_true", help="prices and availability of what is there only")
        parser.add_argument("--preview", action="store_true", help="print what would change, and change nothing")
        parser.add_argument("--undo", action="store_true", help="go back to the menu before the last change")

    def sync(self, venue: Venue, on_progress: Callable[[int, str], None], **options: Any) -> SyncRun:
        if options["undo"]:
            if options["menu"] or options["force"] or options["light"]:
                raise CommandError("--undo asks nothing of the POS: it goes with --preview at most.")
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
        for line in lines_of(run.plan):
            self.stdout.write(line)
        if run.error:
            run.error += " If that is how it is meant to be, run the same command once more with --force."
        super()._report_held(venue, run)
