"""A worker queues what became due every two seconds, and no error there stops it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError

from storekit.management.commands.qcluster import GuardEvent
from storekit.queue import registry
from storekit.queue.ticker import Ticker

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
HERE = __name__
seen: list[tuple[datetime, datetime]] = []
broken: list[Exception] = []


def look(*, since: datetime, until: datetime) -> None:
    if broken:
        raise broken[0]
    seen.append((since, until))


def never(*, since: datetime, until: datetime) -> None:
    raise OperationalError("gone")


class Clock:
    """Both clocks of a process, moved together."""

    def __init__(self, wall: time_machine.Traveller) -> None:
        self.wall, self.seconds = wall, 0.0

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall.shift(timedelta(seconds=seconds))

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Clock]:
    monkeypatch.setattr(registry, "TICKS", (f"{HERE}.look",))
    seen.clear()
    broken.clear()
    with time_machine.travel(NOW, tick=False) as wall:
        yield Clock(wall)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def run(ticker: Ticker, clock: Clock, seconds: float) -> None:
    """As the guard does: twice a second."""
    for _ in range(int(seconds * 2)):
        clock.pass_(0.5)
        ticker.tick()


def test_every_two_seconds_it_covers_the_time_since_the_last_tick(clock: Clock) -> None:
    ticker = Ticker(monotonic=clock.monotonic)
    run(ticker, clock, 5)
    assert seen[1:] == [(at(0.5), at(2.5)), (at(2.5), at(4.5))]


def test_a_worker_that_starts_finds_what_became_due_in_the_last_minute(clock: Clock) -> None:
    run(Ticker(monotonic=clock.monotonic), clock, 1)
    assert seen == [(at(-59.5), at(0.5))]


def test_after_a_long_round_it_looks_back_a_minute_at_most(clock: Clock) -> None:
    ticker = Ticker(monotonic=clock.monotonic)
    clock.pass_(40)
    ticker.tick()
    clock.pass_(600)
    ticker.tick()
    assert seen == [(at(-20), at(40)), (at(580), at(640))]


def test_after_an_error_it_logs_pauses_and_catches_up(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    ticker = Ticker(monotonic=clock.monotonic)
    broken.append(OperationalError("gone"))
    run(ticker, clock, 10)
    assert len([record for record in caplog.records if "failed" in record.message]) == 1
    broken.clear()
    run(ticker, clock, 21)
    assert seen[0] == (at(-29.5), at(30.5))


def test_an_error_in_one_function_does_not_stop_the_others(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "TICKS", (f"{HERE}.never", f"{HERE}.look", f"{HERE}.not_there"))
    ticker = Ticker(monotonic=clock.monotonic)
    run(ticker, clock, 1)
    assert seen == [(at(-59.5), at(0.5))]


def test_it_continues_after_the_clock_is_set_back(clock: Clock) -> None:
    ticker = Ticker(monotonic=clock.monotonic)
    run(ticker, clock, 1)
    clock.wall.shift(timedelta(minutes=-5))
    run(ticker, clock, 5)
    assert seen[1:] == [(at(-297.5), at(-295.5))]


class _Event:
    def __init__(self) -> None:
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return False

    def is_set(self) -> bool:
        return False

    def set(self) -> None: ...


def test_the_guard_ticks_whenever_it_waits(clock: Clock) -> None:
    event = _Event()
    ticking = GuardEvent(event, Ticker(monotonic=clock.monotonic).tick)  # type: ignore[arg-type]  # all that is used of it
    clock.pass_(0.5)
    assert ticking.wait(0.5) is False
    assert (event.waited, len(seen)) == ([0.5], 1)
    assert ticking.is_set() is False
