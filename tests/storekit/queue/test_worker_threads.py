"""Lanes: threads that wait for the POS, bounded for each venue and in all. No venue waits for another."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storekit.queue import worker_threads as lanes
from storekit.queue.worker_threads import Job, Lane

SECONDS = 5.0


class Calls:
    """Jobs that run until they are let go, and what is known of those that run now."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.most: dict[str, int] = {}
        self._changed = threading.Condition()
        self._let_go: set[str] = set()

    def job(self, name: str) -> Job:
        def call() -> None:
            with self._changed:
                self.running.append(name)
                self.most[name] = max(self.most.get(name, 0), self.running.count(name))
                self._changed.notify_all()
                assert self._changed.wait_for(lambda: name in self._let_go, SECONDS)
                self.running.remove(name)
                self._changed.notify_all()

        return call

    def let_go(self, *names: str) -> None:
        with self._changed:
            self._let_go.update(names)
            self._changed.notify_all()

    def wait_for(self, running: list[str]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: sorted(self.running) == sorted(running), SECONDS), self.running


@contextmanager
def open_lane(*, threads: int, per_key: int, name: str = "test") -> Iterator[tuple[Lane, Calls]]:
    lane, calls = Lane(name, threads=threads, per_key=per_key), Calls()
    yield lane, calls
    assert lane.wait(seconds=SECONDS)


@pytest.fixture(autouse=True)
def _in_a_worker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_lanes", [])
    monkeypatch.setattr(lanes, "_open", threading.Event())
    if "outside" not in request.node.name:
        lanes.open_lanes()


def test_outside_a_worker_a_job_is_done_at_once() -> None:
    assert Lane("test", threads=1, per_key=1).hand_over("a", lambda: "accepted") == "accepted"


def test_in_a_worker_the_task_does_not_wait_for_its_job() -> None:
    with open_lane(threads=1, per_key=1) as (lane, calls):
        assert lane.hand_over("a", calls.job("a")) == "handed over"
        calls.wait_for(["a"])
        calls.let_go("a")


def test_a_venue_gets_its_share_of_the_threads_and_no_more() -> None:
    with open_lane(threads=8, per_key=3) as (lane, calls):
        for _ in range(20):
            lane.hand_over("silent", calls.job("silent"))
        lane.hand_over("other", calls.job("other"))
        calls.wait_for(["silent"] * 3 + ["other"])
        calls.let_go("silent", "other")
    assert calls.most == {"silent": 3, "other": 1}


def test_all_venues_together_get_no_more_than_all_threads() -> None:
    with open_lane(threads=4, per_key=3) as (lane, calls):
        for name in "abc":
            for _ in range(3):
                lane.hand_over(name, calls.job("call"))
        calls.wait_for(["call"] * 4)
        calls.let_go("call")
    assert calls.most == {"call": 4}


def test_venues_take_turns() -> None:
    done: list[str] = []
    with open_lane(threads=1, per_key=1) as (lane, calls):
        lane.hand_over("first", calls.job("first"))
        calls.wait_for(["first"])
        for name in ("a", "a", "a", "b"):
            lane.hand_over(name, lambda name=name: done.append(name))  # type: ignore[misc]
        calls.let_go("first")
    assert done == ["a", "b", "a", "a"]


def test_a_slow_venue_keeps_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_lane(threads=8, per_key=3) as (lane, calls):
        monkeypatch.setattr(lanes, "_SLOW_SECONDS", -1.0)
        for name in ("first", "second", "second", "second"):
            lane.hand_over("venue", calls.job(name))
        calls.wait_for(["first", "second", "second"])
        calls.let_go("first")
        calls.wait_for(["second", "second"])
        calls.let_go("second")
    assert calls.most["second"] == 2


def test_a_venue_that_is_quick_again_gets_its_share_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_lane(threads=8, per_key=2) as (lane, calls):
        monkeypatch.setattr(lanes, "_SLOW_SECONDS", -1.0)
        for name in ("first", "second", "third", "third"):
            lane.hand_over("venue", calls.job(name))
        calls.wait_for(["first", "second"])
        calls.let_go("first")
        calls.wait_for(["second"])
        monkeypatch.setattr(lanes, "_SLOW_SECONDS", 60.0)
        calls.let_go("second")
        calls.wait_for(["third", "third"])
        calls.let_go("third")


def test_a_job_that_fails_takes_nothing_with_it(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    with open_lane(threads=1, per_key=1) as (lane, _):
        lane.hand_over("a", lambda: 1 / 0)
        lane.hand_over("a", lambda: done.append("next"))
    assert done == ["next"]
    assert "A job of the lane test failed" in caplog.text


def test_a_job_that_ends_its_thread_costs_the_lane_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    with open_lane(threads=1, per_key=1) as (lane, _):
        lane.hand_over("a", sys.exit)
        lane.hand_over("a", lambda: done.append("next"))
    assert done == ["next"]
    assert "A job of the lane test failed" in caplog.text


def test_a_thread_that_cannot_be_started_is_tried_again_with_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    with open_lane(threads=1, per_key=1) as (lane, _):
        with monkeypatch.context() as exhausted:
            exhausted.setattr(threading.Thread, "start", _no_thread_left)
            lane.hand_over("a", lambda: done.append("first"))
        lane.hand_over("a", lambda: done.append("second"))
    assert done == ["first", "second"]


def test_a_thread_that_cannot_start_another_does_its_own_job_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_lane(threads=2, per_key=2) as (lane, calls):
        lane.hand_over("a", calls.job("first"))
        calls.wait_for(["first"])
        monkeypatch.setattr(threading.Thread, "start", _no_thread_left)
        for _ in range(3):
            lane.hand_over("a", calls.job("next"))
        calls.let_go("first", "next")


def _no_thread_left(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_thread_that_has_been_idle_ends_and_another_takes_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_IDLE_SECONDS", 0.01)
    with open_lane(threads=1, per_key=1, name="idle") as (lane, calls):
        lane.hand_over("a", lambda: None)
        for thread in [thread for thread in threading.enumerate() if thread.name.startswith("idle-")]:
            thread.join(SECONDS)
        lane.hand_over("a", calls.job("again"))
        calls.wait_for(["again"])
        calls.let_go("again")


def test_idle_threads_share_what_comes_at_once() -> None:
    with open_lane(threads=3, per_key=3) as (lane, calls):
        for _ in range(3):
            lane.hand_over("a", calls.job("warm"))
        calls.wait_for(["warm"] * 3)
        calls.let_go("warm")
        calls.wait_for([])
        for _ in range(3):
            lane.hand_over("a", calls.job("again"))
        calls.wait_for(["again"] * 3)
        calls.let_go("again")


def test_a_worker_that_stops_does_not_wait_for_ever() -> None:
    with open_lane(threads=1, per_key=1) as (lane, calls):
        lane.hand_over("a", calls.job("a"))
        assert not lanes.wait_for_lanes(seconds=0.01)
        calls.let_go("a")
    assert lanes.wait_for_lanes(seconds=SECONDS)
