"""Whether a venue's orders can be sent to its till now: what the menu says, and what decides whether one is taken."""

from dataclasses import dataclass

from integrations.models import Connection

NOTHING_IS_SENT = "Online ordering is not available at the moment."
"""For guests: why is for staff, on the home page."""


@dataclass(frozen=True)
class NotOrdering:
    """Why no order for now can be sent. `code` is stable, `reason` a sentence for guests."""

    code: str
    reason: str


def why_not_ordering(
    *, status: str | None, enabled: object, not_ready_reason: str | None, worker_alive: int | str
) -> NotOrdering | None:
    """Return why the venue's orders cannot be sent; None if they can, or if the POS has not said that it takes none.

    Args:
        status: of the venue's connection; None if it has none.
        enabled: whether the connection is switched on, as any database's driver says it.
        not_ready_reason: what the POS said last; empty if it takes orders.
        worker_alive: 1 if a worker has run within a minute, else 0; see `storekit.queue.heartbeat.AnyWorkerAlive`.
    """
    # By themselves, drivers return a boolean as 1 (SQLite), True or "t" (PostgreSQL).
    can_be_sent = status == Connection.Status.CONNECTED and enabled in (True, "t")
    if not can_be_sent or not int(worker_alive):
        return NotOrdering("not_ready", NOTHING_IS_SENT)
    return NotOrdering("pos_not_ready", not_ready_reason) if not_ready_reason else None
