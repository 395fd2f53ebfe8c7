"""Paying an order that was placed unpaid."""

from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db import transaction

from orders.models import Injection, Order
from orders.placing import total_problem
from orders.problems import OrderRefused
from orders.queueing import due_at_once, nudge
from storekit.models import Venue


class AlreadyPaid(Exception):
    """The order was paid with another payment."""


class NoLongerOpen(Exception):
    """The order was cancelled before it was paid."""


def pay_order(*, venue: Venue, order_id: UUID, reference: str, amount: Decimal) -> Order:
    """Notes the payment and sends the order on its way. The same payment again changes nothing.

    Raises:
        Order.DoesNotExist: the venue has no such order.
        OrderRefused: the amount is not the order's total.
        AlreadyPaid: by another payment.
        NoLongerOpen: it was cancelled.
    """
    with transaction.atomic():
        # The row that every change of an order's way locks first.
        injection = _locked_injection(venue, order_id)
        order = injection.order
        if amount != order.total:
            raise OrderRefused([total_problem(order.total, attr="amount")])
        if order.payment_status == Order.PaymentStatus.PAID:
            if order.payment_reference != reference:
                raise AlreadyPaid
            return order
        if order.status != Order.Status.AWAITING_PAYMENT:
            raise NoLongerOpen
        _note_payment(order, reference, amount)
        injection.next_attempt_at = due_at_once()
        injection.save(update_fields=["next_attempt_at"])
        transaction.on_commit(partial(nudge, injection_id=injection.pk))
    return order


def _locked_injection(venue: Venue, order_id: UUID) -> Injection:
    try:
        return Injection.objects.select_for_update(of=("self",)).get(order_id=order_id, order__venue=venue)
    except Injection.DoesNotExist as error:
        raise Order.DoesNotExist from error


def _note_payment(order: Order, reference: str, amount: Decimal) -> None:
    order.status = Order.Status.PLACED
    order.payment_status = Order.PaymentStatus.PAID
    order.payment_reference = reference
    order.payment_amount = amount
    order.save(update_fields=["status", "payment_status", "payment_reference", "payment_amount"])
