"""Bringing an order onto the till: claim in a short transaction, call outside any, record in another.

Whatever dies in between leaves a row behind that says so, and the sweep sends it again under the same reference; the
POS answers that it has it already, which is as good as a yes.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.connect.service import location_of, pos_for
from integrations.connect.venue_settings import settings_of
from integrations.pos import NotConnected, PointOfSale, PosError, Unreachable, VenuePosSettings
from orders.checkout.lines import lines_of
from orders.injection.failure import end_cancelled
from orders.injection.outcome import Claim, record
from orders.injection.parking import is_parked
from orders.injection.retry_policy import RETRIES
from orders.injection.ticket import ticket_for
from orders.models import Injection, InjectionAttempt, Order
from storekit.db.due_rows import claim, enqueue_each

# Longer than the call can take, with its time-outs and a token's refresh before it.
LEASE = timedelta(seconds=60)
# After it should have been settled: then nobody waits for it any more, or somebody has keyed it in.
_WANTED_FOR = timedelta(hours=1)
_SWEPT_AT_ONCE = 200

_State = Injection.State


def inject(*, injection_id: int) -> str:
    """Sends the order to the POS if it is due and nobody else is sending it; returns what became of it in a word.

    Safe to call at any time, any number of times and from any number of processes.
    """
    claimed = _claim(injection_id)
    if claimed is None:
        return "not due"
    try:
        _send(claimed)
    except PosError as error:
        return record(claim=claimed, error=error)
    except Exception as error:
        # Recorded like any other outcome, so that the order is sent again, and raised for whoever watches the logs.
        record(claim=claimed, error=error)
        raise
    return record(claim=claimed, error=None)


def enqueue_due() -> int:
    """Queues what is due and was not heard of, a bounded number at a time; returns how many."""
    due = Injection.objects.due(timezone.now()).order_by("next_attempt_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:_SWEPT_AT_ONCE])
    return enqueue_each("orders.tasks.inject", ids)


# --- Claim -----------------------------------------------------------------------------------------------------------


def _claim(injection_id: int) -> Claim | None:
    now = timezone.now()
    with transaction.atomic():
        lease = claim(
            Injection.objects.due(now).filter(pk=injection_id),
            lease=LEASE,
            state=_State.SENDING,
            due_since=Coalesce("due_since", "next_attempt_at", now),
            next_attempt_at=None,
            attempts=F("attempts") + 1,
        )
        if lease is None:
            return None
        injection = Injection.objects.select_related("order__venue").get(pk=injection_id)
        if injection.order.status == Order.Status.CANCELLED:
            end_cancelled(injection=injection)
            return None
        attempt = InjectionAttempt.objects.create(
            injection=injection, number=injection.attempts, reference=injection.reference, lease=lease
        )
    return Claim(injection=injection, attempt=attempt, lease=lease, began=now)


# --- Call ------------------------------------------------------------------------------------------------------------


def _send(claim: Claim) -> None:
    injection, order = claim.injection, claim.injection.order
    _stop_if_crash_looping(claim)
    _stop_if_too_late(claim)
    pos = pos_for(venue=order.venue, location=_meant_for(injection))
    mapping = settings_of(venue=order.venue)
    ticket = ticket_for(
        order=order,
        lines=lines_of(rows=order.lines.all()),
        settings=mapping,
        reference=claim.attempt.reference,
        deliver_within=claim.deliver_within,
        native_discount=_goes_as_native_discount(injection, mapping, pos),
        without_email=injection.without_email,
    )
    pos.place_order(ticket)


def _stop_if_crash_looping(claim: Claim) -> None:
    """An order whose attempts kept dying with their process is not sent again: it must not do so for ever."""
    if claim.attempt.number <= RETRIES:
        return
    unheard_of = claim.tries().filter(outcome=InjectionAttempt.Outcome.UNKNOWN).exclude(pk=claim.attempt.pk)
    if unheard_of.count() > RETRIES:
        raise Unreachable("The process that sent the order died each time.", code="died")


def _stop_if_too_late(claim: Claim) -> None:
    """What was parked for too long is not wanted by itself any more: somebody may have keyed it in meanwhile.

    Nor is what had its turn much too late, because no worker was running for hours: a person has to say so.
    """
    if is_parked(injection=claim.injection) and claim.began >= claim.settled_by:
        sentence, _, detail = claim.injection.error.partition("\n")
        raise NotConnected(sentence, code=claim.injection.error_code, detail=detail)
    if claim.began > claim.settled_by + _WANTED_FOR:
        raise NotConnected(
            "storekit could not send the order, and its time has long passed. Ask the guest before you make it.",
            code="too_late",
        )


def _meant_for(injection: Injection) -> str:
    """The location that the order belongs to, kept before anything is sent: its way must never lead to another till."""
    if not injection.location:
        injection.location = location_of(venue=injection.order.venue)
        injection.save(update_fields=["location"])
    return injection.location


def _goes_as_native_discount(injection: Injection, mapping: VenuePosSettings, pos: PointOfSale) -> bool:
    """Whether the POS's own discount can be named. If it does not know it, or cannot say, a line takes off the same."""
    code = injection.order.discount_pos_id
    if not (mapping.native_discounts and code) or injection.native_discount_refused:
        return False
    try:
        return any(discount.code == code for discount in pos.discounts())
    except PosError:
        return False
