"""Record what the POS says about its checks: one bill for each, whatever its identifier, name and table become."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from integrations.connect.venue_settings import settings_of
from integrations.pos import CheckLine, CheckPayment, OpenCheck
from storekit.db import clock
from storekit.models import Venue
from tables.models import Bill, BillIdentifier, CheckList, CheckToFind

_LONGEST_NAME = 200
_LONGEST_IDENTIFIER = 64
_LARGEST_NUMBER = 2**31 - 1
_CLOSED = Bill.Status.CLOSED

SETTLED_AFTER = timedelta(minutes=2)
"""How long after its check was closed a bill's payments are compared with the till's."""


def lock_bills(*, venue: Venue) -> None:
    """Let one process at a time write the venue's bills, until the transaction ends."""
    CheckList.objects.select_for_update().filter(venue=venue).first()


def record_list(*, venue: Venue, checks: Sequence[OpenCheck], asked_at: datetime) -> None:
    """Bring the venue's bills up to date with the POS's list of then, and note which of the open ones it lacks.

    Those may be open and owed all the same: `tables.bills.unlisted` asks for each before its bill is closed.
    """
    with transaction.atomic():
        lock_bills(venue=venue)
        seen = record_checks(venue=venue, checks=checks, asked_at=asked_at)
        still_open = Bill.objects.filter(venue=venue).exclude(status=Bill.Status.CLOSED)
        still_open.filter(unlisted=True, pk__in=seen).update(unlisted=False)
        still_open.filter(unlisted=False).exclude(pk__in=seen).update(unlisted=True, next_look_at=clock.now())
        names = {name for check in checks for name in _names(check)}
        CheckToFind.objects.filter(venue=venue, identifier__in=names).delete()


def record_checks(*, venue: Venue, checks: Sequence[OpenCheck], asked_at: datetime) -> set[UUID]:
    """Bring the bills of these open checks up to date; return the ids of those bills.

    A check without a table gets no bill, and one that has a bill keeps it when it leaves its table. A check with a
    negative amount only takes another one back (`integrations.lightspeed.mapping.checks.is_reversal`).

    Args:
        venue: the venue.
        checks: its checks.
        asked_at: when the POS was asked for them. A bill that was closed since then stays closed.
    """
    shown = [check for check in checks if check.amount >= 0]
    with transaction.atomic():
        # One writer per venue, even if a fetch outlasts its lease.
        lock_bills(venue=venue)
        known = _KnownBills(venue, shown, asked_at)
        for check in shown:
            known.record(check)
    return known.seen


def close_bill(bill: Bill, *, final: OpenCheck | None = None) -> None:
    """Close the bill as its check is no longer open. One that was closed in error opens again once its check is seen.

    Call it with the venue's bills locked. `final` is the check as the till closed it, if it said so: its payments are
    the last word about the bill's.
    """
    changed: dict[str, Any] = {}
    if bill.status != Bill.Status.CLOSED:
        changed = {"status": _CLOSED, "closed_at": clock.now(), "unlisted": False, "version": F("version") + 1}
        # Payments of guests are compared with the till's once they have settled.
        changed["check_at"] = clock.now() + SETTLED_AFTER if bill.guest_payments.exists() else None
    elif bill.open_on_till:
        changed = {"open_on_till": False, "check_at": clock.now() + SETTLED_AFTER}
    if final is not None and final.payments and 0 <= final.amount <= final.paid:
        changed |= {"total": final.amount, "paid": final.paid, "payments_are_final": True}
        changed["payments"] = [_payment(payment) for payment in final.payments]
    for name, value in changed.items():
        setattr(bill, name, value)
    if changed:
        bill.save(update_fields=changed)


def bills_named(*, venue: Venue, uuid: str, account: str) -> list[Bill]:
    """Return the bill of the check with this uuid; without one, or if no bill has it, the bill that has the identifier.

    A check with another uuid is another check, even by the same identifier.
    """
    names = [name[:_LONGEST_IDENTIFIER] for name in (uuid, account) if name]
    rows = BillIdentifier.objects.filter(venue=venue, identifier__in=names).select_related("bill")
    found = {row.identifier: row.bill for row in rows}
    if uuid and (same := found.get(uuid[:_LONGEST_IDENTIFIER])):
        return [same]
    by_account = found.get(account[:_LONGEST_IDENTIFIER])
    return [by_account] if by_account and not (uuid and by_account.check_uuid) else []


def content_of(check: OpenCheck) -> dict[str, Any]:
    """Return the columns of a bill that come from its check."""
    settled = check.paid > 0 and check.paid >= check.amount
    return {
        "table_number": _storable(check.table),
        "name": check.name[:_LONGEST_NAME],
        "covers": _storable(check.covers),
        "opened_at": check.opened_at,
        "status": Bill.Status.PAID if settled else Bill.Status.OPEN,
        "total": check.amount,
        "paid": check.paid,
        "service_charge": check.service_charge,
        "lines": [_line(line) for line in check.lines],
        "payments": [_payment(payment) for payment in check.payments],
    }


class _KnownBills:
    """The bills that the checks belong to, by uuid and identifier, read in one query."""

    def __init__(self, venue: Venue, checks: Sequence[OpenCheck], asked_at: datetime) -> None:
        names = {name for check in checks for name in _names(check)}
        rows = BillIdentifier.objects.filter(venue=venue, identifier__in=names).select_related("bill")
        bills: dict[UUID, Bill] = {}
        self._bills = {row.identifier: bills.setdefault(row.bill_id, row.bill) for row in rows}
        self._gone = {row.identifier for row in rows if row.gone_at}
        self._venue, self._asked_at = venue, asked_at
        self.seen: set[UUID] = set()

    def record(self, check: OpenCheck) -> None:
        """Write the check's bill, and every identifier that is new."""
        bill = self._bill_of(check)
        if bill is None:
            if check.table is None:
                return
            bill = Bill(venue=self._venue)
        if bill.closed_at is not None and bill.closed_at > self._asked_at:
            return
        bill.venue = self._venue
        _write(bill, check)
        for name in _names(check):
            if self._bills.get(name) is not bill or name in self._gone:
                present = {"bill": bill, "gone_at": None}
                BillIdentifier.objects.update_or_create(venue=self._venue, identifier=name, defaults=present)
                self._bills[name] = bill
        self.seen.add(bill.pk)

    def _bill_of(self, check: OpenCheck) -> Bill | None:
        """Return the check's bill. Its uuid decides; an identifier only if one of both sides has no uuid."""
        if check.uuid and (same := self._bills.get(check.uuid[:_LONGEST_IDENTIFIER])):
            return same
        for name in _names(check):
            bill = self._bills.get(name)
            if bill is not None and bill.pk not in self.seen and not (bill.check_uuid and check.uuid):
                return bill
        return None


def _write(bill: Bill, check: OpenCheck) -> None:
    """Store what differs. Guests see a new version only if something that they see differs."""
    content = content_of(check)
    unseen = {
        "account": check.account[:_LONGEST_IDENTIFIER],
        "check_uuid": check.uuid[:_LONGEST_IDENTIFIER] or bill.check_uuid,
        **_closing(bill, content),
    }
    shown = {name: value for name, value in content.items() if getattr(bill, name) != value}
    renamed = {name: value for name, value in unseen.items() if getattr(bill, name) != value}
    is_new = bill._state.adding
    if shown and not is_new:
        # In the database, as payments raise it at the same time.
        shown["version"] = F("version") + 1
    changed = shown | renamed
    for name, value in changed.items():
        setattr(bill, name, value)
    if changed:
        bill.save(force_insert=is_new, update_fields=None if is_new else changed)


def _closing(bill: Bill, content: dict[str, Any]) -> dict[str, Any]:
    """Return the columns about closing that follow from what the till has now, and put `content` right.

    A paid bill is checked after a while (`tables.bills.closing`). If it was closed for guests then, it stays so while
    the till has it open and paid.
    """
    if bill.open_on_till and content["status"] == Bill.Status.PAID:
        content["status"] = _CLOSED
        return {}
    columns: dict[str, Any] = {"open_on_till": False, "closed_at": None, "payments_are_final": False}
    if content["status"] == Bill.Status.OPEN:
        return {**columns, "check_at": None, "disagreement": ""}
    if bill.status != Bill.Status.PAID or bill._state.adding:
        delay = settings_of(venue=bill.venue).auto_close_delay
        columns["check_at"] = clock.now() + timedelta(minutes=delay)
    return columns


def _line(line: CheckLine) -> dict[str, Any]:
    """Return the line for a JSON column: amounts as text, so that nothing is lost, and the sub-lines below it."""
    return {
        "id": line.id,
        "name": line.name,
        "quantity": _digits(line.quantity),
        "unit_price": str(line.unit_price),
        "total": str(line.total),
        "discount": str(line.discount),
        "modifiers": [{"name": name, "quantity": _digits(quantity)} for name, quantity in line.modifiers],
        "sub_lines": [_line(below) for below in line.sub_lines],
    }


def _payment(payment: CheckPayment) -> dict[str, Any]:
    return {
        "method": payment.method,
        "amount": str(payment.amount),
        "reference": payment.reference,
        "at": payment.at.isoformat() if payment.at else None,
    }


def _digits(quantity: Decimal) -> str:
    """Return the quantity without zeros at its end, so that 1.0 is no other than 1."""
    return format(quantity.normalize(), "f")


def _names(check: OpenCheck) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name[:_LONGEST_IDENTIFIER] for name in check.identifiers))


def _storable(number: int | None) -> int | None:
    """Return the number unless no column holds it: one strange check must not hide all others."""
    return number if number is None or number <= _LARGEST_NUMBER else None
