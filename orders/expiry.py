"""Orders that were placed unpaid and are not paid in time: they expire, and give back what they keep from other guests.

`Order.pay_by` says when. The every-minute sweep finds what is due; an order counts as expired from that moment on, so
it does not matter when the sweep comes. Expiring and paying both lock the injection's row first, so one of them wins.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from orders.injection.confirmation import advance_orders
from orders.models import Injection, Order, StaffAction

EXPIRED = "expired"
"""The injection's error code."""
_BY = "storekit"
_MOST_PER_RUN = 500


def expire_unpaid_orders() -> int:
    """Expire each order that was not paid in time; return how many. Safe to call from any number of processes."""
    now = timezone.now()
    due = Order.objects.filter(status=Order.Status.AWAITING_PAYMENT, pay_by__lte=now).order_by("pay_by")
    return sum(_expire(order_id, now) for order_id in due.values_list("pk", flat=True)[:_MOST_PER_RUN])


def is_expired(*, order: Order) -> bool:
    """Return whether the order was cancelled because it was not paid in time; its injection is loaded."""
    return order.status == Order.Status.CANCELLED and order.injection.error_code == EXPIRED


def _expire(order_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        injection = Injection.objects.select_for_update().get(order_id=order_id)
        # Behind the lock: the payment may have been faster.
        if not Order.objects.filter(pk=order_id, status=Order.Status.AWAITING_PAYMENT, pay_by__lte=now).exists():
            return False
        injection.state = Injection.State.FAILED
        injection.error_code, injection.error = EXPIRED, "The order was not paid in time, so it expired."
        injection.save(update_fields=["state", "error_code", "error"])
        advance_orders(order_ids=[order_id], status=Order.Status.CANCELLED)
        StaffAction.objects.create(order_id=order_id, action=StaffAction.Action.EXPIRED, by=_BY)
    return True
