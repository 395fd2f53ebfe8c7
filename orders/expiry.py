"""Orders that were placed unpaid and can no longer be paid: they expire and give back what they kept from other guests.

`Order.pay_by` says when. The every-minute sweep finds what is due; an order counts as expired from that moment on, so
it does not matter when the sweep comes. An order whose payment is refused because it cannot be made any more expires at
once: the shop gives the money back, so the same payment must not count when it is posted again. Expiring and paying
both lock the injection's row first, so one of them wins.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from orders.injection.confirmation import advance_orders
from orders.models import Injection, Order, StaffAction
from storekit.db import clock

EXPIRED = "expired"
"""The injection's error code."""
_BY = "storekit"
_MOST_PER_RUN = 500


def expire_unpaid_orders() -> int:
    """Expire each order that was not paid in time; return how many. Safe to call from any number of processes."""
    now = clock.now()
    due = Order.objects.filter(status=Order.Status.AWAITING_PAYMENT, pay_by__lte=now).order_by("pay_by")
    ids = due.values_list("pk", flat=True)[:_MOST_PER_RUN]
    return sum(_expire(order_id, "The order was not paid in time, so it expired.", pay_by__lte=now) for order_id in ids)


def expire_unpayable(*, order_id: UUID, reason: str) -> None:
    """Expire an order whose payment was refused, for a reason in words, because it cannot be made any more."""
    _expire(order_id, f"The order could not be made any more when it was paid, so it expired. {reason}")


def is_expired(*, order: Order) -> bool:
    """Return whether the order was cancelled because it could no longer be paid; its injection is loaded."""
    return order.status == Order.Status.CANCELLED and order.injection.error_code == EXPIRED


def _expire(order_id: UUID, error: str, **conditions: datetime) -> bool:
    with transaction.atomic():
        injection = Injection.objects.select_for_update().get(order_id=order_id)
        # Behind the lock: the payment may have been faster.
        if not Order.objects.filter(pk=order_id, status=Order.Status.AWAITING_PAYMENT, **conditions).exists():
            return False
        injection.state = Injection.State.FAILED
        injection.error_code, injection.error = EXPIRED, error
        injection.save(update_fields=["state", "error_code", "error"])
        advance_orders(order_ids=[order_id], status=Order.Status.CANCELLED)
        StaffAction.objects.create(order_id=order_id, action=StaffAction.Action.EXPIRED, by=_BY)
    return True
