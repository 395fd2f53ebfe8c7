"""Check orders that the POS accepted and never confirmed: search its open checks, then alert the venue."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations.connect.service import pos_for
from integrations.pos import NotFound, OpenCheck, PosError, Throttled, Unreachable
from orders.injection.check_identity import remember_check
from orders.injection.check_matching import unconfirmed_message
from orders.injection.confirmation import confirm
from orders.injection.failure import end_cancelled, fail, is_cancelled
from orders.models import Injection
from storekit.db.due_rows import claim, enqueue_each

GRACE = timedelta(minutes=1)
"""How long after the deadline to wait: the POS reports itself when it gives up, and that may take a moment."""
MOST_CHECKS = 4
# For orders that were accepted before deadlines were stored.
_WITHOUT_DEADLINE = timedelta(hours=1)
_LEASE = timedelta(seconds=60)
_CHECK_AGAIN_AFTER = timedelta(seconds=45)
# If the POS asks for a longer wait than this, staff would have no time left to act.
_LONGEST_WAIT = timedelta(minutes=2)
_MOST_PER_SWEEP = 100


def check_confirmation(*, injection_id: int) -> str:
    """Search the POS's open checks for the order if a check is due; return the resulting state.

    Safe to call at any time, any number of times and from any number of processes. Returns "not due" if there was
    nothing to do, and "superseded" if a notification or staff settled the order first.
    """
    lease = claim(
        unconfirmed(timezone.now()).filter(pk=injection_id),
        lease=_LEASE,
        confirmation_checks=F("confirmation_checks") + 1,
    )
    if lease is None:
        return "not due"
    injection = Injection.objects.select_related("order__venue").get(pk=injection_id)
    if injection.confirmation_checks > MOST_CHECKS:
        # A check that keeps killing its process must not do so for ever.
        return _record(
            injection, lease, None, Unreachable("storekit stopped unexpectedly every time it looked for the order.")
        )
    try:
        checks = _open_checks(injection)
    except PosError as error:
        return _record(injection, lease, None, error)
    return _record(injection, lease, checks, None)


def _open_checks(injection: Injection) -> tuple[OpenCheck, ...]:
    """Return the POS's open checks, and the one that the order was to be added to even if it is not listed.

    Lightspeed lists dine-in checks of the past 15 hours, and none for a location in trial mode.
    """
    pos = pos_for(venue=injection.order.venue, location=injection.location)
    checks = pos.open_checks()
    account = injection.order.open_account
    if not account or any(account in check.identifiers for check in checks):
        return checks
    try:
        return (*checks, pos.open_check(account))
    except NotFound:
        return checks


def enqueue_due() -> int:
    """Queue the confirmation checks that are due; return how many were queued."""
    due = unconfirmed(timezone.now()).order_by("deliver_by").values_list("pk", flat=True)[:_MOST_PER_SWEEP]
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
            and (wait := _wait_after(error)) <= _LONGEST_WAIT
        ):
            # The lease keeps other processes away until it is time to check again.
            injection.lease_until = timezone.now() + wait
            injection.save(update_fields=["lease_until"])
        elif is_cancelled(injection=injection):
            end_cancelled(injection=injection)
        else:
            message = unconfirmed_message(injection.order, checks, error)
            fail(injection=injection, code="never_confirmed", error=message)
    return str(injection.state)


def _wait_after(error: PosError) -> timedelta:
    retry_after = error.retry_after if isinstance(error, Throttled) else None
    return max(_CHECK_AGAIN_AFTER, retry_after or _CHECK_AGAIN_AFTER)


def _check_of(injection: Injection, checks: tuple[OpenCheck, ...]) -> OpenCheck | None:
    """Return the check that has the order's payment: nothing else is certain."""
    return next((check for check in checks if injection.reference in check.payment_references), None)
