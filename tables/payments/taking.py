"""The steps with the provider: authorise what is held, capture what is on the till, release or refund what is not."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from storekit.db import clock
from tables.models import PayAtTable, Payment, PaymentAlert, PaymentAttempt
from tables.payments.claims import still_fits
from tables.payments.leasing import Claim, attempt, record
from tables.payments.providers.port import (
    Charge,
    Money,
    ProviderError,
    ProviderPayment,
    ProviderRefused,
    ProviderUnreachable,
)
from tables.payments.providers.registry import provider_named
from tables.payments.transitions import (
    ABANDONED,
    NOT_CAPTURED,
    authorise,
    call_staff,
    call_staff_once,
    capture,
    give_back,
    note_answer,
    refuse,
    release,
    try_again,
)

Step = PaymentAttempt.Step

# While the guest waits.
_LONGEST_WAIT = timedelta(seconds=5)
_GUEST_LOOKED_AT_EVERY = timedelta(seconds=20)
# Some ten minutes of growing delays, and about a day.
_TELL_AFTER = 10
_GIVE_UP_AFTER = 110
_TELL_OF_A_REFUSAL_AFTER = 3


def take(claim: Claim) -> str:
    """Authorise what the guest holds, or look what became of it; once the hold has run out, give it up."""
    payment = claim.payment
    is_over = payment.held_until <= claim.claimed_at
    if is_over and not _was_begun(payment):
        return record(claim, _give_up)
    try:
        with attempt(claim, Step.AUTHORISE, key_of(payment, "begin")) as row:
            answer = _begin_or_read(payment)
            row.detail = str(answer.money)
    except ProviderRefused as error:
        return record(claim, partial(_decline, error=error))
    except ProviderUnreachable:
        return record(claim, _give_up if is_over else _look_again)
    return record(claim, partial(_taken, answer=answer))


def take_money(claim: Claim) -> str:
    """Capture a payment that the till has."""
    payment = claim.payment
    whole = payment.amount + payment.tip
    if payment.captured_first:
        return record(claim, partial(capture, captured=payment.captured))
    provider = provider_named(payment.provider)
    try:
        with attempt(claim, Step.CAPTURE, key_of(payment, "capture")) as row:
            answer = provider.capture(
                payment.provider_reference, amount=whole, key=row.reference, account=payment.provider_account
            )
    except ProviderRefused as error:
        return record(claim, partial(_not_captured, error=error))
    except ProviderUnreachable as error:
        return record(claim, partial(_capture_later, error=error))
    return record(claim, partial(capture, captured=answer.captured or whole))


def let_go(claim: Claim) -> str:
    """Release what was authorised, or refund what was captured: the till did not take the payment."""
    payment = claim.payment
    if not payment.provider_reference and not _was_begun(payment):
        return record(claim, release)
    try:
        if payment.captured_first and payment.captured:
            return _refund(claim)
        with attempt(claim, Step.RELEASE, key_of(payment, "cancel")) as row:
            answer = _cancel(payment, row.reference)
            row.detail = str(answer.money)
    except ProviderError as error:
        return record(claim, partial(_release_later, error=error))
    return record(claim, partial(_let_go, answer=answer))


def key_of(payment: Payment, request: str) -> str:
    """Return the key of a request to the provider: the same whenever it is repeated."""
    return f"{payment.pk.hex}-{request}"


# --- Authorise -------------------------------------------------------------------------------------------------------


def _was_begun(payment: Payment) -> bool:
    """Return whether the provider may know of the payment."""
    return bool(payment.provider_reference) or payment.attempt_rows.filter(step=Step.AUTHORISE).exists()


def _begin_or_read(payment: Payment) -> ProviderPayment:
    provider = provider_named(payment.provider)
    if payment.provider_reference:
        return provider.read(payment.provider_reference, account=payment.provider_account)
    return provider.begin(_charge(payment), key=key_of(payment, "begin"))


def _charge(payment: Payment) -> Charge:
    # The same on every attempt: providers compare what is repeated with a key.
    settings = PayAtTable.objects.filter(venue=payment.venue_id).first()
    card: dict[str, Any] = json.loads(payment.posted_card) if payment.posted_card else {}
    return Charge(
        payment_id=str(payment.pk),
        amount=payment.amount + payment.tip,
        currency=payment.venue.currency,
        account=payment.provider_account,
        card=card,
        description=payment.venue.name,
        statement_descriptor=settings.statement_descriptor if settings else "",
        email=payment.email,
    )


def _taken(payment: Payment, answer: ProviderPayment) -> None:
    match answer.money:
        case Money.AUTHORISED | Money.CAPTURED:
            authorise(payment, answer)
        case Money.DECLINED:
            note_answer(payment, answer)
            refuse(payment, answer.code or "card_declined", "The card was declined.")
            if not payment.provider_reference:
                # Nothing was begun, so there is nothing to release. What the guest can do about it stays.
                release(payment)
                payment.provider_data = dict(answer.client)
        case Money.CANCELLED:
            refuse(payment, answer.code or ABANDONED, "The provider has cancelled it.")
            release(payment)
        case Money.NEEDS_GUEST | Money.PROCESSING:
            note_answer(payment, answer)
            _wait(payment, answer.money)


def _wait(payment: Payment, money: Money) -> None:
    if payment.held_until <= clock.now():
        _give_up(payment)
    elif money is Money.NEEDS_GUEST:
        # The provider says when the guest is done; if that is lost, a look finds out.
        payment.next_attempt_at = min(clock.now() + _GUEST_LOOKED_AT_EVERY, payment.held_until)
    else:
        _look_again(payment)


def _look_again(payment: Payment) -> None:
    try_again(payment, longest=_LONGEST_WAIT)
    payment.next_attempt_at = min(payment.next_attempt_at or payment.held_until, _at_least_now(payment.held_until))


def _at_least_now(moment: datetime) -> datetime:
    return max(moment, clock.now())


def _give_up(payment: Payment) -> None:
    refuse(payment, ABANDONED, "The guest did not pay within two minutes.")


def _decline(payment: Payment, error: ProviderRefused) -> None:
    refuse(payment, error.code or "card_declined", str(error))
    payment.posted_card = ""
    lost = payment.attempt_rows.filter(step=Step.AUTHORISE).exclude(outcome=PaymentAttempt.Outcome.REFUSED)
    if not payment.provider_reference and not lost.exists():
        # Refused as a whole, and no earlier attempt can have been taken: the provider has nothing to release.
        release(payment)


# --- Capture ---------------------------------------------------------------------------------------------------------


def _not_captured(payment: Payment, error: ProviderRefused) -> None:
    payment.error_code, payment.next_attempt_at = NOT_CAPTURED, None
    call_staff(payment, PaymentAlert.About.NOT_CAPTURED, str(error))


def _capture_later(payment: Payment, error: ProviderUnreachable) -> None:
    try_again(payment)
    if payment.attempts >= _TELL_AFTER:
        call_staff_once(payment, PaymentAlert.About.NOT_CAPTURED, str(error))
    if payment.attempts >= _GIVE_UP_AFTER:
        payment.next_attempt_at = None


# --- Release ---------------------------------------------------------------------------------------------------------


def _cancel(payment: Payment, key: str) -> ProviderPayment:
    provider = provider_named(payment.provider)
    reference = payment.provider_reference
    if not reference:
        # The answer was lost that had the reference. The same key again returns it.
        reference = _begin_or_read(payment).reference
    return provider.cancel(reference, key=key, account=payment.provider_account)


def _let_go(payment: Payment, answer: ProviderPayment) -> None:
    note_answer(payment, answer)
    if answer.money is Money.CAPTURED:
        # Too late to cancel: the guest paid in the last moment.
        if payment.error_code == ABANDONED and still_fits(payment, payment.bill):
            authorise(payment, answer)
        else:
            payment.captured_first, payment.next_attempt_at = True, clock.now()
    elif answer.money in (Money.CANCELLED, Money.DECLINED):
        release(payment)
    else:
        _release_later(payment, ProviderUnreachable(f"The provider answered {answer.money} when it was cancelled."))


def _refund(claim: Claim) -> str:
    payment = claim.payment
    left: Decimal = payment.captured - payment.refunded
    if left > 0:
        with attempt(claim, Step.REFUND, key_of(payment, "refund")) as row:
            row.detail = provider_named(payment.provider).refund(
                payment.provider_reference, amount=left, key=row.reference, account=payment.provider_account
            )
    return record(claim, give_back)


def _release_later(payment: Payment, error: ProviderError) -> None:
    try_again(payment)
    tell_after = _TELL_OF_A_REFUSAL_AFTER if isinstance(error, ProviderRefused) else _TELL_AFTER
    if payment.attempts >= tell_after:
        call_staff_once(payment, PaymentAlert.About.NOT_RELEASED, str(error))
    if payment.attempts >= _GIVE_UP_AFTER:
        payment.next_attempt_at = None
