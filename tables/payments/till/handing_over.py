"""The steps with the till: read the check again, hand the payment over once, and find out what became of it."""

from datetime import datetime, timedelta
from functools import partial

from integrations.connect.service import pos_for
from integrations.connect.venue_settings import settings_of
from integrations.pos import (
    Duplicate,
    OpenCheck,
    PaymentTicket,
    PosDown,
    PosError,
    Rejected,
    Throttled,
    Unauthorised,
)
from storekit.db import clock
from tables.models import Payment, PaymentAlert, PaymentAttempt
from tables.payments.claims import still_fits
from tables.payments.leasing import Claim, attempt, record
from tables.payments.till.checks import read_check
from tables.payments.till.references import payment_of
from tables.payments.transitions import apply, call_staff_once, refuse, send, try_again

Step, Outcome = PaymentAttempt.Step, PaymentAttempt.Outcome

DELIVER_WITHIN = timedelta(minutes=1)
"""How long the POS may try to get a payment onto a till: the least it accepts, as a guest is waiting."""
MARGIN = timedelta(seconds=20)
"""How long after that the till's word may take. A check that lacks the payment by then will not get it any more."""
FIRST_LOOK_AFTER = timedelta(seconds=8)
"""When to look for a payment on its check, if there was no word of it."""
_LOOK_EVERY = timedelta(seconds=15)
_TELL_AFTER = timedelta(minutes=3)
_KEEP_LOOKING_FOR = timedelta(days=1)
# Some half a minute of growing delays, beside the time that calls take.
_MOST_TRIES = 6
_NOT_TAKEN = (PosDown, Throttled, Unauthorised)


def check_again(claim: Claim) -> str:
    """Read the check again: the payment goes to the till only if the till can take it now."""
    payment = claim.payment
    try:
        with attempt(claim, Step.LOOK, payment.bill.account):
            check = read_check(pos_for(venue=payment.venue, start_by=claim.start_by), payment.bill)
    except PosError as error:
        return record(claim, partial(_read_later, error=error))
    return record(claim, partial(_send_if_it_fits, check=check))


def follow(claim: Claim) -> str:
    """Hand a payment over to the till, or look what became of it there."""
    return _hand_over(claim) if claim.payment.answer_by is None else _look(claim)


def _read_later(payment: Payment, error: PosError) -> None:
    try_again(payment)
    if payment.attempts >= _MOST_TRIES:
        refuse(payment, "till_unreachable", _words(error))


def _send_if_it_fits(payment: Payment, check: OpenCheck | None) -> None:
    if check is not None and _has(check, payment):
        apply(payment)
    elif check is None:
        refuse(payment, "bill_gone", "The check is no longer open on the till.")
    elif still_fits(payment, payment.bill):
        send(payment)
    else:
        refuse(payment, "more_than_due", "Less is due on the till than the guest wanted to pay.")


def _has(check: OpenCheck, payment: Payment) -> bool:
    return any(payment_of(reference=reference) == payment.pk for reference in check.payment_references)


# --- Hand over -------------------------------------------------------------------------------------------------------


def _hand_over(claim: Claim) -> str:
    payment = claim.payment
    try:
        with attempt(claim, Step.SEND, payment.pos_reference) as row:
            pos_for(venue=payment.venue, start_by=claim.start_by).apply_payment(_ticket(payment))
    except Duplicate:
        return record(claim, _wait_for_word)
    except PosError as error:
        may_have_it = _may_have_arrived(payment, row)
        return record(claim, partial(_not_handed_over, error=error, may_have_it=may_have_it))
    return record(claim, _wait_for_word)


def _ticket(payment: Payment) -> PaymentTicket:
    settings = settings_of(venue=payment.venue)
    by_gift_card = payment.method == Payment.Method.GIFT_CARD and settings.gift_card_payment_method
    return PaymentTicket(
        reference=payment.pos_reference,
        account=payment.account,
        amount=payment.amount,
        tip=payment.tip,
        method=by_gift_card or settings.pat_payment_method,
        deliver_within=DELIVER_WITHIN,
    )


def _may_have_arrived(payment: Payment, last: PaymentAttempt) -> bool:
    """Return whether the POS may have this reference from an attempt before the last, whose answer nobody knows."""
    others = payment.attempt_rows.filter(step=Step.SEND, reference=payment.pos_reference).exclude(pk=last.pk)
    return others.exclude(outcome__in=[Outcome.REFUSED, Outcome.WAITING]).exists()


def _wait_for_word(payment: Payment) -> None:
    now = clock.now()
    payment.answer_by, payment.attempts = now + DELIVER_WITHIN + MARGIN, 0
    payment.next_attempt_at = now + FIRST_LOOK_AFTER


def _not_handed_over(payment: Payment, error: PosError, *, may_have_it: bool) -> None:
    is_refused = isinstance(error, Rejected)
    was_taken = may_have_it or not isinstance(error, (Rejected, *_NOT_TAKEN))
    if not is_refused and payment.attempts < _MOST_TRIES:
        # Until the POS has the reference, or certainly not: it is the same on every attempt.
        try_again(payment)
    elif was_taken:
        _wait_for_word(payment)
    else:
        refuse(payment, error.code if is_refused else "till_unreachable", _words(error))


# --- Look ------------------------------------------------------------------------------------------------------------


def _look(claim: Claim) -> str:
    payment, is_late = claim.payment, claim.claimed_at >= _answer_by(claim.payment)
    problem, check, is_there = "", None, False
    try:
        with attempt(claim, Step.LOOK, payment.pos_reference) as row:
            pos = pos_for(venue=payment.venue, start_by=claim.start_by)
            check = read_check(pos, payment.bill)
            is_there = check is not None and _has(check, payment)
            if not is_there and (is_late or check is None):
                # A split or a merge may have taken the payment to another check.
                is_there = any(_has(each, payment) for each in pos.open_checks())
            row.detail = "on the till" if is_there else "not on the check" if check else "the check is not open"
    except PosError as error:
        problem, check = _words(error), None
    if is_there:
        return record(claim, apply)
    if is_late and check is not None:
        return record(claim, partial(refuse, code="no_word", why="No till took the payment in time."))
    return record(claim, partial(_look_again, problem=problem or "The check is no longer open on the till."))


def _answer_by(payment: Payment) -> datetime:
    return payment.answer_by or payment.created_at


def _look_again(payment: Payment, problem: str) -> None:
    now, answer_by = clock.now(), _answer_by(payment)
    if now < answer_by:
        payment.next_attempt_at = min(now + _LOOK_EVERY, answer_by)
        return
    try_again(payment)
    if now > answer_by + _TELL_AFTER:
        call_staff_once(payment, PaymentAlert.About.NO_WORD, problem)
    if now > answer_by + _KEEP_LOOKING_FOR:
        payment.next_attempt_at = None


def _words(error: PosError) -> str:
    return "\n".join(filter(None, (str(error), error.detail)))
