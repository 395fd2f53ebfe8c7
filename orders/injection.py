"""Bringing an order onto the till: claim in a short transaction, call outside any, record in another.

Whatever dies in between leaves a row behind that says so, and the sweep sends it again under the same reference; the
POS answers that it has it already, which is as good as a yes.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, F, Min
from django.utils import timezone

from integrations.connections import location_of, pos_for, settings_of
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
from orders.lines import lines_of
from orders.models import Injection, InjectionAttempt
from orders.queueing import nudge
from orders.retrying import RETRIES, next_attempt
from orders.ticket import ticket_for

logger = logging.getLogger(__name__)

# Longer than the call can take, with its time-outs and a token's refresh before it.
LEASE = timedelta(seconds=60)
_PARKED_FOR = timedelta(minutes=1)
_SWEPT_AT_ONCE = 200

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
class _Claim:
    """The right to send one injection, until the lease runs out."""

    injection: Injection
    attempt: InjectionAttempt
    lease: UUID


def inject(*, injection_id: int) -> str:
    """Sends the order to the POS if it is due and nobody else is sending it; returns what became of it in a word.

    Safe to call at any time, any number of times and from any number of processes.
    """
    claim = _claim(injection_id)
    if claim is None:
        return "not due"
    try:
        _send(claim)
    except PosError as error:
        return _record(claim, error)
    except Exception as error:
        # Recorded like any other outcome, so that the order is sent again, and raised for whoever watches the logs.
        _record(claim, error)
        raise
    return _record(claim, None)


def sweep() -> int:
    """Queues what is due and was not heard of, a bounded number at a time; returns how many."""
    due = Injection.objects.due(timezone.now()).order_by("next_attempt_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:_SWEPT_AT_ONCE])
    for injection_id in ids:
        nudge(injection_id=injection_id)
    return len(ids)


# --- Claim -----------------------------------------------------------------------------------------------------------


def _claim(injection_id: int) -> _Claim | None:
    now, lease = timezone.now(), uuid4()
    with transaction.atomic():
        claimed = (
            Injection.objects.due(now)
            .filter(pk=injection_id)
            .update(
                state=_State.SENDING,
                lease=lease,
                lease_until=now + LEASE,
                next_attempt_at=None,
                attempts=F("attempts") + 1,
            )
        )
        if not claimed:
            return None
        injection = Injection.objects.select_related("order__venue").get(pk=injection_id)
        attempt = InjectionAttempt.objects.create(
            injection=injection, number=injection.attempts, reference=injection.reference, lease=lease
        )
    return _Claim(injection, attempt, lease)


# --- Call ------------------------------------------------------------------------------------------------------------


def _send(claim: _Claim) -> None:
    order = claim.injection.order
    _stop_if_deadly(claim)
    pos = pos_for(venue=order.venue, location=_meant_for(claim.injection))
    ticket = ticket_for(
        order=order,
        lines=lines_of(rows=order.lines.all()),
        settings=settings_of(venue=order.venue),
        reference=claim.attempt.reference,
    )
    pos.place_order(ticket)


def _stop_if_deadly(claim: _Claim) -> None:
    """An order whose attempts kept dying with their process is not sent again: it must not do so for ever."""
    if claim.attempt.number <= RETRIES:
        return
    unheard_of = InjectionAttempt.objects.filter(
        injection=claim.injection, reference=claim.attempt.reference, outcome=_Outcome.UNKNOWN
    ).exclude(pk=claim.attempt.pk)
    if unheard_of.count() > RETRIES:
        raise Unreachable("The process that sent the order died each time.", code="died")


def _meant_for(injection: Injection) -> str:
    """The location that the order belongs to, kept before anything is sent: its way must never lead to another till."""
    if not injection.location:
        injection.location = location_of(venue=injection.order.venue)
        injection.save(update_fields=["location"])
    return injection.location


# --- Record ----------------------------------------------------------------------------------------------------------


def _record(claim: _Claim, error: Exception | None) -> str:
    """Writes down what became of the attempt; the injection follows only while the lease is still ours.

    Meanwhile a notification may have settled it, or another worker may have taken it over: theirs is the later word.
    """
    now = timezone.now()
    outcome = _outcome_of(error)
    with transaction.atomic():
        _record_attempt(claim, outcome, error, now)
        changes = _changes(claim, outcome, error, now)
        ours = Injection.objects.filter(pk=claim.injection.pk, state=_State.SENDING, lease=claim.lease)
        held = ours.update(lease=None, lease_until=None, **changes)
    word = str(changes["state"]) if held else "settled by somebody else"
    logger.info("Order %s, attempt %s: %s, %s", claim.injection.order_id, claim.attempt.number, outcome, word)
    return word


def _outcome_of(error: Exception | None) -> InjectionAttempt.Outcome:
    if error is None:
        return _Outcome.ACCEPTED
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), _Outcome.ERROR)


def _record_attempt(claim: _Claim, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime) -> None:
    row = InjectionAttempt.objects.filter(pk=claim.attempt.pk)
    if isinstance(error, NotConnected):
        # Nothing was called; and a venue without a POS for a week would leave ten thousand rows.
        row.delete()
        return
    status = error.status if isinstance(error, PosError) else None
    row.update(finished_at=now, outcome=outcome, status=status, detail=_words(error))


def _changes(
    claim: _Claim, outcome: InjectionAttempt.Outcome, error: Exception | None, now: datetime
) -> dict[str, Any]:
    """The injection's new columns."""
    if outcome in (_Outcome.ACCEPTED, _Outcome.DUPLICATE):
        return {"state": _State.ACCEPTED, "accepted_at": now, "error_code": "", "error": ""}
    said: dict[str, Any] = {
        "error_code": error.code if isinstance(error, PosError) else "error",
        "error": _words(error),
    }
    if outcome == _Outcome.REJECTED:
        return {"state": _State.FAILED, **said}
    if isinstance(error, NotConnected):
        said["attempts"] = claim.attempt.number - 1
    if outcome == _Outcome.UNAUTHORISED:
        return {"state": _State.WAITING, "next_attempt_at": now + _PARKED_FOR, **said}
    again = _again_at(claim, error, now)
    return {"state": _State.WAITING if again else _State.FAILED, "next_attempt_at": again, **said}


def _again_at(claim: _Claim, error: Exception | None, now: datetime) -> datetime | None:
    # An attempt that was never heard of again counts too: an order that kills its worker must not do so for ever.
    counted = InjectionAttempt.objects.filter(injection=claim.injection, reference=claim.attempt.reference).exclude(
        outcome=_Outcome.UNAUTHORISED
    )
    tried = counted.aggregate(failures=Count("pk"), first=Min("started_at"))
    return next_attempt(
        failures=tried["failures"],
        now=now,
        first_tried_at=tried["first"],
        due_at=claim.injection.order.scheduled_for,
        retry_after=error.retry_after if isinstance(error, Throttled) else None,
    )


def _words(error: Exception | None) -> str:
    """A sentence for staff and, below it, the POS's own words."""
    if error is None:
        return ""
    if not isinstance(error, PosError):
        return f"storekit could not send the order ({type(error).__name__})."
    return "\n".join(part for part in (str(error), error.detail) if part)
