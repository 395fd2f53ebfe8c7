"""The task worker: django-q2's, made to survive the sudden death of one of its processes."""

from multiprocessing import Process, Queue
from typing import Any

from django_q import cluster
from django_q.conf import Conf
from django_q.management.commands import qcluster


class SturdySentinel(cluster.Sentinel):
    """Starts all of its processes afresh when one of them was killed.

    A process that is killed while it waits at a queue takes the queue's lock with it, and then whoever else waits there
    waits for ever. So the queues are replaced, and with them everybody who knew them. What was being worked on is begun
    again by its row.
    """

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
