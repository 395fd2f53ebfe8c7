"""Check orders that the POS accepted and never confirmed: search its open checks, then alert the venue.

A first look after two minutes confirms what is there; the one after the deadline settles the order either way. Both ask
for the POS's list of open checks once for all orders of a venue.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q, QuerySet

from integrations.connect.service import pos_for
from integrations.pos import NotFound, OpenCheck, PointOfSale, PosError, Throttled, Unreachable
from orders.injection.check_identity import check_to_add_to, remember_check
from orders.injection.check_matching import unconfirmed_message
from orders.injection.confirmation import confirm
from orders.injection.failure import end_cancelled, fail, is_cancelled
from orders.models import Injection
from storekit.db import clock
from storekit.db.due_rows import claim, enqueue_each

GRACE = timedelta(minutes=1)
"""How long after the deadline to wait: the POS reports itself when it gives up, and that may take a moment."""
MOST_CHECKS = 4
# For orders that were accepted before deadlines were stored.
_WITHOUT_DEADLINE = timedelta(hours=1)
LEASE = timedelta(seconds=50)
_CHECK_AGAIN_AFTER = timedelta(seconds=45)
# If the POS asks for a longer wait than this, staff would have no time left to act.
LONGEST_WAIT = timedelta(minutes=2)
_MOST_PER_SWEEP = 100
# As many as are recorded well within the lease.
_MOST_TOGETHER = 300
_EARLY_AFTER = timedelta(minutes=2)
# Later an order waits for its deadline alone: the POS would be asked again and again about what it does not have.
_EARLY_UNTIL = timedelta(minutes=15)
# Seconds. A little less than two runs of the sweep.
_EARLY_AGAIN_AFTER = 110


def check_confirmation(*, injection_id: int) -> str:
    """Search the POS's open checks for the order if a check is due; return the resulting state.

    The list of open checks is long, so it is asked for once for all of the venue's orders that are due.

    Safe to call at any time, any number of times and from any number of processes. Returns "not due" if there was
    nothing to do, and "superseded" if a notification or staff settled the order first.
    """
    due = unconfirmed(clock.now())
    first = due.filter(pk=injection_id).values("order__venue", "location").first()
    if first is None:
        return "not due"
    together = due.filter(**first).exclude(pk=injection_id).order_by("deliver_by").values_list("pk", flat=True)
    lease = claim(
        due.filter(pk__in=[injection_id, *together[:_MOST_TOGETHER]]),
        lease=LEASE,
        confirmation_checks=F("confirmation_checks") + 1,
    )
    claimed = Injection.objects.filter(lease=lease).select_related("order__venue") if lease else ()
    return _check_together(list(claimed), lease).get(injection_id, "not due") if lease else "not due"


def _check_together(claimed: list[Injection], lease: UUID) -> dict[int, str]:
    """Search one list of open checks for orders of one venue at one location; return their states by id."""
    results, searched = {}, []
    for injection in claimed:
        if injection.confirmation_checks <= MOST_CHECKS:
            searched.append(injection)
            continue
        # A check that keeps killing its process must not do so for ever.
        given_up = Unreachable("storekit stopped unexpectedly every time it looked for the order.")
        results[injection.pk] = _record(injection, lease, None, given_up)
    if not searched:
        return results
    try:
        pos = pos_for(venue=searched[0].order.venue, location=searched[0].location)
        checks = pos.open_checks()
    except PosError as error:
        return results | {injection.pk: _record(injection, lease, None, error) for injection in searched}
    # First those that need nothing more than the list.
    for injection in sorted(searched, key=lambda one: bool(one.order.open_account)):
        try:
            found = (*checks, *_unlisted_check(pos, injection, lease, checks))
        except PosError as error:
            results[injection.pk] = _record(injection, lease, None, error)
        else:
            results[injection.pk] = _record(injection, lease, found, None)
    return results


def _unlisted_check(
    pos: PointOfSale, injection: Injection, lease: UUID, checks: tuple[OpenCheck, ...]
) -> tuple[OpenCheck, ...]:
    """Return the check that the order was to be added to, unless it is on the list or no longer open.

    Lightspeed lists dine-in checks of the past 15 hours, and none for a location in trial mode.
    """
    account = check_to_add_to(order=injection.order)
    if not account or any(account in check.identifiers for check in checks):
        return ()
    # One more call: the orders that have not been recorded yet stay ours for it.
    Injection.objects.filter(lease=lease, state=Injection.State.ACCEPTED).update(lease_until=clock.now() + LEASE)
    try:
        return (pos.open_check(account),)
    except NotFound:
        return ()


# --- Before the deadline ---------------------------------------------------------------------------------------------


def look_early(*, venue_id: int) -> str:
    """Confirm the venue's orders whose payment is on an open check already, without waiting for their deadline.

    A till confirms within seconds. If it has not after two minutes, its notification may be lost, above all while no
    web host of ours could be reached. One list for all of the venue's orders, and not more than one every two minutes.
    Whatever is not found waits for its deadline as before.
    """
    early = list(_overdue_early(clock.now()).filter(order__venue=venue_id).select_related("order__venue"))
    if not early or not cache.add(f"looked-early:{venue_id}", True, timeout=_EARLY_AGAIN_AFTER):
        return "not due"
    confirmed = 0
    for location in sorted({injection.location for injection in early}):
        try:
            checks = pos_for(venue=early[0].order.venue, location=location).open_checks()
        except PosError as error:
            return f"{confirmed} confirmed; then: {error}"
        confirmed += sum(_confirm_found(one, checks) for one in early if one.location == location)
    return f"{confirmed} confirmed"


def enqueue_early() -> int:
    """Queue an early look for each venue with orders that a till should have confirmed; return how many were queued."""
    venues = _overdue_early(clock.now()).order_by().values_list("order__venue", flat=True).distinct()
    return enqueue_each("orders.tasks.look_early", list(venues))


def _overdue_early(now: datetime) -> QuerySet[Injection]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    accepted = {"accepted_at__lte": now - _EARLY_AFTER, "accepted_at__gt": now - _EARLY_UNTIL}
    # The others are due for the look at their deadline.
    return Injection.objects.filter(free, state=Injection.State.ACCEPTED, deliver_by__gt=now - GRACE, **accepted)


def _confirm_found(injection: Injection, checks: tuple[OpenCheck, ...]) -> bool:
    """Confirm the order if its payment is on one of the checks; return whether it was."""
    if _check_of(injection, checks) is None:
        return False
    with transaction.atomic():
        unsettled = Injection.objects.select_for_update(of=("self",)).select_related("order")
        # Its reference too: staff may since have sent it again as another revision.
        same = {"pk": injection.pk, "reference": injection.reference, "state": Injection.State.ACCEPTED}
        locked = unsettled.filter(**same).first()
        if locked is None or (check := _check_of(locked, checks)) is None:
            return False
        confirm(injection=locked, account=check.account)
        remember_check(injections=[locked], names=check.identifiers)
    return True


# --- What is due -----------------------------------------------------------------------------------------------------


def enqueue_due() -> int:
    """Queue the confirmation checks that are due; return how many were queued."""
    due = unconfirmed(clock.now()).order_by("deliver_by").values_list("pk", flat=True)[:_MOST_PER_SWEEP]
    return enqueue_each("orders.tasks.look_for_order", list(due))


def unconfirmed(now: datetime) -> QuerySet[Injection]:
    """Return the accepted injections without confirmation past their deadline which no process is checking."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    overdue = Q(deliver_by__lte=now - GRACE) | Q(deliver_by=None, accepted_at__lte=now - _WITHOUT_DEADLINE)
    return Injection.objects.filter(free, overdue, state=Injection.State.ACCEPTED)


def _record(checked: Injection, lease: UUID, checks: tuple[OpenCheck, ...] | None, error: PosError | None) -> str:
    """Record the result of the check, unless a notification or staff settled the order first."""
    with transaction.atomic():
        injection = (
            Injection.objects.select_for_update(of=("self",))
            .select_related("order")
            .filter(pk=checked.pk, state=Injection.State.ACCEPTED, lease=lease)
            .first()
        )
        if injection is None:
            return "superseded"
        if (check := _check_of(injection, checks or ())) is not None:
            confirm(injection=injection, account=check.account)
            remember_check(injections=[injection], names=check.identifiers)
        elif (
            error is not None
            and injection.confirmation_checks < MOST_CHECKS
            and (wait := _wait_after(error)) <= LONGEST_WAIT
        ):
            # The lease keeps other processes away until it is time to check again.
            injection.lease_until = clock.now() + wait
            injection.save(update_fields=["lease_until"])
        elif is_cancelled(injection=injection):
            end_cancelled(injection=injection)
        else:
            added_to = check_to_add_to(order=injection.order)
            message = unconfirmed_message(injection.order, checks, error, added_to=added_to)
            fail(injection=injection, code="never_confirmed", error=message)
    return str(injection.state)


def _wait_after(error: PosError) -> timedelta:
    retry_after = error.retry_after if isinstance(error, Throttled) else None
    return max(_CHECK_AGAIN_AFTER, retry_after or _CHECK_AGAIN_AFTER)


def _check_of(injection: Injection, checks: tuple[OpenCheck, ...]) -> OpenCheck | None:
    """Return the check that has the order's payment: nothing else is certain."""
    return next((check for check in checks if injection.reference in check.payment_references), None)
