"""The claim on a payment, its attempts, and the one place where a step's outcome is recorded.

A claim makes the payment due again when its lease ends, so that a killed worker delays it and nothing worse. News
of a payment makes it due at once, and is not lost if it comes during a step.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from integrations.pos import BadAnswer, Duplicate, PosDown, Rejected, Throttled, Unauthorised, Unreachable
from storekit.db import clock
from storekit.db.due_rows import claim, due_now, enqueue_on_commit, still_ours
from tables.models import Bill, Payment, PaymentAttempt
from tables.payments.providers.port import ProviderRefused, ProviderUnreachable

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=50)
"""How long a claim lasts: longer than one call that starts by `Claim.start_by` and meets its time-outs."""
# The longest call with its time-outs, and the recording of its outcome.
_LONGEST_CALL = timedelta(seconds=25)
_LONGEST_DETAIL = 1000
ADVANCE = "tables.tasks.advance_payment"

Outcome = PaymentAttempt.Outcome
Change = Callable[[Payment], None]

# The first match counts; an error that matches none is our own.
_OUTCOMES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], PaymentAttempt.Outcome], ...] = (
    (Duplicate, Outcome.DONE),
    ((ProviderRefused, Rejected), Outcome.REFUSED),
    # The POS was not asked, or did not look at what it was asked.
    ((PosDown, Throttled, Unauthorised), Outcome.WAITING),
    ((ProviderUnreachable, Unreachable, BadAnswer), Outcome.UNREACHABLE),
)


@dataclass(frozen=True)
class Claim:
    """The right to take the next step of one payment, until the lease runs out."""

    payment: Payment
    lease: UUID
    claimed_at: datetime
    due_again: datetime
    """What `next_attempt_at` is for the length of the step, unless somebody has news."""

    @property
    def start_by(self) -> datetime:
        """When the call must have started, so that no other process can claim the payment during it."""
        return self.claimed_at + LEASE - _LONGEST_CALL


def claim_payment(payment_id: UUID) -> Claim | None:
    """Claim the payment if it is due and free; return None if there is nothing to do."""
    now = clock.now()
    with transaction.atomic():
        due = Payment.objects.due(now).filter(pk=payment_id)
        lease = claim(due, lease=LEASE, next_attempt_at=now + LEASE, attempts=F("attempts") + 1)
        if lease is None:
            return None
        payment = Payment.objects.select_related("venue", "bill", "table").get(pk=payment_id)
    return Claim(payment=payment, lease=lease, claimed_at=now, due_again=now + LEASE)


@contextmanager
def attempt(claim: Claim, step: PaymentAttempt.Step, reference: str) -> Iterator[PaymentAttempt]:
    """Write the attempt's row before the call, and how the call went after it. What the call raises is raised again."""
    row = PaymentAttempt.objects.create(payment=claim.payment, step=step, reference=reference)
    try:
        yield row
    except Exception as error:
        _finish(row, _outcome_of(error), f"{error or type(error).__name__}\n{getattr(error, 'detail', '')}".strip())
        raise
    _finish(row, Outcome.DONE, row.detail)


def _finish(row: PaymentAttempt, outcome: PaymentAttempt.Outcome, detail: str) -> None:
    row.finished_at, row.outcome, row.detail = clock.now(), outcome, detail[:_LONGEST_DETAIL]
    row.save(update_fields=["finished_at", "outcome", "detail"])


def _outcome_of(error: Exception) -> PaymentAttempt.Outcome:
    return next((outcome for kinds, outcome in _OUTCOMES if isinstance(error, kinds)), Outcome.ERROR)


def record(claim: Claim, change: Change) -> str:
    """Record a step's outcome while the claim is ours; return the payment's state, or "superseded".

    `change` is given the payment, its bill and venue loaded, both rows locked. It sets the columns, the state and when
    the next step is due. If a notification or another process settled the payment first, nothing is changed.
    """
    with transaction.atomic():
        bill = _locked_bill_of(claim.payment.pk)
        payment = still_ours(Payment.objects.filter(pk=claim.payment.pk), lease=claim.lease)
        if payment is None:
            return "superseded"
        payment.bill, payment.venue = bill, claim.payment.venue
        has_news = payment.next_attempt_at != claim.due_again
        _change(payment, change)
        if has_news and payment.next_attempt_at is not None:
            payment.next_attempt_at = min(payment.next_attempt_at, due_now())
        payment.save()
    return str(payment.state)


def settle(payment_id: UUID, change: Change) -> Payment:
    """Change the payment even if a process holds it, whose outcome is then ignored; queue its next step if that is due.

    For what is certain and comes from elsewhere: the till's word, a person's decision. `change` is as above. It may
    leave the payment alone, and its claim stays then.
    """
    with transaction.atomic():
        bill = _locked_bill_of(payment_id)
        payment = Payment.objects.select_for_update(of=("self",)).select_related("venue", "table").get(pk=payment_id)
        payment.bill = bill
        before = payment.state
        held = payment.lease, payment.lease_until
        _change(payment, change)
        if payment.state == before:
            payment.lease, payment.lease_until = held
        if payment.next_attempt_at is not None and payment.next_attempt_at <= clock.now():
            enqueue_on_commit(ADVANCE, str(payment.pk))
        payment.save()
    return payment


def move(payment_id: UUID, *, bill: UUID, to: UUID) -> None:
    """Let a payment count on another bill than this one, on which it was; nothing happens if it is on neither."""
    with transaction.atomic():
        # In the order of their keys, so that two that move the other way never wait for each other.
        list(Bill.objects.select_for_update().filter(pk__in=[bill, to]).order_by("pk"))
        if Payment.objects.filter(pk=payment_id, bill=bill).update(bill=to):
            bump_version(bill)
            bump_version(to)


def _locked_bill_of(payment_id: UUID) -> Bill:
    """Lock the payment's bill: always first, so that two processes that lock both never wait for each other."""
    while True:
        bill = Bill.objects.select_for_update(of=("self",)).get(guest_payments=payment_id)
        # While we waited for the lock the payment may have moved to another bill.
        if Payment.objects.filter(pk=payment_id, bill=bill).exists():
            return bill


def _change(payment: Payment, change: Change) -> None:
    before = payment.state
    payment.lease = payment.lease_until = None
    change(payment)
    if payment.state != before:
        payment.attempts = 0
        bump_version(payment.bill_id)
        logger.info("Payment %s: %s, was %s", payment.pk, payment.state, before)


def bump_version(bill_id: UUID) -> None:
    """Raise the bill's version: guests see a difference."""
    Bill.objects.filter(pk=bill_id).update(version=F("version") + 1)
