"""From one state of a payment to the next. Each sets columns only: `leasing.record` and `settle` store them."""

from datetime import timedelta
from decimal import Decimal

from django.utils.module_loading import import_string

from storekit.db import clock
from storekit.db.due_rows import due_now, growing_delay
from tables.models import Payment, PaymentAlert
from tables.payments.alerts import queue_alert
from tables.payments.claims import still_fits
from tables.payments.hooks import ON_CAPTURED
from tables.payments.providers.port import Money, ProviderPayment
from tables.payments.till.references import reference_of

State = Payment.State

ABANDONED = "abandoned"
"""The guest did not pay within the hold."""
NOT_CAPTURED = "not_captured"
"""The till has it, and the provider refuses to take the money: the guest is told to pay the staff."""
TILL_DISAGREES = "till_disagrees"
"""The till has what nobody charged, or has it twice. No step of ours puts that right, only a person."""
LONGEST_DELAY = timedelta(minutes=15)
_FIRST_DELAY = timedelta(seconds=1)


def try_again(payment: Payment, *, longest: timedelta = LONGEST_DELAY) -> None:
    """Take the same step again, later each time."""
    delay = growing_delay(failures=max(payment.attempts, 1), first=_FIRST_DELAY, longest=longest)
    payment.next_attempt_at = clock.now() + delay


def authorise(payment: Payment, answer: ProviderPayment) -> None:
    """The money is authorised, or captured if it can only be that. A hold that has run out is taken again if it can be.

    Call under the bill's lock.
    """
    note_answer(payment, answer)
    payment.authorised_at = clock.now()
    if payment.held_until <= clock.now() and not still_fits(payment, payment.bill):
        refuse(payment, "not_available", "The hold had run out, and somebody else has paid for it.")
        return
    payment.error_code = payment.error = ""
    payment.state, payment.next_attempt_at = State.AUTHORISED, due_now()


def note_answer(payment: Payment, answer: ProviderPayment) -> None:
    """Note what the provider says about the payment, whatever its state."""
    payment.provider_reference = answer.reference or payment.provider_reference
    payment.provider_data = {**answer.client, "money": str(answer.money)}
    payment.card = answer.card[:40] or payment.card
    payment.posted_card = ""
    payment.captured = answer.captured
    payment.refunded = max(payment.refunded, answer.refunded)
    if answer.captures_first or (answer.money is Money.CAPTURED and payment.state in (State.HELD, State.REFUSED)):
        payment.captured_first = True


def send(payment: Payment) -> None:
    """Hand the payment to the till: the reference is fixed before the call."""
    payment.pos_reference = reference_of(payment_id=payment.pk, revision=payment.pos_revision)
    payment.account = payment.bill.account
    payment.sent_at, payment.answer_by = clock.now(), None
    payment.state, payment.next_attempt_at = State.SENT, due_now()


def apply(payment: Payment) -> None:
    """The till has it."""
    payment.applied_at, payment.needs_staff = clock.now(), False
    payment.error_code = payment.error = ""
    payment.state, payment.next_attempt_at = State.APPLIED, due_now()


def capture(payment: Payment, captured: Decimal) -> None:
    """The money is ours, and the till has it: done."""
    now = clock.now()
    payment.captured, payment.captured_at, payment.ended_at = captured, now, now
    if payment.error_code != TILL_DISAGREES:
        payment.error_code, payment.error, payment.needs_staff = "", "", False
    payment.provider_data = {}
    payment.state, payment.next_attempt_at = State.CAPTURED, None
    for name in ON_CAPTURED:
        import_string(name)(payment)


def refuse(payment: Payment, code: str, why: str) -> None:
    """The guest is not charged: what was authorised is released at once, what was captured is refunded."""
    payment.error_code, payment.error, payment.needs_staff = code[:40], why, False
    payment.state, payment.next_attempt_at = State.REFUSED, due_now()


def release(payment: Payment) -> None:
    """Nothing was taken, and nothing can be any more: done."""
    payment.provider_data, payment.posted_card = {}, ""
    _need_no_staff(payment)
    payment.state, payment.next_attempt_at, payment.ended_at = State.RELEASED, None, clock.now()


def give_back(payment: Payment) -> None:
    """What was captured first is given back: done."""
    payment.refunded = payment.captured
    payment.provider_data = {}
    _need_no_staff(payment)
    payment.state, payment.next_attempt_at, payment.ended_at = State.REFUNDED, None, clock.now()


def _need_no_staff(payment: Payment) -> None:
    if payment.error_code != TILL_DISAGREES:
        payment.needs_staff = False


def call_staff(payment: Payment, about: PaymentAlert.About, text: str = "") -> None:
    """Tell the venue, once for each cause, that a person has to look at it. What is tried goes on."""
    payment.needs_staff = True
    payment.error = text or payment.error
    queue_alert(payment=payment, about=about, text=text)


def call_staff_once(payment: Payment, about: PaymentAlert.About, text: str) -> None:
    """The same for what goes wrong again and again: not if a person is called already, or has dealt with it."""
    if not (payment.needs_staff or payment.settled_by):
        call_staff(payment, about, text)
