"""Checks that the POS's list lacks: found by an identifier that we know from elsewhere, or by the number of a table.

Lightspeed lists dine-in checks of the past 15 hours, and none for a location in trial mode. So a check that left the
list is asked for before its bill is called gone; one that a notification or an order named is asked for once; and where
a guest scans a table without a bill, the table's oldest check is asked for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction

from integrations.pos import NotFound, OpenCheck, PointOfSale
from storekit.db import clock
from storekit.models import Venue
from tables.bills.recording import close_bill, lock_bills, record_checks
from tables.models import Bill, BillIdentifier, CheckToFind, Table

LOOK_AGAIN_AFTER = timedelta(seconds=30)
"""How often a bill is asked for that the list lacks, and a table without a bill while the list has others."""
LOOK_OFTEN_AFTER = timedelta(seconds=5)
"""The same while the list has nothing at all, as in trial mode."""
NAMED_FOR = timedelta(hours=24)
"""How long a check that was named waits for a guest of the venue to look at a bill. After that it is forgotten."""
# The newest ones; older ones are former names.
_MOST_NAMES = 2


class Look(Protocol):
    """One check to ask the POS for."""

    @property
    def since(self) -> datetime:
        """Since when it has been due."""

    def ask(self, pos: PointOfSale) -> OpenCheck | None:
        """Make the call; return None if there is no such check. Raises `PosError`."""

    def done(self, *, check: OpenCheck | None, again_at: datetime) -> None:
        """Record that it was asked for. A check that was found has been recorded already."""


def next_look(*, venue: Venue) -> Look | None:
    """Return what to ask for next: what has been due for longest."""
    due = (_named(venue), _bill(venue), _table(venue))
    return min((look for look in due if look), key=lambda look: look.since, default=None)


def record_look(*, venue: Venue, look: Look, check: OpenCheck | None, asked_at: datetime, often: bool) -> None:
    """Record what the POS answered; `often` says that its list is of no use, so that the check is asked for soon."""
    again_at = clock.now() + (LOOK_OFTEN_AFTER if often else LOOK_AGAIN_AFTER)
    with transaction.atomic():
        lock_bills(venue=venue)
        if check is not None:
            seen = record_checks(venue=venue, checks=[check], asked_at=asked_at)
            Bill.objects.filter(pk__in=seen).update(unlisted=True, next_look_at=again_at)
        look.done(check=check, again_at=again_at)


def want_look(*, table: Table) -> None:
    """Have the table's check asked for, unless that was done a moment ago: a guest looks, and it has no bill."""
    now = clock.now()
    if table.next_look_at is None or table.next_look_at <= now:
        Table.objects.filter(pk=table.pk, look_wanted_at=None).update(look_wanted_at=now)


def name_check(*, venue: Venue, identifier: str) -> None:
    """Have a check asked for that has no open bill, if it is not on the list either."""
    CheckToFind.objects.filter(venue=venue, named_at__lte=clock.now() - NAMED_FOR).delete()
    CheckToFind.objects.get_or_create(venue=venue, identifier=identifier, defaults={"named_at": clock.now()})


# --- What to ask for -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _NamedCheck:
    row: CheckToFind

    @property
    def since(self) -> datetime:
        return self.row.named_at

    def ask(self, pos: PointOfSale) -> OpenCheck | None:
        return _check_by(pos, self.row.identifier)

    def done(self, *, check: OpenCheck | None, again_at: datetime) -> None:
        CheckToFind.objects.filter(pk=self.row.pk).delete()


@dataclass(frozen=True)
class _BillOffTheList:
    bill: Bill
    identifier: BillIdentifier | None

    @property
    def since(self) -> datetime:
        return self.bill.next_look_at

    def ask(self, pos: PointOfSale) -> OpenCheck | None:
        return _check_by(pos, self.identifier.identifier) if self.identifier else None

    def done(self, *, check: OpenCheck | None, again_at: datetime) -> None:
        if check is not None:
            Bill.objects.filter(pk=self.bill.pk).update(next_look_at=again_at)
            return
        if self.identifier:
            BillIdentifier.objects.filter(pk=self.identifier.pk).update(gone_at=clock.now())
        if _name_to_try(self.bill) is None:
            close_bill(Bill.objects.get(pk=self.bill.pk))


@dataclass(frozen=True)
class _TableWithoutBill:
    table: Table

    @property
    def since(self) -> datetime:
        return self.table.look_wanted_at or clock.now()

    def ask(self, pos: PointOfSale) -> OpenCheck | None:
        try:
            return pos.open_check_at(self.table.number)
        except NotFound:
            return None

    def done(self, *, check: OpenCheck | None, again_at: datetime) -> None:
        Table.objects.filter(pk=self.table.pk).update(look_wanted_at=None, next_look_at=again_at)


def _named(venue: Venue) -> Look | None:
    row = CheckToFind.objects.filter(venue=venue, named_at__gt=clock.now() - NAMED_FOR).order_by("named_at").first()
    return _NamedCheck(row) if row else None


def _bill(venue: Venue) -> Look | None:
    open_bills = Bill.objects.filter(venue=venue).exclude(status=Bill.Status.CLOSED)
    bill = open_bills.filter(unlisted=True, next_look_at__lte=clock.now()).order_by("next_look_at").first()
    return _BillOffTheList(bill, _name_to_try(bill)) if bill else None


def _table(venue: Venue) -> Look | None:
    table = Table.objects.filter(venue=venue, look_wanted_at__isnull=False).order_by("look_wanted_at").first()
    return _TableWithoutBill(table) if table else None


def _name_to_try(bill: Bill) -> BillIdentifier | None:
    """Return the newest identifier that the POS may still have the check by. The uuid is an identifier of ours only."""
    names = bill.identifiers.exclude(identifier=bill.check_uuid).order_by("-pk")[:_MOST_NAMES]
    return next((name for name in names if name.gone_at is None), None)


def _check_by(pos: PointOfSale, identifier: str) -> OpenCheck | None:
    try:
        return pos.open_check(identifier)
    except NotFound:
        return None
