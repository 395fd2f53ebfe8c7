"""The claim on an injection: the right to send it, held by one process until the lease runs out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from orders.held_stock import count_as_sent
from orders.injection import retry_policy
from orders.injection.failure import end_cancelled
from orders.models import Injection, InjectionAttempt, Order
from storekit.db import clock
from storekit.db.due_rows import claim

LEASE = timedelta(seconds=50)
"""How long a claim lasts: a call that starts by `Claim.start_by` and meets its time-outs ends before that."""
# Longer than one call to the POS with its time-outs, and the recording of its outcome.
_LONGEST_CALL = timedelta(seconds=25)


@dataclass(frozen=True)
class Claim:
    """The right to send one injection, until the lease runs out."""

    injection: Injection
    attempt: InjectionAttempt
    lease: UUID
    claimed_at: datetime

    @property
    def due_since(self) -> datetime:
        """When the order was first due to be sent."""
        return self.injection.due_since or self.injection.order.placed_at

    @property
    def settled_by(self) -> datetime:
        """The moment by which the order must be on the till, or the venue alerted."""
        return retry_policy.settled_by(due_since=self.due_since, scheduled_for=self.injection.order.scheduled_for)

    @property
    def start_by(self) -> datetime:
        """When the call must have started, so that no other process can claim the order during it.

        The renewal of a token, the discounts and the wait for a place among our calls come first, and may take longer.
        """
        return self.claimed_at + LEASE - _LONGEST_CALL

    @cached_property
    def deliver_within(self) -> timedelta:
        """How long the POS may try to get this attempt's order onto a till."""
        return retry_policy.deliver_within(now=self.claimed_at, settled_by=self.settled_by)

    def attempts_since_due(self) -> QuerySet[InjectionAttempt]:
        """Return the attempts under this reference since the order was due. Sending it again starts a new count."""
        return InjectionAttempt.objects.filter(
            injection=self.injection, reference=self.attempt.reference, started_at__gte=self.due_since
        )


def claim_injection(injection_id: int) -> Claim | None:
    """Claim the injection if it is due, and write the attempt's row; return None if there is nothing to send.

    The attempt is written before the POS is called, so that a killed worker leaves evidence. An order that has been
    cancelled is ended instead.
    """
    now = clock.now()
    with transaction.atomic():
        lease = claim(
            Injection.objects.due(now).filter(pk=injection_id),
            lease=LEASE,
            state=Injection.State.SENDING,
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
        if injection.order.held_stock:
            count_as_sent(order_id=injection.order_id)
        attempt = InjectionAttempt.objects.create(
            injection=injection, number=injection.attempts, reference=injection.reference, lease=lease
        )
    return Claim(injection=injection, attempt=attempt, lease=lease, claimed_at=now)
