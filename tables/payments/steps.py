"""Take the next step of a payment, and those that can follow at once.

held → authorised → sent → applied → captured; or refused, and then released, or refunded if the money was captured
first. Each step claims the row, calls somebody outside any transaction, and records the outcome while the claim is its
own. Killed in between, it is taken again with the same key or reference, which does nothing twice.
"""

import logging
from collections.abc import Callable
from uuid import UUID

from storekit.db import clock
from storekit.db.due_rows import enqueue_each
from tables.models import Payment, PaymentAlert
from tables.payments import taking
from tables.payments.leasing import ADVANCE, Claim, claim_payment, record
from tables.payments.till import handing_over
from tables.payments.transitions import call_staff, call_staff_once, refuse, try_again

logger = logging.getLogger(__name__)

State, About = Payment.State, PaymentAlert.About

_STEPS: dict[str, Callable[[Claim], str]] = {
    State.HELD: taking.take,
    State.AUTHORISED: handing_over.check_again,
    State.SENT: handing_over.follow,
    State.APPLIED: taking.take_money,
    State.REFUSED: taking.let_go,
}
# More than follow each other at once: what is always due must not keep a thread for ever.
_MOST_STEPS = 8
_MOST_PER_SWEEP = 200
# More than any step takes that fails in an expected way.
_MOST_ATTEMPTS = 250
_TELL_AFTER = 10
_ABOUT: dict[str, PaymentAlert.About] = {State.SENT: About.NO_WORD, State.APPLIED: About.NOT_CAPTURED}
_OUR_FAULT = "storekit failed at every attempt. The log says why."


def advance(*, payment_id: UUID) -> str:
    """Take the payment's next step if it is due and no other process is at it, and go on while the next is due too.

    Safe to call at any time, any number of times and from any number of processes. Returns the payment's state, "not
    due" if there was nothing to do, or "superseded" if somebody else settled it first and nothing is due now.
    """
    result = "not due"
    for _ in range(_MOST_STEPS):
        claim = claim_payment(payment_id)
        if claim is None:
            break
        result = _step(claim)
    return result


def _step(claim: Claim) -> str:
    if claim.payment.attempts > _MOST_ATTEMPTS:
        return record(claim, _stop)
    try:
        return _STEPS[claim.payment.state](claim)
    except Exception:
        # Like any other failure, it is tried again; raised so that it is reported.
        record(claim, _failed)
        raise


def _failed(payment: Payment) -> None:
    try_again(payment)
    if payment.attempts >= _TELL_AFTER:
        call_staff_once(payment, _ABOUT.get(payment.state, About.NOT_RELEASED), _OUR_FAULT)


def _stop(payment: Payment) -> None:
    """Stop a payment whose step may be what ends its processes. What the till was never given is not charged."""
    if payment.state in (State.HELD, State.AUTHORISED) and not payment.pos_reference:
        refuse(payment, "stopped", _OUR_FAULT)
        return
    payment.next_attempt_at = None
    call_staff(payment, _ABOUT.get(payment.state, About.NOT_RELEASED), _OUR_FAULT)


def enqueue_due() -> int:
    """Queue the payments that are due, a limited number at a time; return how many were queued."""
    due = Payment.objects.due(clock.now()).order_by("next_attempt_at")
    ids = [str(pk) for pk in due.values_list("pk", flat=True)[:_MOST_PER_SWEEP]]
    return enqueue_each(ADVANCE, ids)
