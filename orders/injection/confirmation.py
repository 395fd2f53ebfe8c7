"""Record that an order is on the till, and what follows from it. Callers have locked the injection's row."""

from django.db import transaction

from orders.alert_outbox import queue_alert
from orders.checkout.discounts import release_use
from orders.held_stock import give_back_stock
from orders.injection.check_identity import check_to_add_to
from orders.injection.failure import is_cancelled, queue_cancellation_alert
from orders.models import CLOSED_STATUSES, Alert, Injection, Order, StaffAction
from storekit.db import clock

_Status = Order.Status

# An order only ever moves down this list.
_STATUS_SEQUENCE = (
    _Status.AWAITING_PAYMENT,
    _Status.PLACED,
    _Status.CONFIRMED,
    _Status.READY,
    _Status.OUT_FOR_DELIVERY,
    _Status.COMPLETED,
    _Status.CANCELLED,
)


def confirm(*, injection: Injection, account: str, status: Order.Status = _Status.CONFIRMED) -> str:
    """Record that the order is on the till under its present reference, and how far it has got there.

    Ends the lease of a worker that is still sending: the POS's own report is the later information. If the order has
    been cancelled, the till is alerted. If the venue was alerted that it failed, staff may have keyed it in, so the
    venue is alerted to a possible duplicate.

    Args:
        injection: its row, locked.
        account: the check's number, empty if unknown.
        status: the status that the order has reached; it never moves back.

    Returns:
        The order's new status, or "known already".
    """
    if injection.state != Injection.State.CONFIRMED:
        _mark_confirmed(injection, account)
        if status not in CLOSED_STATUSES and is_cancelled(injection=injection):
            queue_cancellation_alert(injection=injection)
    elif account and not injection.account:
        injection.account = account
        injection.save(update_fields=["account"])
    return advance_orders(order_ids=[injection.order_id], status=status)


def _mark_confirmed(injection: Injection, account: str) -> None:
    is_reported_failure = injection.state == Injection.State.FAILED and _failure_was_reported(injection)
    if is_reported_failure and not is_cancelled(injection=injection):
        queue_duplicate_alert(injection=injection)
    now = clock.now()
    injection.state = Injection.State.CONFIRMED
    injection.account = account or injection.account or check_to_add_to(order=injection.order)
    injection.accepted_at = injection.accepted_at or now
    injection.confirmed_at = now
    injection.refused = False
    injection.next_attempt_at = injection.lease = injection.lease_until = None
    injection.error_code = injection.error = ""
    injection.save(
        update_fields=[
            "state",
            "account",
            "accepted_at",
            "confirmed_at",
            "refused",
            "next_attempt_at",
            "lease",
            "lease_until",
            "error_code",
            "error",
        ]
    )


def advance_orders(*, order_ids: list, status: Order.Status) -> str:
    """Move the orders to the status unless they are further along; return the status, or "known already".

    A completed order stays completed: the guest has it. A cancelled order gives back its use of a discount code and the
    stock that it holds, once, no matter where it was cancelled.
    """
    earlier = set(_STATUS_SEQUENCE[: _STATUS_SEQUENCE.index(status)]) - {_Status.COMPLETED}
    with transaction.atomic():
        moved = [id for id in order_ids if Order.objects.filter(pk=id, status__in=earlier).update(status=status)]
        if status == _Status.CANCELLED:
            for order_id in moved:
                release_use(order_id=order_id)
                give_back_stock(order_id=order_id)
    return str(status) if moved else "known already"


def queue_duplicate_alert(*, injection: Injection) -> None:
    """Alert the venue, once, that the order may be on the till twice."""
    queue_alert(order_id=injection.order_id, about=Alert.About.DOUBLE)


def was_entered_by_hand(*, injection: Injection) -> bool:
    """Return whether staff have marked the order as entered by hand."""
    return StaffAction.objects.filter(order_id=injection.order_id, action=StaffAction.Action.ENTERED_BY_HAND).exists()


def _failure_was_reported(injection: Injection) -> bool:
    sent = Alert.objects.filter(order_id=injection.order_id, about=Alert.About.FAILED, sent_at__isnull=False)
    return sent.exclude(channel=Alert.Channel.MENU).exists()
