"""Tasks of the queue: ids in, a word out. Each may run twice or never; the rows know what is due."""

from integrations.webhooks import ledger
from orders.alerts import delivery
from orders.injection import buffering, confirmation_checks, parking, send
from orders.injection.pos_events import apply_order_update


def inject(injection_id: int) -> str:
    """Brings one order onto the till, if it is due."""
    return send.inject(injection_id=injection_id)


def sweep_injections() -> str:
    """Finds every order that is due and was not heard of, also by what changed at its venue."""
    # First: whatever is wrong with one venue must not keep the orders of the others waiting.
    due = send.enqueue_due()
    moved, woken = buffering.move_held(), parking.wake_connected()
    return f"{due} due" + (f", {moved} moved" if moved else "") + (f", {woken} sent on" if woken else "")


def look_for_order(injection_id: int) -> str:
    """Looks for one order that was accepted and never confirmed."""
    return confirmation_checks.check_confirmation(injection_id=injection_id)


def sweep_unconfirmed() -> str:
    """Finds orders that were accepted and never confirmed."""
    return f"{confirmation_checks.enqueue_due()} to look for"


def send_alert(alert_id: int) -> str:
    """Tells a venue one thing about an order, if that is due."""
    return delivery.send(alert_id=alert_id)


def sweep_alerts() -> str:
    """Finds what is to be told and was not heard of."""
    return f"{delivery.enqueue_due()} to tell"


def venue_connected(venue_id: int) -> str:
    """Sends what waited for the venue's connection."""
    return f"{parking.wake(venue_id=venue_id)} sent on"


def settings_changed(venue_id: int) -> str:
    """Moves the orders that are held back to where the venue's settings want them now."""
    return f"{buffering.move_held(venue_id=venue_id)} moved"


def handle_order_notification(notification_id: int) -> str:
    """Works on what the POS told us about an order."""
    return ledger.process(notification_id=notification_id, handle=apply_order_update)
