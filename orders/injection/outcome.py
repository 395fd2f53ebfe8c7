"""Record the outcome of an attempt to send an order, and what follows from it, in one transaction."""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Count, Min

from integrations.pos import (
    BadAnswer,
    Duplicate,
    NotConnected,
    PosDown,
    PosError,
    Rejected,
    Throttled,
    Unauthorised,
    Unreachable,
)
from orders.alert_outbox import queue_note_messages
from orders.injection import retry_policy
from orders.injection.claims import Claim
from orders.injection.confirmation_checks import GRACE
from orders.injection.corrections import correct_and_resend
from orders.injection.failure import (
    end_cancelled,
    fail,
    is_cancelled,
    queue_cancellation_alert,
    queue_snooze_if_sold_out,
)
from orders.injection.parking import parked_until
from orders.injection.references import last_possible_arrival, may_have_arrived
from orders.injection.refused_items import explained
from orders.models import Injection, InjectionAttempt
from orders.queue import enqueue_confirmation_check
from storekit.db import clock
from storekit.db.due_rows import still_ours

_MAY_HAVE_ARRIVED = "It may still have arrived: check the till before you enter it by hand or send it again."

logger = logging.getLogger(__name__)

_State = Injection.State
_Outcome = InjectionAttempt.Outcome

# The first match counts; an error that matches none is our own.
_OUTCOMES: tuple[tuple[type[Exception], InjectionAttempt.Outcome], ...] = (
    (Duplicate, _Outcome.DUPLICATE),
    (Unauthorised, _Outcome.UNAUTHORISED),
    (Throttled, _Outcome.THROTTLED),
    (Rejected, _Outcome.REJECTED),
    (Unreachable, _Outcome.UNREACHABLE),
    (PosDown, _Outcome.UNREACHABLE),
    (BadAnswer, _Outcome.BAD_ANSWER),
)


# Nothing was sent: such an attempt leaves no row and does not count.
_NOT_CALLED = (NotConnected, PosDown)


def record_outcome(*, claim: Claim, error: Exception | None, note_messages: int = 0) -> str:
    """Record the outcome of the attempt; update the injection only while the lease is still ours.

    If a notification has settled the injection, or another worker has taken it over, theirs is the later information.

    Args:
        claim: the claim under which the order was sent.
        error: what the call raised, None if the POS accepted the order.
        note_messages: how many messages with the guest's notes are to be printed once the POS has the order.

    Returns:
        The injection's state, or "superseded".
    """
    now = clock.now()
    outcome = _outcome_of(error)
    with transaction.atomic():
        _record_attempt(claim, outcome, error, now)
        if outcome in (_Outcome.ACCEPTED, _Outcome.DUPLICATE):
            queue_note_messages(order_id=claim.injection.order_id, number=note_messages)
        sending = Injection.objects.filter(pk=claim.injection.pk, state=_State.SENDING)
        injection = still_ours(sending, lease=claim.lease)
        if injection is not None:
            _update_injection(claim, injection, outcome, error, now)
    result = str(injection.state) if injection is not None else "superseded"
    logger.info("Order %s, attempt %s: %s, %s", claim.injection.order_id, claim.attempt.number, outcome, result)
    return result


def _outcome_of(error: Exception | None) -> InjectionAttempt.Outcome:
    if error is None:
        return _Outcome.ACCEPTED
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), _Outcome.ERROR)


def _record_attempt(claim: Claim, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime) -> None:
    row = InjectionAttempt.objects.filter(pk=claim.attempt.pk)
    if isinstance(error, _NOT_CALLED):
        # Nothing was called, and a venue without a POS for a week would leave ten thousand rows.
        row.delete()
        return
    status = error.status if isinstance(error, PosError) else None
    row.update(finished_at=now, outcome=outcome, status=status, detail=_error_message(error))


def _update_injection(
    claim: Claim, injection: Injection, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime
) -> None:
    if isinstance(error, _NOT_CALLED):
        injection.attempts = claim.attempt.number - 1
        injection.save(update_fields=["attempts"])
    if outcome in (_Outcome.ACCEPTED, _Outcome.DUPLICATE):
        _accept(claim, injection, outcome, now)
    elif is_cancelled(injection=injection):
        if isinstance(error, Rejected):
            queue_snooze_if_sold_out(injection=injection, code=error.code, pos_words=error.detail, item=error.item)
        end_cancelled(injection=injection)
    elif isinstance(error, Rejected):
        if not correct_and_resend(injection=injection, code=error.code):
            _fail_refused(injection, error)
    elif retry_at := _retry_at(claim, outcome, error, now):
        _schedule_retry(injection, retry_at, error)
    else:
        fail(injection=injection, code=_error_code(error), error=_failure_message(injection, error))


def _fail_refused(injection: Injection, error: Rejected) -> None:
    code, sentence = explained(order=injection.order, code=error.code, sentence=str(error), item=error.item)
    told = Rejected(sentence, code=code, detail=error.detail)
    fail(injection=injection, code=code, error=_failure_message(injection, told), item=error.item)


def _accept(claim: Claim, injection: Injection, outcome: InjectionAttempt.Outcome, now: datetime) -> None:
    injection.state, injection.accepted_at = _State.ACCEPTED, now
    injection.deliver_by, injection.confirmation_checks = _deliver_by(claim, outcome), 0
    injection.lease = injection.lease_until = None
    injection.error_code = injection.error = ""
    injection.save(
        update_fields=[
            "state",
            "accepted_at",
            "deliver_by",
            "confirmation_checks",
            "lease",
            "lease_until",
            "error_code",
            "error",
        ]
    )
    if is_cancelled(injection=injection):
        queue_cancellation_alert(injection=injection)
    elif injection.deliver_by <= now - GRACE:
        transaction.on_commit(partial(enqueue_confirmation_check, injection_id=injection.pk))


def _deliver_by(claim: Claim, outcome: InjectionAttempt.Outcome) -> datetime:
    """Return the moment until which the POS tries to deliver the order.

    For a duplicate, the deadline of the attempt that brought it counts: this one does not extend it. If staff sent the
    order again, that moment may have passed, and the confirmation is checked at once.
    """
    own = claim.claimed_at + claim.deliver_within
    arrived = last_possible_arrival(injection=claim.injection) if outcome == _Outcome.DUPLICATE else None
    if arrived is None:
        return own
    scheduled_for = claim.injection.order.scheduled_for
    end = retry_policy.settled_by(due_since=arrived, scheduled_for=scheduled_for)
    return min(own, arrived + retry_policy.deliver_within(now=arrived, settled_by=end))


def _schedule_retry(injection: Injection, retry_at: datetime, error: Exception | None) -> None:
    injection.state, injection.next_attempt_at = _State.WAITING, retry_at
    injection.lease = injection.lease_until = None
    injection.error_code, injection.error = _error_code(error), _error_message(error)
    injection.save(update_fields=["state", "next_attempt_at", "lease", "lease_until", "error_code", "error"])


def _retry_at(
    claim: Claim, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime
) -> datetime | None:
    """Return when to try again, or None when it is time to alert the venue."""
    if outcome == _Outcome.UNAUTHORISED:
        return parked_until(now=now, settled_by=claim.settled_by)
    if isinstance(error, PosDown):
        return retry_policy.postponed_until(now=now, settled_by=claim.settled_by, retry_after=error.retry_after)
    # Attempts without an outcome count too: an order that kills its worker must not do so for ever.
    counted = claim.attempts_since_due().exclude(outcome=_Outcome.UNAUTHORISED)
    tried = counted.aggregate(failures=Count("pk"), first=Min("started_at"))
    return retry_policy.next_attempt(
        failures=tried["failures"] or 1,
        now=now,
        first_tried_at=tried["first"] or claim.claimed_at,
        due_since=claim.due_since,
        scheduled_for=claim.injection.order.scheduled_for,
        retry_after=error.retry_after if isinstance(error, Throttled) else None,
    )


def _error_code(error: Exception | None) -> str:
    return error.code if isinstance(error, PosError) else "error"


def _failure_message(injection: Injection, error: Exception | None) -> str:
    """Return the error for staff, with a warning if an attempt whose answer was lost may have arrived."""
    sentence, *detail = _error_message(error).split("\n", 1)
    warning = [_MAY_HAVE_ARRIVED] if may_have_arrived(injection=injection) else []
    return "\n".join([" ".join([sentence, *warning]), *detail])


def _error_message(error: Exception | None) -> str:
    """Return a sentence for staff with the POS's own message on the lines below it; empty for no error."""
    if error is None:
        return ""
    if not isinstance(error, PosError):
        return f"storekit could not send the order ({type(error).__name__})."
    return "\n".join(part for part in (str(error), error.detail) if part)
