"""What the till has of a bill's payments: from its open check, from its closed sale, or as they were last read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.module_loading import import_string

from integrations.pos import PAYMENT_REFERENCE_PREFIX, CheckPayment, NotFound, PointOfSale, Rejected, Unauthorised
from storekit.queue.registry import ORDER_ON_CHECK
from tables.models import Bill, Payment
from tables.payments.till.checks import read_check
from tables.payments.till.references import payment_of

_LONGEST_BILL = timedelta(days=3)
"""Orders are looked for on a bill's check from so long before the bill was seen."""

Entry = tuple[str, Decimal]
"""A payment's reference and its amount."""


@dataclass(frozen=True)
class TillSide:
    """The till's payments of one bill that have references of ours. `is_known`: there are no others."""

    entries: tuple[Entry, ...]
    is_known: bool


def till_side(pos: PointOfSale | None, bill: Bill, *, expected: Sequence[Payment]) -> TillSide:
    """Return what the till has. Asks the POS only for what its last answer leaves open.

    A check that is open is read again. Of a closed one the last reading counts for what is in it; if `expected` are
    missing there, the closed sale is looked up, which the POS offers for checks that an order of ours was on.

    Args:
        pos: the venue's; None if it cannot be asked.
        bill: its identifiers and last reading.
        expected: the payments that should be there.

    Raises:
        PosError: the POS cannot be asked now.
    """
    if pos is not None and (bill.status != Bill.Status.CLOSED or bill.open_on_till):
        check = read_check(pos, bill)
        if check is not None:
            return TillSide(_ours(check.payments), is_known=True)
        bill.refresh_from_db()
    last = TillSide(entries_of(bill), is_known=bill.payments_are_final)
    if last.is_known or pos is None or _has(last, expected):
        return last
    return _sale(pos, bill) or last


def entries_of(bill: Bill) -> tuple[Entry, ...]:
    """Return the payments with references of ours as the bill's check was last read."""
    rows = ((row["reference"], Decimal(row["amount"])) for row in bill.payments)
    return tuple(row for row in rows if row[0].startswith(PAYMENT_REFERENCE_PREFIX))


def _ours(payments: Sequence[CheckPayment]) -> tuple[Entry, ...]:
    found = ((payment.reference, payment.amount) for payment in payments)
    return tuple(row for row in found if row[0].startswith(PAYMENT_REFERENCE_PREFIX))


def _has(side: TillSide, expected: Sequence[Payment]) -> bool:
    there = {payment_of(reference=reference) for reference, _ in side.entries}
    return all(payment.pk in there for payment in expected)


def _sale(pos: PointOfSale, bill: Bill) -> TillSide | None:
    """Return what the closed sale says; None if there is none to be found, or if it names no references."""
    names = [bill.account, *bill.identifiers.values_list("identifier", flat=True)]
    since: datetime = (bill.opened_at or bill.created_at) - _LONGEST_BILL
    reference: str = import_string(ORDER_ON_CHECK)(venue=bill.venue, names=names, since=since)
    if not reference:
        return None
    try:
        sale = pos.sale_of(reference)
    except (NotFound, Rejected, Unauthorised):
        return None
    # The contract does not promise references of payments here.
    if not any(payment.reference for payment in sale.payments):
        return None
    return TillSide(_ours(sale.payments), is_known=True)
