"""The workers' heartbeat: whether anybody sends orders, when due orders were last looked for, and whether clocks agree.

Every ten seconds each worker's ticker queues a task that writes the row of its host. A row that stays fresh therefore
says that the ticker, the queue and a worker all work. Moments are by the database's clock, so that a host whose clock
is wrong neither looks dead nor stays alive; how wrong its clock is, is kept beside them.
"""

import socket
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Func, IntegerField
from django.db.models.functions import Now

from storekit.db.clock import seconds_ahead_of_database
from storekit.db.due_rows import CLOCK_SKEW, enqueue
from storekit.models import WorkerBeat

ALIVE_FOR = timedelta(seconds=60)
"""Workers that have not beaten for so long count as not running. The SQL of `AnyWorkerAlive` says it once more."""

SWEPT_WITHIN = timedelta(minutes=3)
"""Due orders are looked for every minute, and the schedules are read every half minute."""

_BEAT_EVERY_SECONDS = 10.0
_FORGOTTEN_AFTER = timedelta(days=1)
_last_queued: list[float] = []


class AnyWorkerAlive(Func):
    """1 if a worker has beaten within a minute, else 0. Has no parameters, so it fits into prepared queries."""

    output_field = IntegerField()
    _FRESH = "SELECT 1 FROM storekit_workerbeat WHERE beat_at > {} AND beat_at < {}"
    _EXISTS = f"CASE WHEN EXISTS ({_FRESH}) THEN 1 ELSE 0 END"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for PostgreSQL."""
        now = "STATEMENT_TIMESTAMP()"
        template = self._EXISTS.format(f"{now} - INTERVAL '60 seconds'", f"{now} + INTERVAL '60 seconds'")
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for SQLite, whose moments are text."""
        # Django replaces the percent signs twice.
        moment = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW', '{} seconds')"
        template = self._EXISTS.format(moment.format("-60"), moment.format("+60"))
        return self.as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True)
class WorkerHealth:
    """How the workers of all hosts are."""

    alive: bool
    last_beat: timedelta | None
    """How long ago; None if there never was one."""
    last_sweep: timedelta | None
    clock_ahead: float
    """Seconds by which the clock of a running worker's host differs from the database's; the largest counts."""

    @property
    def sweeps(self) -> bool:
        """Whether due orders were looked for lately."""
        return self.last_sweep is not None and self.last_sweep < SWEPT_WITHIN

    @property
    def clock_is_right(self) -> bool:
        """Whether the clock of every running worker agrees with the database's."""
        return abs(self.clock_ahead) <= CLOCK_SKEW.total_seconds()


def enqueue_beat(*, since: datetime, until: datetime) -> None:
    """Queue the next beat if ten seconds have passed; called by the ticker, whose moments do not matter here."""
    now = time.monotonic()
    if _last_queued and now - _last_queued[-1] < _BEAT_EVERY_SECONDS:
        return
    _last_queued[:] = [now]
    # Its result says nothing, and would push those of other tasks out of the queue's history.
    enqueue("storekit.tasks.beat", save=False)


def beat() -> None:
    """Write that a worker of this host is running, and how its clock differs from the database's."""
    values = {"beat_at": Now(), "clock_ahead": round(seconds_ahead_of_database(), 3)}
    WorkerBeat.objects.update_or_create(host=_host(), defaults=values)


def record_sweep() -> None:
    """Write that a worker of this host has looked for due orders."""
    WorkerBeat.objects.update_or_create(host=_host(), defaults={"swept_at": Now()}, create_defaults=_first_sweep())


def worker_health() -> WorkerHealth:
    """Return how the workers are, from one query."""
    rows = list(WorkerBeat.objects.annotate(now=Now()).values_list("beat_at", "swept_at", "clock_ahead", "now"))
    beats = [now - at for at, _, _, now in rows]
    running = [ahead for at, _, ahead, now in rows if abs(now - at) < ALIVE_FOR]
    return WorkerHealth(
        alive=bool(running),
        last_beat=min(beats, key=abs, default=None),
        last_sweep=min((now - at for _, at, _, now in rows if at is not None), key=abs, default=None),
        clock_ahead=max(running, key=abs, default=0.0),
    )


def forget_old_hosts() -> int:
    """Delete the rows of hosts that have had no worker for a day; return how many."""
    return WorkerBeat.objects.filter(beat_at__lt=Now() - _FORGOTTEN_AFTER).delete()[0]


def _first_sweep() -> dict[str, Any]:
    return {"beat_at": Now(), "swept_at": Now()}


def _host() -> str:
    return socket.gethostname()[:255]
