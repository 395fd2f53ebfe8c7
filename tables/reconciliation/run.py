"""Carry out a reconciliation: a venue's payments of one service day against what its till has."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from integrations.connect.service import pos_for
from integrations.pos import PointOfSale, PosError
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment
from storekit.local_time.service_days import opening_hours_of, service_day_bounds
from storekit.models import Venue
from storekit.money import ZERO
from tables.models import Bill, Difference, Payment, Reconciliation
from tables.payments.till.references import payment_of
from tables.reconciliation.comparing import GuestPayment, Mismatch, TillPayment, compare
from tables.reconciliation.of_a_bill import guest_payment, is_charged
from tables.reconciliation.till_side import TillSide, entries_of, till_side

LEASE = timedelta(minutes=15)
"""Longer than reading every check that is still open can take."""
TRY_AGAIN_AFTER = timedelta(minutes=10)
_MOST_ATTEMPTS = 6
_ONE_DAY = timedelta(days=1)
_LONGEST_ERROR = 500


def carry_out(*, reconciliation_id: int, is_last_try: bool = False) -> str:
    """Compare, and record the result, if the row is due; return what came of it.

    While the POS cannot be asked it is tried again later, six times in all. After that, or with `is_last_try`, what
    only the POS could say is a difference that cannot be checked.
    """
    due = Reconciliation.objects.filter(pk=reconciliation_id, next_attempt_at__lte=clock.now())
    lease = claim_by_moment(due, lease=LEASE, attempts=F("attempts") + 1)
    if lease is None:
        return "not due"
    row = Reconciliation.objects.select_related("venue").get(pk=reconciliation_id)
    mine = Reconciliation.objects.filter(pk=row.pk, next_attempt_at=lease)
    error = ""
    try:
        found = _Comparison(row.venue, row.day, pos_for(venue=row.venue))
    except PosError as failure:
        error = str(failure)[:_LONGEST_ERROR]
        if not is_last_try and row.attempts < _MOST_ATTEMPTS:
            mine.update(error=error, next_attempt_at=clock.now() + TRY_AGAIN_AFTER)
            return f"to be tried again: {error}"
        found = _Comparison(row.venue, row.day, None)
    return _record(row, mine, found, error)


def _record(row: Reconciliation, mine: Any, found: "_Comparison", error: str) -> str:
    now = clock.now()
    differences = [found.difference(row, mismatch) for mismatch in found.mismatches]
    with transaction.atomic():
        recorded = mine.update(
            state=Reconciliation.State.DONE,
            finished_at=now,
            payments=len(found.payments),
            difference_count=len(differences),
            totals=found.totals(),
            error=error,
            next_attempt_at=None,
            next_alert_at=now if row.nightly and differences else None,
        )
        if not recorded:
            return "another process has taken over"
        Difference.objects.bulk_create(differences)
    return f"{len(found.payments)} payments, {len(differences)} differences"


@dataclass(frozen=True)
class _Side:
    bill: Bill
    till: TillSide


class _Comparison:
    """The payments of the day, what the till has of them, and the differences. Raises `PosError`."""

    def __init__(self, venue: Venue, day: date, pos: PointOfSale | None) -> None:
        begins, ends = service_day_bounds(day=day, zone=venue.zone, hours=opening_hours_of(venue=venue))
        # A day earlier, as a payment may be captured after midnight that was started before; by the index on both.
        rows = Payment.objects.filter(venue=venue, created_at__gte=begins - _ONE_DAY, created_at__lt=ends)
        charged = Q(captured_at__gte=begins, captured_at__lt=ends)
        others = Q(captured_at=None, created_at__gte=begins)
        self.payments = {payment.pk: payment for payment in rows.filter(charged | others).order_by("created_at")}
        seen = Bill.objects.filter(venue=venue, created_at__gte=begins, created_at__lt=ends)
        paid = Bill.objects.filter(venue=venue, pk__in={payment.bill_id for payment in self.payments.values()})
        self._sides = [_Side(bill, self._till_side(pos, bill)) for bill in (seen | paid).select_related("venue")]
        self._bills = {side.bill.pk: side for side in self._sides}
        self._till = self._till_payments(venue)
        self.mismatches = compare([self._guest_payment(one) for one in self.payments.values()], self._till)

    def _till_side(self, pos: PointOfSale | None, bill: Bill) -> TillSide:
        expected = [one for one in self.payments.values() if one.bill_id == bill.pk and _is_expected(one)]
        # Without such a payment only what the last reading holds can differ.
        return till_side(pos, bill, expected=expected) if expected else TillSide(entries_of(bill), is_known=True)

    def _till_payments(self, venue: Venue) -> list[TillPayment]:
        """Return the till's entries of the day's payments, and those of payments that never were."""
        entries = [(reference, amount) for side in self._sides for reference, amount in side.till.entries]
        named = {id for reference, _ in entries if (id := payment_of(reference=reference)) is not None}
        exist = set(Payment.objects.filter(venue=venue, pk__in=named).values_list("pk", flat=True))
        found = []
        for reference, amount in entries:
            id = payment_of(reference=reference)
            if id in self.payments or id not in exist:
                found.append(TillPayment(reference, amount, str(id) if id in self.payments else None))
        return found

    def _guest_payment(self, payment: Payment) -> GuestPayment:
        return guest_payment(payment, till_is_known=self._bills[payment.bill_id].till.is_known)

    def difference(self, row: Reconciliation, mismatch: Mismatch) -> Difference:
        """Return the row of a mismatch."""
        payment = self.payments[UUID(mismatch.payment)] if mismatch.payment else None
        bill = self._bills[payment.bill_id].bill if payment else self._bill_with(mismatch.reference)
        return Difference(
            reconciliation=row,
            payment=payment,
            bill=bill,
            cause=mismatch.cause.value,
            method=payment.method if payment else "",
            account=bill.account if bill else "",
            reference=(mismatch.reference or (payment.pos_reference if payment else ""))[:64],
            captured=mismatch.captured,
            till=mismatch.till,
        )

    def _bill_with(self, reference: str) -> Bill | None:
        found = (side.bill for side in self._sides if reference in {entry[0] for entry in side.till.entries})
        return next(found, None)

    def totals(self) -> list[dict[str, Any]]:
        """Return the day's sums by method, for the row."""
        on_till: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for entry in self._till:
            if entry.payment:
                on_till[self.payments[UUID(entry.payment)].method] += entry.amount
        by_method: dict[str, list[Payment]] = defaultdict(list)
        for payment in self.payments.values():
            by_method[payment.method].append(payment)
        return [
            {"method": method, **_sums(payments), "till": str(on_till[method])}
            for method, payments in sorted(by_method.items())
        ]


def _sums(payments: Iterable[Payment]) -> dict[str, Any]:
    charged = [payment for payment in payments if is_charged(payment)]
    return {
        "payments": len(charged),
        "captured": str(sum((payment.amount for payment in charged), ZERO)),
        "tips": str(sum((payment.tip for payment in charged), ZERO)),
        "refunded": str(sum((payment.refunded for payment in charged), ZERO)),
    }


def _is_expected(payment: Payment) -> bool:
    return is_charged(payment) or payment.applied_at is not None
