"""The task worker: django-q2's, made to survive the sudden death of one of its processes, and to tick on time."""

import time
from collections.abc import Callable
from multiprocessing import Process, Queue, Value
from multiprocessing.synchronize import Event
from typing import Any

from django_q import cluster, worker
from django_q.conf import Conf
from django_q.management.commands import qcluster

from storekit.queue.ticker import Ticker
from storekit.queue.worker_threads import open_lanes, wait_for_lanes

# How long a worker that stops waits for what its lanes are doing.
_STOP_SECONDS = 30.0
# What django-q2 sets a worker's timer to when it takes no more tasks, as it has done its number of them.
_RECYCLED = -2


class GuardEvent:
    """Wraps the event that stops the guard. The guard waits for it at the end of each round; that wait calls us first.

    django-q2 checks its schedules only every 30 seconds and offers no other hook for anything more frequent.
    """

    def __init__(self, event: Event, each_round: Callable[[], None]) -> None:
        self._event = event
        self._each_round = each_round
        self.is_set = event.is_set
        self.set = event.set

    def wait(self, timeout: float | None = None) -> bool:
        """Do what is to be done in each round, then wait."""
        self._each_round()
        return self._event.wait(timeout)


class TimeoutLock:
    """A lock between processes that gives up waiting after a second: its holder must have been killed."""

    _SECONDS = 1.0

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._held = False

    def __enter__(self) -> None:
        self._held = self._lock.acquire(timeout=self._SECONDS)

    def __exit__(self, *_: object) -> None:
        if self._held:
            self._lock.release()


class Timer:
    """The time left for a worker's task, shared between worker and guard; replaces django-q2's `Value`.

    A worker holds the lock while it returns a result. If it is killed at that moment the lock is never released, and a
    guard that waited for it without a time-out would never see that the worker is dead.
    """

    def __init__(self) -> None:
        self._shared = Value("f", -1)

    def get_lock(self) -> TimeoutLock:
        """Return the lock; the process that holds it may acquire it again."""
        return TimeoutLock(self._shared.get_lock())

    @property
    def value(self) -> float:
        """Seconds left for the task; below 0 for an idle worker, 0 for a worker to be replaced."""
        with self.get_lock():
            return float(self._shared.get_obj().value)

    @value.setter
    def value(self, seconds: float) -> None:
        with self.get_lock():
            self._shared.get_obj().value = seconds


def run_worker(task_queue: Queue, result_queue: Queue, timer: Timer, timeout: int) -> None:
    """Work off tasks until told to stop, with lanes for those that wait for a POS; then let the lanes finish."""
    open_lanes()
    worker.worker(task_queue, result_queue, timer, timeout)
    if not wait_for_lanes(seconds=_STOP_SECONDS):
        cluster.logger.warning("The worker stops with work under way; its leases run out and it is done again")


class SturdySentinel(cluster.Sentinel):
    """Restarts all of its processes if one of them was killed, and ticks.

    A process that is killed while it waits on a queue never releases the queue's lock, so every other process waiting
    there would wait for ever. Therefore the queues are replaced, and all processes that used them. The work that was
    in progress is started again from its row.
    """

    def guard(self) -> None:
        """Supervise the processes until the stop event is set."""
        event: Any = self.stop_event
        self._ticker = Ticker()
        self._retiring: list[Any] = []
        self.stop_event: Any = GuardEvent(event, self._each_round)
        super().guard()

    def _each_round(self) -> None:
        self._ticker.tick()
        self._replace_retiring()

    def _replace_retiring(self) -> None:
        """Replace at once the workers that take no more tasks, but still wait for their lanes.

        All workers reach the number of tasks after which they are recycled at about the same time, and a POS that does
        not answer keeps their lanes busy. Without this nobody would take tasks until their lanes are done.
        """
        for process in self.pool[:]:
            if process.timer.value == _RECYCLED and process.is_alive():
                self.pool.remove(process)
                self._retiring.append(process)
                self.spawn_worker()
                cluster.logger.info("Replaced worker %s, which still waits for its lanes", process.name)
        self._retiring = [process for process in self._retiring if process.is_alive()]

    def stop(self) -> None:
        """Stop all processes. Workers that were replaced finish what their lanes are doing."""
        super().stop()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._retiring:
            process.join(max(0.0, deadline - time.monotonic()))

    def spawn_worker(self) -> None:
        """Start one worker of the pool."""
        self.spawn_process(run_worker, self.task_queue, self.result_queue, Timer(), self.timeout)

    def reincarnate(self, process: Process) -> None:
        """Replace a process that ended, timed out or was killed."""
        if process.exitcode is None or process.exitcode >= 0:
            super().reincarnate(process)
        elif process in (*self.pool, self.monitor, self.pusher):
            self._restart_all()

    def _restart_all(self) -> None:
        cluster.logger.critical("A process of the worker was killed: restarting all of them")
        for process in (*self.pool, *self._retiring, self.monitor, self.pusher):
            process.kill()
            process.join()
        self.task_queue: Queue = Queue(maxsize=Conf.QUEUE_LIMIT)
        self.result_queue: Queue = Queue()
        self.spawn_cluster()


class Command(qcluster.Command):
    """`manage.py qcluster`."""

    def handle(self, *args: Any, **options: Any) -> None:
        cluster.Sentinel = SturdySentinel
        # django-q2 recognises the processes of its pool by this function.
        cluster.worker = run_worker
        super().handle(*args, **options)
