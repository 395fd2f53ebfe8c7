"""The task worker: django-q2's, made to survive the sudden death of one of its processes, and to tick on time."""

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


class TickingEvent:
    """Wraps the event that stops the guard. The guard waits for it at the end of each round; that wait ticks first.

    django-q2 checks its schedules only every 30 seconds and offers no other hook for anything more frequent.
    """

    def __init__(self, event: Event, ticker: Ticker) -> None:
        self._event = event
        self._ticker = ticker
        self.is_set = event.is_set
        self.set = event.set

    def wait(self, timeout: float | None = None) -> bool:
        """Tick, then wait."""
        self._ticker.tick()
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
        self.stop_event: Any = TickingEvent(event, Ticker())
        super().guard()

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
        for process in (*self.pool, self.monitor, self.pusher):
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
