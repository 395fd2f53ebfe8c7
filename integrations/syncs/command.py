"""The base of commands that run a sync in the foreground: find the venue, show progress, report, set the exit code."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.models import SyncRun
from integrations.syncs.progress import changes
from integrations.syncs.runs import SyncAlreadyRunning
from storekit.models import Venue

_WIDTH = 30


class SyncCommand(BaseCommand):
    """A foreground sync of a venue. Exits with code 1 and the reason unless the sync succeeded.

    Subclasses set `what` and implement `sync`.
    """

    what = ""
    """What is synced, as in "menu"."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the venue's slug")

    def sync(self, venue: Venue, on_progress: Callable[[int, str], None], **options: Any) -> SyncRun:
        """Run the sync and return its finished run."""
        raise NotImplementedError

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        venue = Venue.objects.filter(slug=slug).first()
        if venue is None:
            known = ", ".join(Venue.objects.values_list("slug", flat=True)) or "none yet; add one with create_venue"
            raise CommandError(f"There is no venue called {slug}. Venues: {known}.")
        try:
            run = self.sync(venue, self._show, **options)
        except SyncAlreadyRunning as error:
            raise CommandError(str(error)) from error
        finally:
            self._clear()
        self._report(venue, run)

    def _report(self, venue: Venue, run: SyncRun) -> None:
        for warning in run.warnings:
            self.stderr.write(f"warning: {warning}")
        if run.state == SyncRun.State.HELD:
            self._report_held(venue, run)
        elif run.state != SyncRun.State.SUCCEEDED:
            raise CommandError(run.error)
        else:
            self.stdout.write(f"{venue.name}: {self.what} is up to date with the POS ({changes(run)}).")

    def _report_held(self, venue: Venue, run: SyncRun) -> None:
        """Print a preview as the success it is; fail if the sync needs approval."""
        preview = f"{venue.name}: the {self.what} was not changed. It would be: {changes(run) or 'unchanged'}."
        if not run.options.get("preview"):
            raise CommandError(f"{run.error}\n{preview}")
        self.stdout.write(preview)

    def _show(self, percent: int, step: str) -> None:
        if self.stderr.isatty():
            done = "█" * (percent * _WIDTH // 100)
            self.stderr.write(f"\r\x1b[2K{done:░<{_WIDTH}} {percent:3}% {step}", ending="")
            self.stderr.flush()
        else:
            self.stderr.write(f"{percent:3}% {step}")

    def _clear(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("\r\x1b[2K", ending="")
