"""Who is told when something about a venue's connection changes: tasks by their dotted paths, in plain sight.

What is not heard is made up for by the sweeps of whoever listens.
"""

from storekit.db.due_rows import enqueue_on_commit
from storekit.queue.registry import CONNECTED_TASKS, SETTINGS_TASKS


def announce_connected(*, venue_id: int) -> None:
    """Queues those who wait for the venue's connection, when the transaction commits."""
    _queue_on_commit(CONNECTED_TASKS, venue_id)


def announce_settings(*, venue_id: int) -> None:
    """Queues those who depend on the venue's settings, when the transaction commits."""
    _queue_on_commit(SETTINGS_TASKS, venue_id)


def _queue_on_commit(tasks: tuple[str, ...], venue_id: int) -> None:
    for task in tasks:
        enqueue_on_commit(task, venue_id)
