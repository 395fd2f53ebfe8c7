"""Apply the till's word about a payment. It may come twice, late, never, or before the call that it answers."""

import re

from integrations.pos import PaymentRefusal, PaymentUpdate
from storekit.db.due_rows import due_now
from storekit.models import Venue
from tables.models import Payment, PaymentAlert
from tables.payments.leasing import settle
from tables.payments.till.references import payment_of
from tables.payments.transitions import TILL_DISAGREES, apply, call_staff, refuse

State = Payment.State

MOST_REVISIONS = 3
"""How often a payment goes to the till under another name of its check, the first time included."""
# The till has it from an earlier attempt of ours.
_USED_BEFORE = re.compile(r"already been used", re.IGNORECASE)
_LOOK_AGAIN = (PaymentRefusal.CHECK_NOT_FOUND, PaymentRefusal.CHECK_CLOSED)
_CHARGED_NOTHING = (State.REFUSED, State.RELEASED, State.REFUNDED)


def apply_payment_update(venue: Venue, update: PaymentUpdate) -> str:
    """Apply a notification about one of the venue's payments; return in a few words what it changed."""
    payment_id = payment_of(reference=update.reference)
    if payment_id is None or not Payment.objects.filter(pk=payment_id, venue=venue).exists():
        return "unknown reference"
    result: list[str] = []
    settle(payment_id, lambda payment: result.append(_apply(payment, update)))
    return result[0]


def _apply(payment: Payment, update: PaymentUpdate) -> str:
    if update.applied or _USED_BEFORE.search(update.reason):
        return _on_till(payment, update)
    if update.reference != payment.pos_reference:
        return "of an earlier revision, so nothing to change"
    if payment.state != State.SENT:
        return f"nothing to change: {payment.state}"
    return _refused(payment, update)


def _on_till(payment: Payment, update: PaymentUpdate) -> str:
    if payment.state in _CHARGED_NOTHING and not _refunded_by_staff(payment):
        text = "The till took the payment after it was given up: it is on the check, and the guest was not charged."
        payment.error_code = TILL_DISAGREES
        call_staff(payment, PaymentAlert.About.NOT_CAPTURED, text)
        return "too late: the guest was not charged"
    if payment.state in (State.APPLIED, State.CAPTURED, State.REFUNDED):
        if update.reference == payment.pos_reference:
            return "on the till already"
        text = "The till took the payment twice, and the guest was charged once."
        payment.error_code = TILL_DISAGREES
        call_staff(payment, PaymentAlert.About.TWICE, text)
        return "on the till twice"
    payment.pos_reference = update.reference
    apply(payment)
    return "on the till"


def _refunded_by_staff(payment: Payment) -> bool:
    return payment.state == State.REFUNDED and payment.applied_at is not None


def _refused(payment: Payment, update: PaymentUpdate) -> str:
    refusal = update.refusal or PaymentRefusal.OTHER
    if refusal in _LOOK_AGAIN and payment.pos_revision < MOST_REVISIONS:
        # The check may have another identifier by now, and a definite refusal has used up the reference.
        payment.pos_revision += 1
        payment.answer_by = None
        payment.state, payment.next_attempt_at = State.AUTHORISED, due_now()
        return "refused, so the table is read again"
    refuse(payment, refusal, "\n".join(filter(None, (update.sentence, update.reason))))
    return f"refused: {refusal}"
