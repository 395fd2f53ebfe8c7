"""What became of an attempt to bring an order onto the till, written down in one transaction."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from integrations.pos import (
    BadAnswer,
    Duplicate,
    NotConnected,
    PosError,
    Rejected,
    Throttled,
    Unauthorised,
    Unreachable,
)
from orders.injection import retry_policy
from orders.injection.confirmation_checks import GRACE
from orders.injection.corrections import correct
from orders.injection.failure import end_cancelled, fail, is_cancelled, snooze_if_sold_out, tell_till_of_cancellation
from orders.injection.parking import parked_until
from orders.injection.references import last_arrival, may_have_arrived
from orders.models import Injection, InjectionAttempt
from orders.queue import enqueue_confirmation_check

_DOUBT = "It may have arrived all the same: look on the till before you key it in or send it again."

logger = logging.getLogger(__name__)

_State = Injection.State
_Outcome = InjectionAttempt.Outcome

# The first that fits; what fits nothing is an error of our own.
_OUTCOMES: tuple[tuple[type[Exception], InjectionAttempt.Outcome], ...] = (
    (Duplicate, _Outcome.DUPLICATE),
    (Unauthorised, _Outcome.UNAUTHORISED),
    (Throttled, _Outcome.THROTTLED),
    (Rejected, _Outcome.REJECTED),
    (Unreachable, _Outcome.UNREACHABLE),
    (BadAnswer, _Outcome.BAD_ANSWER),
)


@dataclass(frozen=True)
class Claim:
    """The right to send one injection, until the lease runs out."""

    injection: Injection
    attempt: InjectionAttempt
    lease: UUID
    began: datetime

    @property
    def due_since(self) -> datetime:
        """When the order was to be sent first."""
        return self.injection.due_since or self.injection.order.placed_at

    @property
    def settled_by(self) -> datetime:
        """Until when the order is on the till or a person is told."""
        return retry_policy.settled_by(due_since=self.due_since, scheduled_for=self.injection.order.scheduled_for)

    @cached_property
    def deliver_within(self) -> timedelta:
        """How long the POS may try to get this attempt's order onto a till."""
        return retry_policy.deliver_within(now=self.began, settled_by=self.settled_by)

    def tries(self) -> QuerySet[InjectionAttempt]:
        """The attempts under this reference since the order was to be sent, which may be once more."""
        return InjectionAttempt.objects.filter(
            injection=self.injection, reference=self.attempt.reference, started_at__gte=self.due_since
        )


def record(*, claim: Claim, error: Exception | None) -> str:
    """Writes down what became of the attempt; the injection follows only while the lease is still ours.

    Meanwhile a notification may have settled it, or another worker may have taken it over: theirs is the later word.
    Returns the injection's state, or that somebody else settled it.
    """
    now = timezone.now()
    outcome = _outcome_of(error)
    with transaction.atomic():
        _record_attempt(claim, outcome, error, now)
        ours = Injection.objects.select_for_update().filter(
            pk=claim.injection.pk, state=_State.SENDING, lease=claim.lease
        )
        injection = ours.first()
        if injection is not None:
            _follow(claim, injection, outcome, error, now)
    word = str(injection.state) if injection is not None else "settled by somebody else"
    logger.info("Order %s, attempt %s: %s, %s", claim.injection.order_id, claim.attempt.number, outcome, word)
    return word


def _outcome_of(error: Exception | None) -> InjectionAttempt.Outcome:
    if error is None:
        return _Outcome.ACCEPTED
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), _Outcome.ERROR)


def _record_attempt(claim: Claim, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime) -> None:
    row = InjectionAttempt.objects.filter(pk=claim.attempt.pk)
    if isinstance(error, NotConnected):
        # Nothing was called; and a venue without a POS for a week would leave ten thousand rows.
        row.delete()
        return
    status = error.status if isinstance(error, PosError) else None
    row.update(finished_at=now, outcome=outcome, status=status, detail=_words(error))


def _follow(
    claim: Claim, injection: Injection, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime
) -> None:
    """The injection's new columns."""
    if isinstance(error, NotConnected):
        injection.attempts = claim.attempt.number - 1
        injection.save(update_fields=["attempts"])
    if outcome in (_Outcome.ACCEPTED, _Outcome.DUPLICATE):
        _accept(claim, injection, outcome, now)
    elif is_cancelled(injection=injection):
        if isinstance(error, Rejected):
            snooze_if_sold_out(injection=injection, code=error.code, pos_words=error.detail)
        end_cancelled(injection=injection)
    elif outcome == _Outcome.REJECTED:
        if not correct(injection=injection, code=_code(error)):
            fail(injection=injection, code=_code(error), error=_last_words(injection, error))
    elif again := _again_at(claim, outcome, error, now):
        _wait(injection, again, error)
    else:
        fail(injection=injection, code=_code(error), error=_last_words(injection, error))


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
        tell_till_of_cancellation(injection=injection)
    elif injection.deliver_by <= now - GRACE:
        transaction.on_commit(partial(enqueue_confirmation_check, injection_id=injection.pk))


def _deliver_by(claim: Claim, outcome: InjectionAttempt.Outcome) -> datetime:
    """Until when the POS tries: an order that it had already, from an attempt before this one, not any longer for it.

    Sent again by a person, the order may be past that, and then we look at once.
    """
    own = claim.began + claim.deliver_within
    arrived = last_arrival(injection=claim.injection) if outcome == _Outcome.DUPLICATE else None
    if arrived is None:
        return own
    scheduled_for = claim.injection.order.scheduled_for
    end = retry_policy.settled_by(due_since=arrived, scheduled_for=scheduled_for)
    return min(own, arrived + retry_policy.deliver_within(now=arrived, settled_by=end))


def _wait(injection: Injection, again: datetime, error: Exception | None) -> None:
    injection.state, injection.next_attempt_at = _State.WAITING, again
    injection.lease = injection.lease_until = None
    injection.error_code, injection.error = _code(error), _words(error)
    injection.save(update_fields=["state", "next_attempt_at", "lease", "lease_until", "error_code", "error"])


def _again_at(
    claim: Claim, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime
) -> datetime | None:
    """When to try again; None when a person has to be told."""
    if outcome == _Outcome.UNAUTHORISED:
        return parked_until(now=now, settled_by=claim.settled_by)
    # An attempt that was never heard of again counts too: an order that kills its worker must not do so for ever.
    counted = claim.tries().exclude(outcome=_Outcome.UNAUTHORISED)
    tried = counted.aggregate(failures=Count("pk"), first=Min("started_at"))
    return retry_policy.next_attempt(
        failures=tried["failures"] or 1,
        now=now,
        first_tried_at=tried["first"] or claim.began,
        due_since=claim.due_since,
        scheduled_for=claim.injection.order.scheduled_for,
        retry_after=error.retry_after if isinstance(error, Throttled) else None,
    )


def _code(error: Exception | None) -> str:
    return error.code if isinstance(error, PosError) else "error"


def _last_words(injection: Injection, error: Exception | None) -> str:
    """What staff are told when it is given up: an attempt whose answer was lost may have arrived all the same."""
    sentence, *detail = _words(error).split("\n", 1)
    doubt = [_DOUBT] if may_have_arrived(injection=injection) else []
    return "\n".join([" ".join([sentence, *doubt]), *detail])


def _words(error: Exception | None) -> str:
    """A sentence for staff and, below it, the POS's own words."""
    if error is None:
        return ""
    if not isinstance(error, PosError):
        return f"storekit could not send the order ({type(error).__name__})."
    return "\n".join(part for part in (str(error), error.detail) if part)
