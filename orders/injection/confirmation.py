"""When an order turns out to be on the till: written down, with what follows from it. Callers have the row locked."""

from django.db import transaction
from django.utils import timezone

from orders.alert_outbox import queue_alert
from orders.checkout.discounts import release_use
from orders.injection.failure import is_cancelled, tell_till_of_cancellation
from orders.models import Alert, Injection, Order, OrderEvent

_Status = Order.Status

# An order only ever moves down this list.
_WAY = (
    _Status.AWAITING_PAYMENT,
    _Status.PLACED,
    _Status.CONFIRMED,
    _Status.READY,
    _Status.OUT_FOR_DELIVERY,
    _Status.COMPLETED,
    _Status.CANCELLED,
)
_OVER = (_Status.COMPLETED, _Status.CANCELLED)


def confirm(*, injection: Injection, account: str, status: Order.Status = _Status.CONFIRMED) -> str:
    """Notes that the order is on the till under its present reference, and how far it is there.

    Ends the lease of whoever is sending: what the POS says itself is the later word. Of an order that was cancelled
    meanwhile, the till is told; of any other whose failure a person was told of, the venue, because somebody may have
    keyed it in.

    Args:
        injection: its row, locked.
        account: the check's number, empty when it is not known.
        status: what the order has come to; it never moves back.

    Returns what changed in a word.
    """
    if injection.state != Injection.State.CONFIRMED:
        _arrive(injection, account)
        if status not in _OVER and is_cancelled(injection=injection):
            tell_till_of_cancellation(injection=injection)
    elif account and not injection.account:
        injection.account = account
        injection.save(update_fields=["account"])
    return advance(order_ids=[injection.order_id], status=status)


def _arrive(injection: Injection, account: str) -> None:
    if injection.state == Injection.State.FAILED and _was_told(injection) and not is_cancelled(injection=injection):
        tell_of_double(injection=injection)
    now = timezone.now()
    injection.state = Injection.State.CONFIRMED
    injection.account = account or injection.account or injection.order.open_account
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


def advance(*, order_ids: list, status: Order.Status) -> str:
    """Moves the orders to the status unless they are further on their way; returns what changed in a word.

    An order that is cancelled gives its use of a discount code back, whoever cancelled it, and once.
    """
    earlier = _WAY[: _WAY.index(status)]
    with transaction.atomic():
        moved = [id for id in order_ids if Order.objects.filter(pk=id, status__in=earlier).update(status=status)]
        if status == _Status.CANCELLED:
            for order_id in moved:
                release_use(order_id=order_id)
    return str(status) if moved else "known already"


def tell_of_double(*, injection: Injection) -> None:
    """Has the venue told, once, that the order may be on the till twice."""
    queue_alert(order_id=injection.order_id, about=Alert.About.DOUBLE)


def entered_by_hand(*, injection: Injection) -> bool:
    """Whether somebody said that they keyed the order in."""
    return OrderEvent.objects.filter(order_id=injection.order_id, action=OrderEvent.Action.ENTERED_BY_HAND).exists()


def _was_told(injection: Injection) -> bool:
    told = Alert.objects.filter(order_id=injection.order_id, about=Alert.About.FAILED, sent_at__isnull=False)
    return told.exclude(channel=Alert.Channel.MENU).exists()
