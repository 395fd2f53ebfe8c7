"""Sync runs: one at a time per connection and kind, with live progress and a recorded outcome.

A sync either runs in the foreground (`sync_run`) or is queued as a row (`queue_sync`) that a task carries out later.
The row is the source of truth: if its task is lost, the sweep queues it again; if its task runs twice, the second time
finds the run already started.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from integrations.connect.service import connection_of
from integrations.models import Connection, SyncRun
from integrations.pos import PosError
from integrations.syncs.queue import (
    QUEUED_AGAIN_AFTER,
    end_abandoned,
    enqueue_alerts,
    enqueue_sync,
    replace_unstarted,
)
from storekit.db import clock
from storekit.models import Venue

State = SyncRun.State
_ACTIVE = (State.QUEUED, State.RUNNING)
LEASE = timedelta(minutes=5)
_WRITE_EVERY = timedelta(seconds=0.5)
# Each warning names one entry for staff to check. Thousands of them have one common cause, which no list would show.
_MOST_WARNINGS = 2000


class SyncAlreadyRunning(Exception):
    """Another sync of this kind is queued or running for the venue. `str(error)` says since when."""


class SyncFailed(Exception):
    """Raise inside `sync_run` to end the run as failed. `str(error)` is a sentence for venue staff."""


class SyncHeld(Exception):
    """Raise inside `sync_run` to end the run as held: staff must review its plan before anything is written.

    Args:
        reason: why the plan needs a review, for venue staff; empty for a preview.
        plan: the plan as JSON, for the review page.
        counts: what the plan would change.
    """

    def __init__(self, reason: str, *, plan: dict[str, Any], counts: dict[str, int] | None = None) -> None:
        super().__init__(reason)
        self.plan = plan
        self.counts = counts or {}


class Progress:
    """The progress of a running sync, written to its row at most twice a second. `sync_run` makes it."""

    def __init__(self, run: SyncRun, on_change: Callable[[int, str], None] | None = None) -> None:
        self.run = run
        self.counts: dict[str, int] = {}
        self._on_change = on_change
        self._written_at: datetime | None = None
        self._written_step = ""
        self._warnings: list[str] = []

    @property
    def warnings(self) -> list[str]:
        """The warnings so far; if there are too many, the last line says how many were left out."""
        if len(self._warnings) <= _MOST_WARNINGS:
            return self._warnings
        kept = self._warnings[: _MOST_WARNINGS - 1]
        return [*kept, f"… and {len(self._warnings) - len(kept)} more warnings."]

    def report(self, percent: int, step: str) -> None:
        """Record the current step and how much is done, 0 to 100, and renew the run's lease.

        Raises:
            SyncFailed: the lease ran out, so the run was ended and another sync may be running.
        """
        if self._on_change is not None:
            self._on_change(percent, step)
        now = clock.now()
        fresh = self._written_at is not None and timedelta(0) <= now - self._written_at < _WRITE_EVERY
        if fresh and step == self._written_step:
            return
        self._written_at, self._written_step = now, step
        alive = SyncRun.objects.filter(pk=self.run.pk, state=State.RUNNING).update(
            progress=min(max(percent, 0), 100),
            step=step[:120],
            counts=self.counts,
            warnings=self.warnings,
            lease_until=now + LEASE,
        )
        if not alive:
            raise SyncFailed("This sync made no progress for too long, so it was ended. Another one may be running.")

    def count(self, **counts: int) -> None:
        """Set counts of what changed or is about to; written with the next report and at the end of the run."""
        self.counts |= counts

    def warn(self, *texts: str) -> None:
        """Add lines to the report: something was left out or looks wrong, but the sync goes on."""
        self._warnings += texts


# --- Queueing --------------------------------------------------------------------------------------------------------


def queue_sync(
    *,
    venue: Venue,
    kind: SyncRun.Kind,
    started_by: str,
    options: dict[str, Any] | None = None,
    scheduled: bool = False,
) -> SyncRun:
    """Create a queued run and, once it is committed, queue the task that carries it out.

    `options` are passed to the task, as JSON. If the task queue cannot be reached, that is logged and the sweep queues
    the task later.

    Raises:
        SyncAlreadyRunning: a sync of this kind is queued or running for the venue.
    """
    connection, kind = connection_of(venue), SyncRun.Kind(kind)
    end_abandoned(SyncRun.objects.filter(connection=connection, kind=kind))
    run = _create(
        connection,
        kind,
        state=State.QUEUED,
        started_by=started_by[:200],
        options=options or {},
        scheduled=scheduled,
        lease_until=clock.now() + QUEUED_AGAIN_AFTER,
    )
    transaction.on_commit(lambda: enqueue_sync(run_id=run.pk, kind=kind), robust=True)
    return run


def queued_run(*, run_id: int) -> SyncRun:
    """Return the run that a task was queued for, to pass to `sync_run`. Raises `SyncRun.DoesNotExist`."""
    return SyncRun.objects.select_related("connection__venue").get(pk=run_id)


def run_page(*, run: SyncRun) -> str:
    """Return the path of the back-office page that shows the run's progress."""
    return reverse("admin:integrations_syncrun_change", args=[run.pk])


def latest_run_page(*, venue: Venue, kind: SyncRun.Kind) -> str:
    """Return the path of the page of the venue's latest run of this kind, or of the list of runs if it has none."""
    latest = SyncRun.objects.filter(connection__venue=venue, kind=kind).first()
    return run_page(run=latest) if latest else reverse("admin:integrations_syncrun_changelist")


# --- Running ---------------------------------------------------------------------------------------------------------


@contextmanager
def sync_run(
    *,
    venue: Venue,
    kind: SyncRun.Kind,
    started_by: str,
    on_progress: Callable[[int, str], None] | None = None,
    options: dict[str, Any] | None = None,
    queued: SyncRun | None = None,
) -> Iterator[Progress]:
    """Run the block as the venue's only sync of this kind, and record how it ended in `progress.run`.

    The run succeeds with the counts given to `progress.count`. `SyncHeld`, `SyncFailed` and `PosError` end the run and
    the block, and go no further; any other exception is recorded and raised again.

    Args:
        on_progress: called with the percentage and the step at every report, for a progress bar.
        options: what the sync was started with, kept on a new run.
        queued: the queued run to start; without it, a new run is created.

    Raises:
        SyncAlreadyRunning: another sync is running, or the queued run has already started.
    """
    run = _start(queued) if queued else _start_new(connection_of(venue), SyncRun.Kind(kind), started_by, options or {})
    progress = Progress(run, on_progress)
    try:
        yield progress
    except SyncHeld as held:
        _end(progress, State.HELD, progress=100, plan=held.plan, counts=held.counts, error=str(held))
    except (PosError, SyncFailed) as error:
        _end(progress, State.FAILED, error=_describe(error))
    except BaseException as error:
        _end(progress, State.FAILED, error=f"Stopped by an unexpected error ({type(error).__name__}).")
        raise
    else:
        _end(progress, State.SUCCEEDED, progress=100, step="", counts=progress.counts)


def _start_new(connection: Connection, kind: SyncRun.Kind, started_by: str, options: dict[str, Any]) -> SyncRun:
    end_abandoned(SyncRun.objects.filter(connection=connection, kind=kind))
    with transaction.atomic():
        replaces_scheduled = replace_unstarted(connection, kind, options)
        return _create(
            connection,
            kind,
            started_by=started_by[:200],
            options=options,
            scheduled=replaces_scheduled,
            lease_until=clock.now() + LEASE,
        )


def _start(run: SyncRun) -> SyncRun:
    now = clock.now()
    if not SyncRun.objects.filter(pk=run.pk, state=State.QUEUED).update(
        state=State.RUNNING, started_at=now, lease_until=now + LEASE
    ):
        raise SyncAlreadyRunning("This sync has already started, or another one replaced it.")
    run.refresh_from_db(fields=["state", "started_at", "lease_until"])
    return run


def _create(connection: Connection, kind: SyncRun.Kind, **values: Any) -> SyncRun:
    try:
        with transaction.atomic():
            return SyncRun.objects.create(connection=connection, kind=kind, **values)
    except IntegrityError as error:
        raise SyncAlreadyRunning(_since_when(connection, kind)) from error


def _since_when(connection: Connection, kind: SyncRun.Kind) -> str:
    active = SyncRun.objects.filter(connection=connection, kind=kind, state__in=_ACTIVE).first()
    if active is None:
        return f"Another {kind.label.lower()} sync has only just finished. Try again."
    since = f"{active.started_at.astimezone(connection.venue.zone):%H:%M:%S}"
    if active.state == State.QUEUED:
        return f"A {kind.label.lower()} sync has been queued since {since} and is about to start."
    return f"A {kind.label.lower()} sync has been running since {since} ({active.progress}% done)."


def _end(progress: Progress, state: SyncRun.State, /, **outcome: Any) -> None:
    run, now = progress.run, clock.now()
    alert = run.scheduled and state != State.SUCCEEDED
    # Not if the lease ran out: then the run already has its end.
    ended = SyncRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=state, finished_at=now, warnings=progress.warnings, next_alert_at=now if alert else None, **outcome
    )
    run.refresh_from_db()
    if ended and alert:
        enqueue_alerts()


def _describe(error: PosError | SyncFailed) -> str:
    detail = error.detail if isinstance(error, PosError) else ""
    return f"{error}\n{detail}".strip()
