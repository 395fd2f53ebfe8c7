"""Our own cap on calls to one venue's POS: orders may use every place, other calls leave one free and pause."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from integrations.connect import call_limits
from integrations.connect.call_limits import CallLimits
from integrations.pos import Throttled


class Clock:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> CallLimits:
    monkeypatch.setattr(call_limits, "_LONGEST_WAIT_SECONDS", 0.01)
    return CallLimits(at_once=3, pause=0.1, monotonic=lambda: clock.now, sleep=clock.sleep)


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_orders_use_every_place(limits: CallLimits, held: ExitStack) -> None:
    for _ in range(3):
        held.enter_context(limits.place("venue", urgent=True))
    with pytest.raises(Throttled, match="too many calls"), limits.place("venue", urgent=True):
        pytest.fail("called")


def test_what_can_wait_leaves_a_place_for_an_order(limits: CallLimits, held: ExitStack) -> None:
    for _ in range(2):
        held.enter_context(limits.place("venue", urgent=False))
    with pytest.raises(Throttled), limits.place("venue", urgent=False):
        pytest.fail("called")
    with limits.place("venue", urgent=True):
        pass


def test_a_reconciliation_keeps_a_pause_between_its_calls(limits: CallLimits, clock: Clock) -> None:
    for _ in range(3):
        with limits.place("venue", urgent=False):
            pass
    assert clock.slept == [0.1, 0.1]


def test_a_slow_pos_needs_no_pause(limits: CallLimits, clock: Clock) -> None:
    for _ in range(3):
        with limits.place("venue", urgent=False):
            clock.now += 0.3
    assert clock.slept == []


def test_an_order_keeps_no_pause(limits: CallLimits, clock: Clock) -> None:
    with limits.place("venue", urgent=False):
        pass
    with limits.place("venue", urgent=True):
        pass
    assert clock.slept == []


def test_venues_have_places_of_their_own(limits: CallLimits, held: ExitStack) -> None:
    for venue in ("first", "second"):
        for _ in range(3):
            held.enter_context(limits.place(venue, urgent=True))


def test_a_place_is_free_again_after_its_call_also_if_that_failed(limits: CallLimits) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), limits.place("venue", urgent=True):
            _ = 1 / 0


def test_a_call_takes_the_place_that_another_frees() -> None:
    limits, began = CallLimits(at_once=1), threading.Event()

    def second() -> None:
        with limits.place("venue", urgent=True):
            began.set()

    with limits.place("venue", urgent=True):
        thread = threading.Thread(target=second)
        thread.start()
        assert not began.wait(0.01)
    thread.join(5)
    assert began.is_set()
