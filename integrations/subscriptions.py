"""Who is told when something about a venue's connection changes: tasks by their dotted paths, in plain sight.

What is not heard is made up for by the sweeps of whoever listens.
"""

from functools import partial

from django.db import transaction
from django_q.tasks import async_task

CONNECTED_TASKS = ("orders.tasks.venue_connected",)
"""Told when orders can be sent (again). A task is given the venue's id."""

SETTINGS_TASKS = ("orders.tasks.settings_changed",)
"""Told when the venue's Lightspeed settings were saved. A task is given the venue's id."""


def announce_connected(*, venue_id: int) -> None:
    """Queues those who wait for the venue's connection, when the transaction commits."""
    _queue_on_commit(CONNECTED_TASKS, venue_id)


def announce_settings(*, venue_id: int) -> None:
    """Queues those who depend on the venue's settings, when the transaction commits."""
    _queue_on_commit(SETTINGS_TASKS, venue_id)


def _queue_on_commit(tasks: tuple[str, ...], venue_id: int) -> None:
    for task in tasks:
        # Robust: when the queue is down, what was saved stays saved.
        transaction.on_commit(partial(async_task, task, venue_id), robust=True)
