"""Record that an order will not reach the till, and alert the venue once. Callers have locked the injection's row."""

from integrations.pos import RefusalCause
from orders.alert_outbox import queue_alert, queue_menu_snooze
from orders.injection.references import may_have_arrived
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from storekit.db import clock

# For a sold-out item the till may report only that it cannot be added; the alert for the menu asks the POS.
_MAY_BE_SOLD_OUT = (RefusalCause.RESTRICTED, RefusalCause.ITEM_REFUSED)


def fail(*, injection: Injection, code: str, error: str, item: str = "") -> None:
    """Mark the injection as failed, and alert the venue unless the order is closed.

    Args:
        injection: its row, locked.
        code: a short, stable name of the cause.
        error: a sentence for venue staff, with the POS's own message on the lines below it.
        item: the item that the POS's message quotes.
    """
    injection.failures += 1
    injection.failed_at = clock.now()
    _mark_failed(injection, code, error)
    queue_snooze_if_sold_out(injection=injection, code=code, pos_words=error.partition("\n")[2], item=item)
    if current_status(injection=injection) not in CLOSED_STATUSES:
        queue_alert(order_id=injection.order_id, about=Alert.About.FAILED, occurrence=injection.failures)


def queue_snooze_if_sold_out(*, injection: Injection, code: str, pos_words: str, item: str) -> None:
    """Queue a snooze of the items that the POS refused as sold out, even if the order itself is closed."""
    if code in _MAY_BE_SOLD_OUT:
        queue_menu_snooze(
            order_id=injection.order_id, occurrence=injection.failures, code=code, pos_words=pos_words, item=item
        )


def is_cancelled(*, injection: Injection) -> bool:
    """Return whether the order is cancelled in the database now."""
    return current_status(injection=injection) == Order.Status.CANCELLED


def end_cancelled(*, injection: Injection) -> None:
    """End the injection of an order that was cancelled while being sent; alert the till if it may have arrived."""
    _mark_failed(injection, "cancelled", "The order was cancelled.")
    if may_have_arrived(injection=injection):
        queue_cancellation_alert(injection=injection)


def queue_cancellation_alert(*, injection: Injection) -> None:
    """Queue a message to be printed on the till, as the POS has no call to cancel an order."""
    queue_alert(order_id=injection.order_id, about=Alert.About.CANCELLED, channels=[Alert.Channel.TILL])


def _mark_failed(injection: Injection, code: str, error: str) -> None:
    injection.state = Injection.State.FAILED
    injection.next_attempt_at = injection.lease = injection.lease_until = None
    injection.error_code, injection.error = code[:40], error
    injection.save(
        update_fields=[
            "state",
            "next_attempt_at",
            "lease",
            "lease_until",
            "error_code",
            "error",
            "failures",
            "failed_at",
        ]
    )


def current_status(*, injection: Injection) -> str:
    """Return the order's status in the database now."""
    # Read after locking: an order that was loaded with the row may date from before the wait for the lock.
    return Order.objects.values_list("status", flat=True).get(pk=injection.order_id)
