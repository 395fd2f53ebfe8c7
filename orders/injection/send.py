"""Send an order to the POS: claim it in a short transaction, call outside any, record the outcome in another.

If the process dies in between, the row shows it and the sweep sends the order again under the same reference. If the
POS then answers that it already has that reference, the order has arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from integrations.connect.service import location_of, pos_for
from integrations.connect.venue_settings import settings_of
from integrations.pos import NotConnected, OrderTicket, PointOfSale, PosError, Unreachable, VenuePosSettings
from menus.custom_fields import CustomFields, custom_fields_of
from orders.checkout.lines import lines_of
from orders.checkout.pricing import PricedLine
from orders.injection.check_identity import check_to_add_to
from orders.injection.claims import Claim, claim_injection
from orders.injection.notes import notes_of
from orders.injection.outcome import record_outcome
from orders.injection.parking import is_parked
from orders.injection.retry_policy import RETRIES
from orders.injection.ticket import ticket_for
from orders.models import Injection, InjectionAttempt, Order
from storekit.db import clock
from storekit.db.due_rows import enqueue_each

# This long after its deadline the guest may have left, or staff may have keyed the order in.
_LATEST_START = timedelta(hours=1)
_MOST_PER_SWEEP = 200


def inject(*, injection_id: int) -> str:
    """Send the order to the POS if it is due and no other process is sending it; return the resulting state.

    Safe to call at any time, any number of times and from any number of processes. Returns "not due" if there was
    nothing to do, and "superseded" if a notification or another process settled the order first.
    """
    claim = claim_injection(injection_id)
    if claim is None:
        return "not due"
    messages = 0
    try:
        pos, ticket, messages = _prepare(claim)
        pos.place_order(ticket)
    except PosError as error:
        return record_outcome(claim=claim, error=error, note_messages=messages)
    except Exception as error:
        # Record it like any other outcome, so that the order is retried; raise it so that the error is reported.
        record_outcome(claim=claim, error=error)
        raise
    return record_outcome(claim=claim, error=None, note_messages=messages)


def enqueue_due() -> int:
    """Queue the injections that are due, a limited number at a time; return how many were queued."""
    due = Injection.objects.due(clock.now()).order_by("next_attempt_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:_MOST_PER_SWEEP])
    return enqueue_each("orders.tasks.inject", ids)


def oldest_due() -> datetime | None:
    """Return since when the order that has waited longest for its next attempt has been due; None if none is."""
    now = clock.now()
    due = Injection.objects.filter(state__in=[Injection.State.WAITING, Injection.State.SCHEDULED])
    left = Injection.objects.filter(state=Injection.State.SENDING, lease_until__lte=now)
    # Two queries, as each has its own index.
    moments = (
        due.filter(next_attempt_at__lte=now).order_by("next_attempt_at").values_list("next_attempt_at", flat=True),
        left.order_by("lease_until").values_list("lease_until", flat=True),
    )
    return min((moment for rows in moments if (moment := rows.first()) is not None), default=None)


def _prepare(claim: Claim) -> tuple[PointOfSale, OrderTicket, int]:
    """Return the POS, the order's ticket, and how many messages its notes take beside it."""
    injection, order = claim.injection, claim.injection.order
    _stop_if_crash_looping(claim)
    _stop_if_too_late(claim)
    pos = pos_for(venue=order.venue, location=_fixed_location(injection), start_by=claim.start_by)
    settings = settings_of(venue=order.venue)
    lines = lines_of(rows=order.lines.all(), currency=order.venue.currency)
    custom = custom_fields_for(order=order, lines=lines, settings=settings)
    ticket = ticket_for(
        order=order,
        lines=lines,
        settings=settings,
        reference=claim.attempt.reference,
        deliver_within=claim.deliver_within,
        native_discount=_use_native_discount(injection, settings, pos),
        without_email=injection.without_email,
        custom=custom,
    )
    # Looked up at each attempt: the till may have renamed the check since the order was placed.
    ticket = replace(ticket, account=check_to_add_to(order=order))
    return pos, ticket, len(notes_of(order=order, lines=lines, custom=custom).messages)


def custom_fields_for(
    *, order: Order, lines: Sequence[PricedLine], settings: VenuePosSettings
) -> Mapping[str, CustomFields]:
    """Return what the order may say about its items with notes and about its fees and discount, by SKU."""
    amounts = {
        settings.delivery_fee_sku: order.delivery_fee,
        settings.service_charge_sku: order.service_charge,
        settings.discount_sku: order.discount,
    }
    skus = {line.sku for line in lines if line.note} | {sku for sku, amount in amounts.items() if amount}
    return custom_fields_of(venue=order.venue, skus=skus) if skus else {}


def _stop_if_crash_looping(claim: Claim) -> None:
    """Stop an order whose attempts keep dying with their process: it must not kill workers for ever."""
    if claim.attempt.number <= RETRIES:
        return
    unfinished = claim.attempts_since_due().filter(outcome=InjectionAttempt.Outcome.UNKNOWN)
    if unfinished.exclude(pk=claim.attempt.pk).count() > RETRIES:
        raise Unreachable("storekit stopped unexpectedly every time it sent the order.", code="died")


def _stop_if_too_late(claim: Claim) -> None:
    """Stop an order that was parked past its deadline: staff may have keyed it in.

    Stop also one whose turn came much too late because no worker was running for hours: staff have to decide.
    """
    if is_parked(injection=claim.injection) and claim.claimed_at >= claim.settled_by:
        sentence, _, detail = claim.injection.error.partition("\n")
        raise NotConnected(sentence, code=claim.injection.error_code, detail=detail)
    if claim.claimed_at > claim.settled_by + _LATEST_START:
        raise NotConnected(
            "storekit could not send the order in time. Ask the guest before you make it.",
            code="too_late",
        )


def _fixed_location(injection: Injection) -> str:
    """Return the order's location. Save it before the first attempt: a retry must never reach another till."""
    if not injection.location:
        injection.location = location_of(venue=injection.order.venue)
        injection.save(update_fields=["location"])
    return injection.location


def _use_native_discount(injection: Injection, settings: VenuePosSettings, pos: PointOfSale) -> bool:
    """Return whether the POS knows the discount. If it does not, or cannot say, a discount line takes off the same."""
    code = injection.order.discount_pos_id
    if not (settings.native_discounts and code) or injection.native_discount_refused:
        return False
    try:
        return any(discount.code == code for discount in pos.discounts())
    except PosError:
        return False
