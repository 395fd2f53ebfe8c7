"""The task worker's guard keeps going, whatever a worker held when it was killed."""

import os
import signal
import time
from multiprocessing import get_context
from typing import Any

import pytest

from storekit.management.commands.qcluster import SturdySentinel, Timer

_fork = get_context("fork")


def _hold_forever(timer: Timer, holds: Any) -> None:
    with timer.get_lock():
        holds.set()
        signal.pause()


def _kill_while_locked(timer: Timer) -> None:
    holds = _fork.Event()
    process = _fork.Process(target=_hold_forever, args=(timer, holds))
    process.start()
    assert holds.wait(10)
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)


def test_a_lock_held_by_a_killed_worker_does_not_block() -> None:
    timer = Timer()
    timer.value = 60
    _kill_while_locked(timer)
    with timer.get_lock():
        assert timer.value == 60
        timer.value -= 0.5
    assert timer.value == 59.5


def _finish(timer: Timer) -> None:
    with timer.get_lock():
        timer.value = -1


def test_worker_and_guard_see_the_same_value() -> None:
    timer = Timer()
    timer.value = 60
    process = _fork.Process(target=_finish, args=(timer,))
    process.start()
    process.join(10)
    assert timer.value == -1
    with timer.get_lock():
        assert timer.value == -1


def _retire(timer: Timer, lanes_done: Any) -> None:
    timer.value = -2
    lanes_done.wait(10)


def test_a_worker_that_takes_no_more_tasks_is_replaced_before_its_lanes_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    monkeypatch.setattr(SturdySentinel, "spawn_worker", lambda _: started.append("worker"))
    guard, lanes_done = SturdySentinel.__new__(SturdySentinel), _fork.Event()
    timers = [Timer(), Timer()]
    retiring = _fork.Process(target=_retire, args=(timers[0], lanes_done))
    working = _fork.Process(target=lanes_done.wait, args=(10,))
    guard.pool, guard._retiring = [retiring, working], []
    for process, timer in zip(guard.pool, timers, strict=True):
        process.timer = timer
        process.start()
    while timers[0].value != -2:
        time.sleep(0.01)
    guard._replace_retiring()
    assert guard.pool == [working]
    assert guard._retiring == [retiring]
    assert started == ["worker"]
    lanes_done.set()
    retiring.join(10)
    working.join(10)
    guard._replace_retiring()
    assert (guard._retiring, started) == ([], ["worker"])
