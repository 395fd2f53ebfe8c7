"""The task worker's guard keeps going, whatever a worker held when it was killed."""

import os
import signal
from multiprocessing import get_context
from typing import Any

from storekit.management.commands.qcluster import Timer

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
