"""Lanes: threads of a task worker that wait for the POS, so that the worker itself never does.

A call to a POS takes a third of a second on a good day and twenty seconds on a bad one. A task therefore only hands its
row's work to a lane and is done; the lane's threads do the waiting. Each lane has its own threads, each key (a venue,
as a rule) a share of them, and a key that has become slow no more than one, so that venues do not wait for each other.

Nothing is kept here that is not in a row: what a killed process had in its lanes is still due, or due again after its
lease, and the sweep finds it.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from django import db

logger = logging.getLogger(__name__)

Job = Callable[[], object]

_IDLE_SECONDS = 30.0
_SLOW_SECONDS = 5.0
"""A job that took longer makes its key slow, until one of its jobs is quicker."""
_SHARE_OF_THE_SLOW = 4
"""Slow keys together use at most a quarter of a lane's threads."""


_open = threading.Event()
_lanes: list["Lane"] = []


def open_lanes() -> None:
    """Let lanes use threads from now on. For a task worker, once it has been forked."""
    _open.set()


def wait_for_lanes(*, seconds: float) -> bool:
    """Wait until every lane is done, `seconds` at most; return whether they are. For a worker that stops."""
    deadline = time.monotonic() + seconds
    return all(lane.wait(seconds=max(0.0, deadline - time.monotonic())) for lane in _lanes)


@dataclass
class _Key:
    jobs: deque[Job] = field(default_factory=deque)
    running: int = 0
    slow: bool = False


class Lane:
    """Threads that work off jobs in the order in which they came, key by key in turn.

    Until `open_lanes` is called, `hand_over` does the job at once in the caller's thread: outside a task worker nobody
    has threads to spare, and tests see what happened. Make one for each kind of work, at import.

    Args:
        name: for thread names and logs.
        threads: how many jobs of this lane run at once in this process.
        per_key: how many of one key.
    """

    def __init__(self, name: str, *, threads: int, per_key: int) -> None:
        self._name = name
        self._threads = threads
        self._per_key = per_key
        lock = threading.Lock()
        self._ready = threading.Condition(lock)
        self._finished = threading.Condition(lock)
        _lanes.append(self)
        self._keys: OrderedDict[Hashable, _Key] = OrderedDict()
        self._started = 0
        self._idle = 0

    def hand_over(self, key: Hashable, job: Job) -> object:
        """Have the job done by a thread of the lane; return its result if the lane is not open, else "handed over".

        What a job raises in a thread is logged. The row says what is to become of it.
        """
        if not _open.is_set():
            return job()
        with self._ready:
            self._keys.setdefault(key, _Key()).jobs.append(job)
            self._call_a_thread()
        return "handed over"

    def wait(self, *, seconds: float) -> bool:
        """Wait until all jobs are done, `seconds` at most; return whether they are."""
        with self._finished:
            return self._finished.wait_for(lambda: not self._keys, seconds)

    def _work(self) -> None:
        while (found := self._next()) is not None:
            key, job = found
            began = time.monotonic()
            try:
                db.close_old_connections()
                job()
            except BaseException:
                # Even SystemExit must not end the thread: the lane would count it as running for ever.
                logger.exception("A job of the lane %s failed", self._name)
            finally:
                self._done(key, slow=time.monotonic() - began > _SLOW_SECONDS)
        db.connections.close_all()

    def _next(self) -> tuple[Hashable, Job] | None:
        """The next job, waited for; None when the thread has been idle for long enough to end."""
        with self._ready:
            while (key := self._runnable()) is None:
                self._idle += 1
                notified = self._ready.wait(_IDLE_SECONDS)
                self._idle -= 1
                if not notified and self._runnable() is None:
                    self._started -= 1
                    return None
            state = self._keys[key]
            state.running += 1
            # Keys take turns.
            self._keys.move_to_end(key)
            job = state.jobs.popleft()
            # Jobs may have come faster than threads wake up: each thread calls the next.
            self._call_a_thread()
            return key, job

    def _call_a_thread(self) -> None:
        if self._runnable() is None:
            return
        if self._idle:
            self._ready.notify()
        elif self._started < self._threads:
            self._start_a_thread()

    def _start_a_thread(self) -> None:
        thread = threading.Thread(target=self._work, name=f"{self._name}-{self._started + 1}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread to spare: a running thread of this lane takes the job, or the next job tries again.
            logger.exception("The lane %s could not start a thread", self._name)
        else:
            # The new thread cannot have come to its own count yet: it waits for the lock that is held here.
            self._started += 1

    def _runnable(self) -> Hashable | None:
        busy_with_slow = sum(state.running for state in self._keys.values() if state.slow)
        slow_may_run = busy_with_slow < max(1, self._threads // _SHARE_OF_THE_SLOW)
        for key, state in self._keys.items():
            if not state.jobs:
                continue
            if state.slow:
                if slow_may_run and not state.running:
                    return key
            elif state.running < self._per_key:
                return key
        return None

    def _done(self, key: Hashable, *, slow: bool) -> None:
        with self._ready:
            state = self._keys[key]
            state.running -= 1
            state.slow = slow
            if not state.jobs and not state.running:
                # A key that has nothing to do is forgotten, slow or not: its breaker remembers the POS that is down.
                del self._keys[key]
            if not self._keys:
                self._finished.notify_all()
