"""Pay for an order that was placed unpaid."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from orders.checkout.lines import lines_of
from orders.checkout.problems import OrderRefused
from orders.checkout.still_possible import NoLongerPossible, take_again
from orders.checkout.validation import total_problem
from orders.checkout.venue_settings import ordering_settings_of
from orders.expiry import expire_unpayable, is_expired
from orders.injection.scheduling import first_attempt_at
from orders.models import Injection, Order
from orders.placing import enqueue_unless_held, initial_schedule
from storekit.db import clock
from storekit.models import Venue


class AlreadyPaid(Exception):
    """The order was paid with another payment."""


class OrderCancelled(Exception):
    """The order was cancelled before it was paid."""


class PaidWithBill(Exception):
    """The order was added to an open bill, and is paid with it."""


class PaymentTooLate(Exception):
    """The order was not paid in time."""


def pay_order(*, venue: Venue, order_id: UUID, reference: str, amount: Decimal) -> Order:
    """Record the payment and schedule the order to be sent. The same payment again changes nothing.

    Raises:
        Order.DoesNotExist: the venue has no such order.
        PaidWithBill: it is paid with the bill that it was added to.
        OrderRefused: the amount is not the order's total.
        AlreadyPaid: it was paid with another payment.
        OrderCancelled: it was cancelled.
        PaymentTooLate: it was not paid in time.
        NoLongerPossible: the venue is closed at its time, or items are gone. It expires, so that this payment, which
            the shop gives back, does not count when it is posted again.
        MenuBusy: the menu changed every time it was read.
    """
    try:
        return _pay(venue, order_id, reference, amount)
    except NoLongerPossible as error:
        expire_unpayable(order_id=order_id, reason=error.detail)
        raise


def _pay(venue: Venue, order_id: UUID, reference: str, amount: Decimal) -> Order:
    now = clock.now()
    with transaction.atomic():
        # Every change to an order locks this row first.
        injection = _locked_injection(venue, order_id)
        order = injection.order
        if _is_paid_with(order, reference, amount):
            return order
        _refuse_unless_awaiting_payment(injection, now)
        settings = ordering_settings_of(venue=venue)
        held_until = first_attempt_at(scheduled_for=order.scheduled_for, now=now, settings=settings.pos_settings)
        lines = lines_of(rows=order.lines.all(), currency=venue.currency)
        held = take_again(order=order, lines=lines, settings=settings, held_until=held_until, now=now)
        _record_payment(order, reference, amount, held)
        _schedule(injection, held_until)
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


def _refuse_unless_awaiting_payment(injection: Injection, now: datetime) -> None:
    order = injection.order
    if is_expired(order=order):
        raise PaymentTooLate
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise OrderCancelled
    if order.pay_by is not None and now >= order.pay_by:
        raise PaymentTooLate


def _record_payment(order: Order, reference: str, amount: Decimal, held_stock: dict[str, int]) -> None:
    order.status = Order.Status.PLACED
    order.payment_status = Order.PaymentStatus.PAID
    order.payment_reference = reference
    order.payment_amount = amount
    order.pay_by = None
    order.held_stock = held_stock or None
    columns = ["status", "payment_status", "payment_reference", "payment_amount", "pay_by", "held_stock"]
    order.save(update_fields=columns)


def _schedule(injection: Injection, held_until: datetime | None) -> None:
    columns = initial_schedule(held_until=held_until)
    for name, value in columns.items():
        setattr(injection, name, value)
    injection.save(update_fields=list(columns))
