"""Paying an order that was placed unpaid."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from orders.checkout.problems import OrderRefused
from orders.checkout.validation import total_problem
from orders.checkout.venue_settings import ordering_settings_of
from orders.models import Injection, Order
from orders.placing import enqueue_unless_held, initial_schedule
from storekit.models import Venue

# A guest may take a while to pay; but nobody comes for a dinner that was for yesterday.
_LATEST_AFTER_ITS_TIME = timedelta(hours=1)
_LATEST_FOR_NOW = timedelta(hours=24)


class AlreadyPaid(Exception):
    """The order was paid with another payment."""


class NoLongerOpen(Exception):
    """The order was cancelled before it was paid."""


class OnTheBill(Exception):
    """The order was added to an open bill, and is paid with it."""


class TooLate(Exception):
    """The order's time has long passed."""


def pay_order(*, venue: Venue, order_id: UUID, reference: str, amount: Decimal) -> Order:
    """Notes the payment and sends the order on its way. The same payment again changes nothing.

    Raises:
        Order.DoesNotExist: the venue has no such order.
        OnTheBill: it is paid with the bill that it was added to.
        OrderRefused: the amount is not the order's total.
        AlreadyPaid: by another payment.
        NoLongerOpen: it was cancelled.
        TooLate: its time has long passed, so that it would be cooked for nobody.
    """
    now = timezone.now()
    with transaction.atomic():
        # The row that every change of an order's way locks first.
        injection = _locked_injection(venue, order_id)
        order = injection.order
        if _is_paid_with(order, reference, amount):
            return order
        _refuse_what_waits_for_no_payment(order, now)
        _note_payment(order, reference, amount)
        _start_injection(injection, venue, now)
        enqueue_unless_held(injection)
    return order


def _locked_injection(venue: Venue, order_id: UUID) -> Injection:
    try:
        # The order is read after the lock, in a query of its own: joined, it would be as it was before waiting.
        return Injection.objects.select_for_update(of=("self",)).get(order_id=order_id, order__venue=venue)
    except Injection.DoesNotExist as error:
        raise Order.DoesNotExist from error


def _is_paid_with(order: Order, reference: str, amount: Decimal) -> bool:
    """Whether this payment was noted before."""
    if order.is_on_the_bill:
        raise OnTheBill
    if amount != order.total:
        raise OrderRefused([total_problem(order.total, attr="amount")])
    if order.payment_status != Order.PaymentStatus.PAID:
        return False
    if order.payment_reference != reference:
        raise AlreadyPaid
    return True


def _refuse_what_waits_for_no_payment(order: Order, now: datetime) -> None:
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise NoLongerOpen
    latest = order.scheduled_for + _LATEST_AFTER_ITS_TIME if order.scheduled_for else order.placed_at + _LATEST_FOR_NOW
    if now > latest:
        raise TooLate


def _note_payment(order: Order, reference: str, amount: Decimal) -> None:
    order.status = Order.Status.PLACED
    order.payment_status = Order.PaymentStatus.PAID
    order.payment_reference = reference
    order.payment_amount = amount
    order.save(update_fields=["status", "payment_status", "payment_reference", "payment_amount"])


def _start_injection(injection: Injection, venue: Venue, now: datetime) -> None:
    steps = initial_schedule(order=injection.order, settings=ordering_settings_of(venue=venue).settings, now=now)
    for name, value in steps.items():
        setattr(injection, name, value)
    injection.save(update_fields=list(steps))
