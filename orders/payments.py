"""Pay for an order that was placed unpaid."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from orders.checkout.problems import OrderRefused
from orders.checkout.validation import total_problem
from orders.checkout.venue_settings import ordering_settings_of
from orders.injection.scheduling import first_attempt_at
from orders.models import Injection, Order
from orders.placing import enqueue_unless_held, initial_schedule
from storekit.models import Venue

# Guests may take a while to pay, but an order whose time has long passed is no longer worth cooking.
_PAYABLE_AFTER_ITS_TIME = timedelta(hours=1)
_PAYABLE_AFTER_PLACING = timedelta(hours=24)


class AlreadyPaid(Exception):
    """The order was paid with another payment."""


class OrderCancelled(Exception):
    """The order was cancelled before it was paid."""


class PaidWithBill(Exception):
    """The order was added to an open bill, and is paid with it."""


class PaymentTooLate(Exception):
    """The order's time has long passed."""


def pay_order(*, venue: Venue, order_id: UUID, reference: str, amount: Decimal) -> Order:
    """Record the payment and schedule the order to be sent. The same payment again changes nothing.

    Raises:
        Order.DoesNotExist: the venue has no such order.
        PaidWithBill: it is paid with the bill that it was added to.
        OrderRefused: the amount is not the order's total.
        AlreadyPaid: it was paid with another payment.
        OrderCancelled: it was cancelled.
        PaymentTooLate: its time has long passed.
    """
    now = timezone.now()
    with transaction.atomic():
        # Every change to an order locks this row first.
        injection = _locked_injection(venue, order_id)
        order = injection.order
        if _is_paid_with(order, reference, amount):
            return order
        _refuse_unless_awaiting_payment(order, now)
        _record_payment(order, reference, amount)
        _schedule(injection, venue, now)
        enqueue_unless_held(injection)
    return order


def _locked_injection(venue: Venue, order_id: UUID) -> Injection:
    try:
        # A query of its own reads the order after the lock: joined, it would be as it was before waiting for the lock.
        return Injection.objects.select_for_update(of=("self",)).get(order_id=order_id, order__venue=venue)
    except Injection.DoesNotExist as error:
        raise Order.DoesNotExist from error


def _is_paid_with(order: Order, reference: str, amount: Decimal) -> bool:
    """Whether this same payment was recorded before. Raises like `pay_order`."""
    if order.is_on_the_bill:
        raise PaidWithBill
    if amount != order.total:
        raise OrderRefused([total_problem(order.total, currency=order.venue.currency, attr="amount")])
    if order.payment_status != Order.PaymentStatus.PAID:
        return False
    if order.payment_reference != reference:
        raise AlreadyPaid
    return True


def _refuse_unless_awaiting_payment(order: Order, now: datetime) -> None:
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise OrderCancelled
    if order.scheduled_for:
        deadline = order.scheduled_for + _PAYABLE_AFTER_ITS_TIME
    else:
        deadline = order.placed_at + _PAYABLE_AFTER_PLACING
    if now > deadline:
        raise PaymentTooLate


def _record_payment(order: Order, reference: str, amount: Decimal) -> None:
    order.status = Order.Status.PLACED
    order.payment_status = Order.PaymentStatus.PAID
    order.payment_reference = reference
    order.payment_amount = amount
    order.save(update_fields=["status", "payment_status", "payment_reference", "payment_amount"])


def _schedule(injection: Injection, venue: Venue, now: datetime) -> None:
    settings = ordering_settings_of(venue=venue).pos_settings
    held_until = first_attempt_at(scheduled_for=injection.order.scheduled_for, now=now, settings=settings)
    columns = initial_schedule(held_until=held_until)
    for name, value in columns.items():
        setattr(injection, name, value)
    injection.save(update_fields=list(columns))
