"""What the commands that run a sync in the foreground share: the venue, a progress bar, the report, the exit code."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.models import SyncRun
from integrations.syncs.progress import changes
from integrations.syncs.runs import SyncAlreadyRunning
from storekit.models import Venue

_WIDTH = 30


class SyncCommand(BaseCommand):
    """A subclass says what is synced, and how. Exit code 1, with the reason, unless the sync succeeded."""

    what = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the venue's slug")

    def sync(self, venue: Venue, on_progress: Callable[[int, str], None], **options: Any) -> SyncRun:
        """Runs the sync and returns its run, ended one way or the other."""
        raise NotImplementedError

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        venue = Venue.objects.filter(slug=slug).first()
        if venue is None:
            known = ", ".join(Venue.objects.values_list("slug", flat=True)) or "none yet: see create_venue"
            raise CommandError(f"There is no venue called {slug}. Known: {known}.")
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
            self.stdout.write(f"{venue.name}: {self.what} in step with the POS ({changes(run)}).")

    def _report_held(self, venue: Venue, run: SyncRun) -> None:
        """What was asked for is no failure; what needs a person is one."""
        would = f"{venue.name}: the {self.what} was left as it is. It would be: {changes(run) or 'unchanged'}."
        if not run.options.get("preview"):
            raise CommandError(f"{run.error}\n{would}")
        self.stdout.write(would)

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
