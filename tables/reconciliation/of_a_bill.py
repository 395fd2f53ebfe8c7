"""Guests' payments of one bill against what the till lists on its check."""

from tables.models import ENDED_STATES, Bill, Payment
from tables.payments.till.references import payment_of
from tables.reconciliation.comparing import GuestPayment, Mismatch, TillPayment, compare
from tables.reconciliation.till_side import entries_of

_GIVEN_UP = (Payment.State.REFUSED, Payment.State.REFUNDED)


def is_charged(payment: Payment) -> bool:
    """Return whether the guest was charged and the till was to have it: not what was refunded on the till's refusal."""
    return payment.captured > 0 and (payment.applied_at is not None or payment.state not in _GIVEN_UP)


def guest_payment(payment: Payment, *, till_is_known: bool) -> GuestPayment:
    """Return the payment as it is compared."""
    return GuestPayment(
        id=str(payment.pk),
        amount=payment.amount,
        captured=is_charged(payment),
        refunded=payment.refunded,
        at_work=not payment.needs_staff and payment.state not in ENDED_STATES,
        till_is_known=till_is_known,
    )


def mismatches_of(bill: Bill, *, till_is_known: bool) -> list[Mismatch]:
    """Return the differences between the bill's payments and its check as it was last read. One query."""
    payments = {payment.pk: payment for payment in bill.guest_payments.all()}
    till = []
    for reference, amount in entries_of(bill):
        id = payment_of(reference=reference)
        till.append(TillPayment(reference, amount, str(id) if id in payments else None))
    return compare([guest_payment(one, till_is_known=till_is_known) for one in payments.values()], till)
