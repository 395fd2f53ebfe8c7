"""Tasks of the queue: ids in, a word out. Each may run twice or never; the rows know what is due."""

from integrations import webhooks
from orders import injection
from orders.notifications import apply_order_update


def inject(injection_id: int) -> str:
    """Brings one order onto the till, if it is due."""
    return injection.inject(injection_id=injection_id)


def sweep_injections() -> str:
    """Finds every order that is due and was not heard of."""
    return f"{injection.sweep()} due"


def handle_order_notification(notification_id: int) -> str:
    """Works on what the POS told us about an order."""
    return webhooks.process(notification_id=notification_id, handle=apply_order_update)
