"""Queue the tasks that react to a change of a venue's connection; `storekit.queue.registry` names them.

If queueing fails, the sweeps of the apps concerned catch up.
"""

from storekit.db.due_rows import enqueue_on_commit
from storekit.queue.registry import CONNECTED_TASKS, READY_TASKS, SETTINGS_TASKS


def announce_connected(*, venue_id: int) -> None:
    """Queue the tasks that wait for the venue to be connected, when the transaction commits."""
    _queue_on_commit(CONNECTED_TASKS, venue_id)


def announce_ready(*, venue_id: int) -> None:
    """Queue the tasks that wait for the venue's POS to be ready, when the transaction commits."""
    _queue_on_commit(READY_TASKS, venue_id)


def announce_settings(*, venue_id: int) -> None:
    """Queue the tasks that depend on the venue's settings, when the transaction commits."""
    _queue_on_commit(SETTINGS_TASKS, venue_id)


def _queue_on_commit(tasks: tuple[str, ...], venue_id: int) -> None:
    for task in tasks:
        enqueue_on_commit(task, venue_id)
