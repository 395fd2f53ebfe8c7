"""What the POS says about an order after taking it: perhaps twice, late, out of order, or before we expect it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.pos import OrderEvent, OrderUpdate
from orders.models import Injection, Order
from storekit.models import Venue

_State = Injection.State
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
# Whatever happens to an order at the till says that it is there.
_STATUS_AFTER = {
    OrderEvent.CONFIRMED: _Status.CONFIRMED,
    OrderEvent.READY: _Status.READY,
    OrderEvent.OUT_FOR_DELIVERY: _Status.OUT_FOR_DELIVERY,
    OrderEvent.COMPLETED: _Status.COMPLETED,
    OrderEvent.CANCELLED: _Status.CANCELLED,
}


def apply_order_update(venue: Venue, update: OrderUpdate) -> str:
    """Applies a notification about one of the venue's orders; returns what it changed in a few words."""
    if not update.reference:
        return "not an order of ours"
    with transaction.atomic():
        injection = (
            Injection.objects.select_for_update(of=("self",))
            .filter(order__venue=venue, reference=update.reference)
            .first()
        )
        if injection is None:
            return "unknown reference"
        if update.event is OrderEvent.FAILED:
            return _fail(injection, update)
        status = _STATUS_AFTER.get(update.event)
        if status is None:
            return "nothing to change"
        return _confirm(injection, update, status)


def _fail(injection: Injection, update: OrderUpdate) -> str:
    if injection.state == _State.CONFIRMED:
        return "on the till already, so not failed"
    if injection.state == _State.FAILED:
        return "failed already"
    reason = update.reason or "The POS gave no reason."
    _write(
        injection,
        state=_State.FAILED,
        error_code="refused_by_till",
        error=f"The till did not take the order.\n{reason}",
    )
    return "failed"


def _confirm(injection: Injection, update: OrderUpdate, status: Order.Status) -> str:
    if injection.state != _State.CONFIRMED:
        now = timezone.now()
        _write(
            injection,
            state=_State.CONFIRMED,
            account=update.account or injection.account,
            accepted_at=injection.accepted_at or now,
            confirmed_at=now,
            error_code="",
            error="",
        )
    elif update.account and not injection.account:
        _write(injection, account=update.account)
    earlier = _WAY[: _WAY.index(status)]
    moved = Order.objects.filter(pk=injection.order_id, status__in=earlier).update(status=status)
    return str(status) if moved else "known already"


def _write(injection: Injection, **columns: Any) -> None:
    """Writes the columns, and ends the lease of whoever is sending: what the POS says itself is the later word."""
    Injection.objects.filter(pk=injection.pk).update(
        **columns, **({"lease": None, "lease_until": None, "next_attempt_at": None} if "state" in columns else {})
    )
