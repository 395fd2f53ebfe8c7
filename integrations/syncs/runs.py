"""Syncs: one at a time for each connection and kind, with progress that can be watched and an end that is recorded.

A sync begins in the foreground (`run_sync`) or as a queued row (`queue_sync`) that a task begins later. The row is the
truth: a task that gets lost is queued once more by the sweep, and one that comes twice finds the row begun.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from integrations.connect.service import connection_of, pos_for
from integrations.models import Connection, SyncRun
from integrations.pos import PointOfSale, PosError
from integrations.syncs.queue import (
    QUEUED_AGAIN_AFTER,
    end_abandoned,
    enqueue_alerts,
    enqueue_sync,
    go_ahead_of_unbegun,
)
from storekit.models import Venue

State = SyncRun.State
_ACTIVE = (State.QUEUED, State.RUNNING)
_LEASE = timedelta(minutes=5)
_WRITE_EVERY = timedelta(seconds=0.5)
# Each names an entry that somebody has to look at; what is wrong with more of them is one thing, and not in them.
_MOST_WARNINGS = 2000


class SyncAlreadyRunning(Exception):
    """Another sync of this kind is queued or running for the venue. `str(error)` says since when."""


class SyncFailed(Exception):
    """Raised by the work when it refuses to go on. `str(error)` is a sentence for venue staff."""


class SyncHeld(Exception):
    """Raised by the work when a person has to look at its plan before anything is written. `str(error)` says why.

    Args:
        plan: JSON for people to look at.
        counts: what the plan would change.
    """

    def __init__(self, reason: str, *, plan: dict[str, Any], counts: dict[str, int] | None = None) -> None:
        super().__init__(reason)
        self.plan = plan
        self.counts = counts or {}


class Progress:
    """How far a sync has come: written to its row, now and then, for whoever watches."""

    def __init__(self, run: SyncRun, on_change: Callable[[int, str], None] | None = None) -> None:
        self._run = run
        self.run_id = run.pk
        self._on_change = on_change
        self._written_at: datetime | None = None
        self._written_step = ""
        self._counts: dict[str, int] = {}
        self._warnings: list[str] = []

    @property
    def warnings(self) -> list[str]:
        """The report's lines so far; when there are too many, the last one says how many are left out."""
        if len(self._warnings) <= _MOST_WARNINGS:
            return self._warnings
        kept = self._warnings[: _MOST_WARNINGS - 1]
        return [*kept, f"… and {len(self._warnings) - len(kept)} more of these."]

    def report(self, percent: int, step: str) -> None:
        """Says what is being done and how much is done, 0 to 100, and keeps the sync's lease alive.

        Raises:
            SyncFailed: another sync has taken over because this one was silent for too long.
        """
        if self._on_change is not None:
            self._on_change(percent, step)
        now = timezone.now()
        fresh = self._written_at is not None and timedelta(0) <= now - self._written_at < _WRITE_EVERY
        if fresh and step == self._written_step:
            return
        self._written_at, self._written_step = now, step
        alive = SyncRun.objects.filter(pk=self._run.pk, state=State.RUNNING).update(
            progress=min(max(percent, 0), 100),
            step=step[:120],
            counts=self._counts,
            warnings=self.warnings,
            lease_until=now + _LEASE,
        )
        if not alive:
            raise SyncFailed("This sync was silent for too long, and another one has taken over.")

    def count(self, **counts: int) -> None:
        """What has changed or will have, for whoever watches; written with the next report."""
        self._counts |= counts

    def warn(self, text: str) -> None:
        """Adds a line to the report: something was left out or looks wrong, and the sync goes on."""
        self._warnings.append(text)


# --- Queueing --------------------------------------------------------------------------------------------------------


def queue_sync(
    *,
    venue: Venue,
    kind: SyncRun.Kind,
    started_by: str,
    options: dict[str, Any] | None = None,
    scheduled: bool = False,
) -> SyncRun:
    """Makes the row of a sync and queues the task that carries it out, once the row is committed.

    `options` are for the task, as JSON. A queue that cannot be reached is logged and nothing worse: the sweep finds
    the row.

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
        lease_until=timezone.now() + QUEUED_AGAIN_AFTER,
    )
    transaction.on_commit(lambda: enqueue_sync(run_id=run.pk, kind=kind), robust=True)
    return run


def queued_run(*, run_id: int) -> SyncRun:
    """The row that a task was queued for, for `run_sync` to begin. Raises `SyncRun.DoesNotExist`."""
    return SyncRun.objects.select_related("connection__venue").get(pk=run_id)


def run_page(*, run: SyncRun) -> str:
    """The page of the back office on which people watch a run."""
    return reverse("admin:integrations_syncrun_change", args=[run.pk])


def latest_run_page(*, venue: Venue, kind: SyncRun.Kind) -> str:
    """The page of the venue's latest run of this kind, or the list of all runs when there is none."""
    latest = SyncRun.objects.filter(connection__venue=venue, kind=kind).first()
    return run_page(run=latest) if latest else reverse("admin:integrations_syncrun_changelist")


# --- Running ---------------------------------------------------------------------------------------------------------


def run_sync(
    *,
    venue: Venue,
    kind: SyncRun.Kind,
    started_by: str,
    work: Callable[[PointOfSale, Progress], dict[str, int]],
    on_progress: Callable[[int, str], None] | None = None,
    options: dict[str, Any] | None = None,
    queued: SyncRun | None = None,
) -> SyncRun:
    """Runs `work` as the venue's one sync of this kind, and returns its row: succeeded, held or failed, and why.

    `work` gets the POS and the progress, and returns the counts of what changed. What it raises as `PosError`,
    `SyncFailed` or `SyncHeld` ends in the row; anything else is recorded too and raised again. `on_progress` is told
    every step at once, for a progress bar. `queued` is the row to begin, if the sync was queued; otherwise it gets a
    row of its own, with `options` to say what was asked for.

    Raises:
        SyncAlreadyRunning: somebody else's sync is running, or this row has begun already.
    """

    def with_the_pos(progress: Progress) -> dict[str, int]:
        return work(pos_for(venue), progress)

    return run_exclusive(
        venue=venue,
        kind=kind,
        started_by=started_by,
        work=with_the_pos,
        on_progress=on_progress,
        options=options,
        queued=queued,
    )


def run_exclusive(
    *,
    venue: Venue,
    kind: SyncRun.Kind,
    started_by: str,
    work: Callable[[Progress], dict[str, int]],
    on_progress: Callable[[int, str], None] | None = None,
    options: dict[str, Any] | None = None,
    queued: SyncRun | None = None,
) -> SyncRun:
    """Like `run_sync`, for work that needs no POS and yet must not happen beside a sync.

    Raises:
        SyncAlreadyRunning: somebody else's sync is running, or this row has begun already.
    """
    if queued is None:
        run = _start(connection_of(venue), SyncRun.Kind(kind), started_by, options or {})
    else:
        run = _begin(queued)
    progress = Progress(run, on_progress)
    try:
        counts = work(progress)
    except SyncHeld as held:
        outcome = {"plan": held.plan, "counts": held.counts, "error": str(held)}
        _end(run, progress.warnings, state=State.HELD, progress=100, **outcome)
    except (PosError, SyncFailed) as error:
        _end(run, progress.warnings, state=State.FAILED, error=_in_words(error))
    except BaseException as error:
        _end(
            run,
            progress.warnings,
            state=State.FAILED,
            error=f"It broke off unexpectedly ({type(error).__name__}).",
        )
        raise
    else:
        _end(run, progress.warnings, state=State.SUCCEEDED, counts=counts, progress=100, step="")
    return run


def _start(connection: Connection, kind: SyncRun.Kind, started_by: str, options: dict[str, Any]) -> SyncRun:
    end_abandoned(SyncRun.objects.filter(connection=connection, kind=kind))
    with transaction.atomic():
        in_its_place = go_ahead_of_unbegun(connection, kind, options)
        return _create(
            connection,
            kind,
            started_by=started_by[:200],
            options=options,
            scheduled=in_its_place,
            lease_until=timezone.now() + _LEASE,
        )


def _begin(run: SyncRun) -> SyncRun:
    now = timezone.now()
    if not SyncRun.objects.filter(pk=run.pk, state=State.QUEUED).update(
        state=State.RUNNING, started_at=now, lease_until=now + _LEASE
    ):
        raise SyncAlreadyRunning("This sync has begun already, or another one went ahead of it.")
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
        return f"A {kind.label.lower()} sync was running just now. Try again."
    since = f"{active.started_at.astimezone(connection.venue.zone):%H:%M:%S}"
    if active.state == State.QUEUED:
        return f"A {kind.label.lower()} sync is queued since {since}; a task worker is about to begin it."
    return f"A {kind.label.lower()} sync is running since {since} ({active.progress}% done)."


def _end(run: SyncRun, warnings: list[str], *, state: SyncRun.State, **outcome: Any) -> None:
    now = timezone.now()
    tell = run.scheduled and state != State.SUCCEEDED
    # Only while it is still this process's run: one that was taken over has its end already.
    ended = SyncRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=state, finished_at=now, warnings=warnings, next_alert_at=now if tell else None, **outcome
    )
    run.refresh_from_db()
    if ended and tell:
        enqueue_alerts()


def _in_words(error: PosError | SyncFailed) -> str:
    detail = error.detail if isinstance(error, PosError) else ""
    return f"{error}\n{detail}".strip()
