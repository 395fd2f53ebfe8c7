"""The task worker: django-q2's, made to survive the sudden death of one of its processes, and to be on time."""

from multiprocessing import Process, Queue, Value
from multiprocessing.synchronize import Event
from typing import Any

from django_q import cluster, worker
from django_q.conf import Conf
from django_q.management.commands import qcluster

from storekit.queue.ticker import Ticker


class TickingEvent:
    """The event that stops the guard. It is waited for at the end of each of the guard's rounds, and ticks then.

    django-q2 looks at its schedules every 30 seconds, and has no other place to be on time from.
    """

    def __init__(self, event: Event, ticker: Ticker) -> None:
        self._event = event
        self._ticker = ticker
        self.is_set = event.is_set
        self.set = event.set

    def wait(self, timeout: float | None = None) -> bool:
        """Ticks, then waits."""
        self._ticker.tick()
        return self._event.wait(timeout)


class TimeoutLock:
    """A lock between processes that is waited for a second and then done without: whoever holds it was killed."""

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
    """What a worker and its guard tell each other, as the `Value` of django-q2 that it stands for does.

    A worker holds the lock while it hands in a result. Killed just then, it never gives it back, and a guard that
    waited for it for ever would never see that the worker is dead.
    """

    def __init__(self) -> None:
        self._shared = Value("f", -1)

    def get_lock(self) -> TimeoutLock:
        """The lock; may be taken again by the process that has it."""
        return TimeoutLock(self._shared.get_lock())

    @property
    def value(self) -> float:
        """Seconds that are left for the task; below 0 for a worker that has none, 0 for one that is to be replaced."""
        with self.get_lock():
            return float(self._shared.get_obj().value)

    @value.setter
    def value(self, seconds: float) -> None:
        with self.get_lock():
            self._shared.get_obj().value = seconds


class SturdySentinel(cluster.Sentinel):
    """Starts all of its processes afresh when one of them was killed, and looks at what has become due.

    A process that is killed while it waits at a queue takes the queue's lock with it, and then whoever else waits there
    waits for ever. So the queues are replaced, and with them everybody who knew them. What was being worked on is begun
    again by its row.
    """

    def guard(self) -> None:
        """Watches over the processes until it is told to stop."""
        event: Any = self.stop_event
        self.stop_event: Any = TickingEvent(event, Ticker())
        super().guard()

    def spawn_worker(self) -> None:
        """Starts a worker of the pool."""
        self.spawn_process(worker.worker, self.task_queue, self.result_queue, Timer(), self.timeout)

    def reincarnate(self, process: Process) -> None:
        """Replaces a process that ended, timed out or was killed."""
        if process.exitcode is None or process.exitcode >= 0:
            super().reincarnate(process)
        elif process in (*self.pool, self.monitor, self.pusher):
            self._start_afresh()

    def _start_afresh(self) -> None:
        cluster.logger.critical("A process of the worker was killed: starting all of them afresh")
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
        super().handle(*args, **options)
