"""Queue tasks for an order's rows that are due. If the queue is down, the sweep finds the rows."""

from storekit.db.due_rows import enqueue


def enqueue_injection(*, injection_id: int) -> None:
    """Queue the next attempt to send an order."""
    enqueue("orders.tasks.inject", injection_id)


def enqueue_alert(*, alert_id: int) -> None:
    """Queue the sending of an alert."""
    enqueue("orders.tasks.send_alert", alert_id)


def enqueue_confirmation_check(*, injection_id: int) -> None:
    """Queue the check whether an accepted order has arrived."""
    enqueue("orders.tasks.look_for_order", injection_id)
