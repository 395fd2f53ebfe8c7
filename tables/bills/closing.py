"""Close a paid bill some minutes after it was paid: tills close most checks by themselves, and do not say so of all.

The row says when it is due (`Bill.check_at`). The check is asked for by its identifiers. Gone: the bill is closed.
Still open and paid: it is closed for guests, and staff see that the till still has it. Owed again: it is open. Either
way guests' payments are compared with the till's, and the bill says how they differ.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from integrations.connect.service import pos_for
from integrations.pos import PosError
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment, due_now, enqueue_each
from tables.bills.recording import close_bill, lock_bills
from tables.models import Bill, Difference
from tables.payments.till.checks import read_check
from tables.reconciliation.of_a_bill import mismatches_of

CHECK = "tables.tasks.check_settled_bill"

LEASE = timedelta(minutes=1)
"""Longer than asking for a check by every name takes."""
TRY_AGAIN_AFTER = timedelta(minutes=1)
LOOK_AGAIN_AFTER = timedelta(minutes=30)
"""How often a bill is looked for that is closed for guests and still open on the till."""
KEEP_LOOKING_FOR = timedelta(days=2)
_MOST_AT_ONCE = 200


def enqueue_due() -> int:
    """Queue every bill that is due; return how many were queued."""
    due = Bill.objects.filter(check_at__lte=due_now()).order_by("check_at").values_list("pk", flat=True)
    return enqueue_each(CHECK, [str(pk) for pk in due[:_MOST_AT_ONCE]])


def check_settled_bill(*, bill_id: UUID) -> str:
    """Look whether the till still has the bill's check, if that is due. Safe in any number of processes."""
    due = Bill.objects.filter(pk=bill_id, check_at__lte=clock.now())
    lease = claim_by_moment(due, column="check_at", lease=LEASE)
    if lease is None:
        return "not due"
    bill = Bill.objects.select_related("venue").get(pk=bill_id)
    was_closed = bill.status == Bill.Status.CLOSED and not bill.open_on_till
    try:
        is_open = not was_closed and read_check(pos_for(venue=bill.venue), bill) is not None
    except PosError:
        Bill.objects.filter(pk=bill_id, check_at=lease).update(check_at=clock.now() + TRY_AGAIN_AFTER)
        return "the POS cannot be asked"
    with transaction.atomic():
        lock_bills(venue=bill.venue)
        bill = Bill.objects.select_for_update(of=("self",)).select_related("venue").get(pk=bill_id)
        if bill.check_at != lease:
            # What was read has decided it, or a notification has.
            return str(bill.status)
        return _settle(bill, is_open=is_open)


def _settle(bill: Bill, *, is_open: bool) -> str:
    if not is_open:
        close_bill(bill)
        bill.open_on_till, bill.check_at = False, None
    elif bill.status == Bill.Status.OPEN:
        bill.check_at = None
    else:
        _close_for_guests(bill)
    bill.disagreement = "" if bill.status == Bill.Status.OPEN else disagreement_of(bill, till_is_known=is_open)
    bill.save(update_fields=["status", "closed_at", "unlisted", "open_on_till", "check_at", "disagreement"])
    return "still open on the till" if bill.open_on_till else str(bill.status)


def _close_for_guests(bill: Bill) -> None:
    now = clock.now()
    if bill.status != Bill.Status.CLOSED:
        bill.status, bill.closed_at = Bill.Status.CLOSED, now
        Bill.objects.filter(pk=bill.pk).update(version=F("version") + 1)
    bill.open_on_till, bill.unlisted = True, False
    is_old = bill.closed_at is not None and bill.closed_at < now - KEEP_LOOKING_FOR
    bill.check_at = None if is_old else now + LOOK_AGAIN_AFTER


def disagreement_of(bill: Bill, *, till_is_known: bool) -> str:
    """Return how guests' payments of the bill differ from the till's, in words; empty if they do not.

    What the till has not said is no disagreement here: the nightly comparison lists it.
    """
    labels = dict(Difference.Cause.choices)
    unimportant = (Difference.Cause.CANNOT_BE_CHECKED, Difference.Cause.REFUNDED)
    found = mismatches_of(bill, till_is_known=till_is_known or bill.payments_are_final)
    words = [labels[one.cause.value] for one in found if one.cause.value not in unimportant]
    return "; ".join(dict.fromkeys(words))[:200]
