"""Tasks of the queue: ids in, a short result out. Each may run twice or never; the rows know what is due.

Tasks that wait for a POS or a mail server hand their work over to a lane, so that the worker is free at once.
"""

from functools import partial

from django.conf import settings

from integrations.webhooks import ledger
from orders import expiry, till_ready
from orders.alerts import delivery
from orders.injection import buffering, confirmation_checks, parking, send
from orders.injection.pos_events import apply_order_update
from orders.models import Alert, Injection
from storekit.queue.heartbeat import record_sweep
from storekit.queue.worker_threads import Lane

INJECTIONS = Lane("injections", threads=24, per_key=settings.POS_CALLS_PER_PROCESS)
CONFIRMATION_CHECKS = Lane("confirmation checks", threads=4, per_key=1)
ALERTS = Lane("alerts", threads=4, per_key=1)


def inject(injection_id: int) -> str:
    """Send one order to the POS, if it is due."""
    return str(INJECTIONS.hand_over(_venue_of(injection_id), partial(send.inject, injection_id=injection_id)))


def sweep_injections() -> str:
    """Queue every order that is due, and update those that a change at their venue has made due."""
    # This comes first, so that an error at one venue does not keep the other venues' orders waiting.
    due = send.enqueue_due()
    record_sweep()
    rescheduled, released = buffering.reschedule_held_orders(), parking.release_connected()
    sent_again = till_ready.send_waiting_orders()
    return (
        f"{due} due"
        + (f", {rescheduled} rescheduled" if rescheduled else "")
        + (f", {released} released" if released else "")
        + (f", {sent_again} sent again" if sent_again else "")
    )


def sweep_unpaid() -> str:
    """Expire every order that was not paid in time."""
    return f"{expiry.expire_unpaid_orders()} expired"


def look_for_order(injection_id: int) -> str:
    """Check whether one accepted order that was never confirmed has arrived, if that is due."""
    check = partial(confirmation_checks.check_confirmation, injection_id=injection_id)
    return str(CONFIRMATION_CHECKS.hand_over(_venue_of(injection_id), check))


def look_early(venue_id: int) -> str:
    """Confirm the venue's accepted orders that are on an open check, though no till has said so."""
    look = partial(confirmation_checks.look_early, venue_id=venue_id)
    return str(CONFIRMATION_CHECKS.hand_over(venue_id, look))


def sweep_unconfirmed() -> str:
    """Queue the checks of accepted orders that were never confirmed, and an early look at those that are late."""
    due, early = confirmation_checks.enqueue_due(), confirmation_checks.enqueue_early()
    return f"{due} to check" + (f", {early} early" if early else "")


def send_alert(alert_id: int) -> str:
    """Send one alert about an order, if it is due."""
    venue = Alert.objects.filter(pk=alert_id).values_list("order__venue", flat=True).first()
    return str(ALERTS.hand_over(venue, partial(delivery.send, alert_id=alert_id)))


def sweep_alerts() -> str:
    """Queue every alert that is due."""
    return f"{delivery.enqueue_due()} to send"


def venue_connected(venue_id: int) -> str:
    """Send the orders that waited for the venue's connection."""
    return f"{parking.release(venue_id=venue_id)} released"


def pos_ready(venue_id: int) -> str:
    """Send the venue's orders again that failed because no till was ready, and are wanted for later."""
    return f"{till_ready.send_waiting_orders(venue_id=venue_id)} sent again"


def settings_changed(venue_id: int) -> str:
    """Reschedule the venue's held orders to match its new settings."""
    return f"{buffering.reschedule_held_orders(venue_id=venue_id)} rescheduled"


def handle_order_notification(notification_id: int) -> str:
    """Process one notification from the POS about an order."""
    return ledger.process(notification_id=notification_id, handle=apply_order_update)


def _venue_of(injection_id: int) -> int | None:
    return Injection.objects.filter(pk=injection_id).values_list("order__venue", flat=True).first()
