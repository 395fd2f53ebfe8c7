"""When an order does not come to the till: written down, and told to the venue once. Callers have the row locked."""

from django.utils import timezone

from orders.alert_outbox import queue_alert, queue_menu_snooze
from orders.injection.references import may_have_arrived
from orders.models import CLOSED_STATUSES, Alert, Injection, Order

SOLD_OUT = "restricted"
# The till may say of what is sold out only that it cannot be added; whoever is to snooze it asks.
_PERHAPS_SOLD_OUT = (SOLD_OUT, "item_refused")


def fail(*, injection: Injection, code: str, error: str) -> None:
    """Ends the order's way to the till, and has the venue told unless nobody wants the order any more.

    Args:
        injection: its row, locked.
        code: a short stable name of the cause.
        error: a sentence for venue staff and, below it, the POS's own words.
    """
    injection.failures += 1
    injection.failed_at = timezone.now()
    _end(injection, code, error)
    snooze_if_sold_out(injection=injection, code=code, pos_words=error.partition("\n")[2])
    if _status_of(injection) not in CLOSED_STATUSES:
        queue_alert(order_id=injection.order_id, about=Alert.About.FAILED, occurrence=injection.failures)


def snooze_if_sold_out(*, injection: Injection, code: str, pos_words: str) -> None:
    """Has the menu snooze what the POS refused the order for, also when nobody wants the order itself any more."""
    if code in _PERHAPS_SOLD_OUT:
        queue_menu_snooze(order_id=injection.order_id, occurrence=injection.failures, code=code, pos_words=pos_words)


def is_cancelled(*, injection: Injection) -> bool:
    """Whether the order was cancelled, as it is in the database now."""
    return _status_of(injection) == Order.Status.CANCELLED


def end_cancelled(*, injection: Injection) -> None:
    """Ends the way of an order that was cancelled while it was being sent; the till is told if it may be there."""
    _end(injection, "cancelled", "The order was cancelled.")
    if may_have_arrived(injection=injection):
        tell_till_of_cancellation(injection=injection)


def tell_till_of_cancellation(*, injection: Injection) -> None:
    """Has a message printed on the till: the POS has no call for cancelling."""
    queue_alert(order_id=injection.order_id, about=Alert.About.CANCELLED, channels=[Alert.Channel.TILL])


def _end(injection: Injection, code: str, error: str) -> None:
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


def _status_of(injection: Injection) -> str:
    # Asked after the lock: what was read with the row may be from before waiting for it.
    return Order.objects.values_list("status", flat=True).get(pk=injection.order_id)
