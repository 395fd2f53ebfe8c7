"""Syncs: one at a time for each connection and kind, with progress that can be watched and an end that is recorded."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.connections import connection_of, pos_for
from integrations.models import Connection, SyncRun
from integrations.pos import PointOfSale, PosError
from storekit.models import Venue

logger = logging.getLogger(__name__)

_LEASE = timedelta(minutes=5)
_WRITE_EVERY = timedelta(seconds=0.5)
_MOST_WARNINGS = 200


class SyncAlreadyRunning(Exception):
    """Another sync of this kind is running for the venue. `str(error)` says since when."""


class SyncFailed(Exception):
    """Raised by the work when it refuses to go on. `str(error)` is a sentence for venue staff."""


class Progress:
    """How far a sync has come: written to its row, now and then, for whoever watches."""

    def __init__(self, run: SyncRun, on_change: Callable[[int, str], None] | None = None) -> None:
        self._run = run
        self._on_change = on_change
        self._written_at: datetime | None = None
        self.warnings: list[str] = []

    def report(self, percent: int, step: str) -> None:
        """Says what is being done and how much is done, 0 to 100, and keeps the sync's lease alive.

        Raises:
            SyncFailed: another sync has taken over because this one was silent for too long.
        """
        if self._on_change is not None:
            self._on_change(percent, step)
        now = timezone.now()
        if self._written_at is not None and timedelta(0) <= now - self._written_at < _WRITE_EVERY:
            return
        self._written_at = now
        alive = SyncRun.objects.filter(pk=self._run.pk, state=SyncRun.State.RUNNING).update(
            progress=min(max(percent, 0), 100), step=step[:120], lease_until=now + _LEASE
        )
        if not alive:
            raise SyncFailed("This sync was silent for too long, and another one has taken over.")

    def warn(self, text: str) -> None:
        """Adds a line to the report: something was left out or looks wrong, and the sync goes on."""
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(text)


def run_sync(
    *,
    venue: Venue,
    kind: SyncRun.Kind,
    started_by: str,
    work: Callable[[PointOfSale, Progress], dict[str, int]],
    on_progress: Callable[[int, str], None] | None = None,
) -> SyncRun:
    """Runs `work` as the venue's one sync of this kind, and returns its row: succeeded, or failed with the reason.

    `work` gets the POS and the progress, and returns the counts of what changed. What it raises as `PosError` or
    `SyncFailed` ends in the row; anything else is recorded too and raised again. `on_progress` is told every step at
    once, for a progress bar.

    Raises:
        SyncAlreadyRunning: somebody else's sync is running.
    """
    run = _start(connection_of(venue), SyncRun.Kind(kind), started_by)
    progress = Progress(run, on_progress)
    try:
        counts = work(pos_for(venue), progress)
    except (PosError, SyncFailed) as error:
        _end(run, progress.warnings, state=SyncRun.State.FAILED, error=_in_words(error))
    except BaseException as error:
        _end(
            run,
            progress.warnings,
            state=SyncRun.State.FAILED,
            error=f"It broke off unexpectedly ({type(error).__name__}).",
        )
        raise
    else:
        _end(run, progress.warnings, state=SyncRun.State.SUCCEEDED, counts=counts, progress=100, step="")
    return run


def _start(connection: Connection, kind: SyncRun.Kind, started_by: str) -> SyncRun:
    _end_abandoned(connection, kind)
    try:
        with transaction.atomic():
            return SyncRun.objects.create(
                connection=connection, kind=kind, started_by=started_by[:200], lease_until=timezone.now() + _LEASE
            )
    except IntegrityError as error:
        raise SyncAlreadyRunning(_since_when(connection, kind)) from error


def _end_abandoned(connection: Connection, kind: SyncRun.Kind) -> None:
    """A process that was killed cannot end its run; its lease does."""
    now = timezone.now()
    ended = SyncRun.objects.filter(
        connection=connection, kind=kind, state=SyncRun.State.RUNNING, lease_until__lte=now
    ).update(
        state=SyncRun.State.FAILED,
        finished_at=now,
        error="It stopped without a word: its process was probably killed. A later sync took over.",
    )
    if ended:
        logger.warning("Took over an abandoned %s sync of connection %s", kind, connection.pk)


def _since_when(connection: Connection, kind: SyncRun.Kind) -> str:
    running = SyncRun.objects.filter(connection=connection, kind=kind, state=SyncRun.State.RUNNING).first()
    if running is None:
        return f"A {kind.label.lower()} sync was running just now. Try again."
    since = running.started_at.astimezone(connection.venue.zone)
    return f"A {kind.label.lower()} sync is running since {since:%H:%M:%S} ({running.progress}% done)."


def _end(run: SyncRun, warnings: list[str], **outcome: Any) -> None:
    # Only while it is still this process's run: one that was taken over has its end already.
    SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING).update(
        finished_at=timezone.now(), warnings=warnings, **outcome
    )
    run.refresh_from_db()


def _in_words(error: PosError | SyncFailed) -> str:
    detail = error.detail if isinstance(error, PosError) else ""
    return f"{error}\n{detail}".strip()
