"""The task worker: django-q2's, made to survive the sudden death of one of its processes, and to be on time."""

from multiprocessing import Process, Queue
from multiprocessing.synchronize import Event
from typing import Any

from django_q import cluster
from django_q.conf import Conf
from django_q.management.commands import qcluster

from storekit.ticking import Ticker


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
