"""Orders that the POS accepted and never confirmed: we look among its open checks, then tell a person."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations.connect.service import pos_for
from integrations.pos import OpenCheck, PosError, Throttled, Unreachable
from orders.injection.check_matching import words_for
from orders.injection.confirmation import confirm
from orders.injection.failure import end_cancelled, fail, is_cancelled
from orders.models import Injection
from storekit.db.due_rows import claim, enqueue_each

# The POS says by itself when it gave up: its word may take a moment.
GRACE = timedelta(minutes=1)
MOST_CHECKS = 4
# Orders that were accepted before deadlines were kept.
_WITHOUT_DEADLINE = timedelta(hours=1)
_LEASE = timedelta(seconds=60)
_LOOK_AGAIN_AFTER = timedelta(seconds=45)
# What the POS asks for beyond that would leave a person no time.
_LONGEST_WAIT = timedelta(minutes=2)
_SWEPT_AT_ONCE = 100


def check_confirmation(*, injection_id: int) -> str:
    """Looks for the order among the POS's open checks if that is due; returns what became of it in a word.

    Safe to call at any time, any number of times and from any number of processes.
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
        # What kept dying with its process must not do so for ever.
        return _record(injection, lease, None, Unreachable("The process that looked for the order died each time."))
    try:
        checks = pos_for(venue=injection.order.venue, location=injection.location).open_checks()
    except PosError as error:
        return _record(injection, lease, None, error)
    return _record(injection, lease, checks, None)


def enqueue_due() -> int:
    """Queues the looks that are due; returns how many."""
    due = unconfirmed(timezone.now()).order_by("deliver_by").values_list("pk", flat=True)[:_SWEPT_AT_ONCE]
    ids = list(due)
    return enqueue_each("orders.tasks.look_for_order", ids)


def unconfirmed(now: datetime) -> QuerySet[Injection]:
    """Accepted, and not heard of when the POS should have had it on a till; nobody is looking."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    overdue = Q(deliver_by__lte=now - GRACE) | Q(deliver_by=None, accepted_at__lte=now - _WITHOUT_DEADLINE)
    return Injection.objects.filter(free, overdue, state=Injection.State.ACCEPTED)


def _record(looked_for: Injection, lease: UUID, checks: tuple[OpenCheck, ...] | None, error: PosError | None) -> str:
    """Writes down what the look came to, unless a notification or a person settled it meanwhile."""
    with transaction.atomic():
        injection = (
            Injection.objects.select_for_update(of=("self",))
            .select_related("order")
            .filter(pk=looked_for.pk, state=Injection.State.ACCEPTED, lease=lease)
            .first()
        )
        if injection is None:
            return "settled by somebody else"
        if (check := _its_check(injection, checks or ())) is not None:
            confirm(injection=injection, account=check.account)
        elif (
            error is not None
            and injection.confirmation_checks < MOST_CHECKS
            and (wait := _wait(error)) <= _LONGEST_WAIT
        ):
            # Not before then: the lease keeps everybody off until it has run out.
            injection.lease_until = timezone.now() + wait
            injection.save(update_fields=["lease_until"])
        elif is_cancelled(injection=injection):
            end_cancelled(injection=injection)
        else:
            fail(injection=injection, code="never_confirmed", error=words_for(injection.order, checks, error))
    return str(injection.state)


def _wait(error: PosError) -> timedelta:
    asked_for = error.retry_after if isinstance(error, Throttled) else None
    return max(_LOOK_AGAIN_AFTER, asked_for or _LOOK_AGAIN_AFTER)


def _its_check(injection: Injection, checks: tuple[OpenCheck, ...]) -> OpenCheck | None:
    """The check that the order's payment is on: nothing else is certain."""
    return next((check for check in checks if injection.reference in check.payment_references), None)
