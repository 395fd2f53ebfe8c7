"""The floor of a venue as it is now: every table with what is due there, and how its guests' payments are doing.

Five queries, whatever happens: all of them by an index over what is open, none over what has been.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from storekit.db import clock
from storekit.models import Venue
from storekit.money import ZERO
from tables.bills.refreshing import is_known
from tables.models import Bill, CheckList, Payment, Table

_MOST_TABLES = 500
_MOST_BILLS = 500
_MOST_PAYMENTS = 1000
_MOST_SHOWN = 20


class TileState(StrEnum):
    """What staff have to know of a table, the most urgent first."""

    NEEDS_YOU = "needs_you"
    TILL = "till"
    PAYING = "paying"
    OPEN = "open"
    PAID = "paid"
    FREE = "free"

    @property
    def words(self) -> str:
        """The state in words."""
        return _WORDS[self]

    @property
    def icon(self) -> str:
        """The name of its symbol, for those who see no colours and those who look from afar."""
        return _ICONS[self]


_WORDS = {
    TileState.NEEDS_YOU: "Needs you",
    TileState.TILL: "Waiting for the till",
    TileState.PAYING: "Guests are paying",
    TileState.OPEN: "Open",
    TileState.PAID: "Paid",
    TileState.FREE: "Free",
}
_ICONS = {
    TileState.NEEDS_YOU: "priority_high",
    TileState.TILL: "hourglass_top",
    TileState.PAYING: "smartphone",
    TileState.OPEN: "receipt_long",
    TileState.PAID: "check_circle",
    TileState.FREE: "chair",
}
_URGENCY = {state: number for number, state in enumerate(TileState)}

_STATES = {
    Payment.State.HELD: TileState.PAYING,
    Payment.State.AUTHORISED: TileState.PAYING,
    Payment.State.SENT: TileState.TILL,
    Payment.State.APPLIED: TileState.TILL,
    Payment.State.REFUSED: TileState.TILL,
}


@dataclass(frozen=True)
class Tile:
    """A table: `due` is what the till has as unpaid on its `bills`, `paying` what guests are paying of it right now."""

    number: int | None
    name: str
    state: TileState
    due: Decimal
    paying: Decimal
    bills: tuple[UUID, ...]


@dataclass(frozen=True)
class FloorArea:
    """An area and its tables. Bills whose table is on no floor plan are in an area of their own."""

    name: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class LiveFloor:
    """The floor. `payments` are those that need a person, the oldest first."""

    areas: tuple[FloorArea, ...]
    payments: tuple[Payment, ...]
    checks: CheckList | None

    @property
    def is_old(self) -> bool:
        """Whether the till has not been read for a minute."""
        return self.checks is None or not is_known(self.checks)

    def count(self, state: TileState) -> int:
        """Return how many tables are in this state."""
        return sum(tile.state is state for area in self.areas for tile in area.tiles)


def live_floor(*, venue: Venue) -> LiveFloor:
    """Return the venue's floor as the database has it. Does not ask the POS."""
    tables = Table.objects.filter(venue=venue, archived_at=None).select_related("area")
    rows = list(tables.order_by("area__position", "area__name", "number", "pos_id")[:_MOST_TABLES])
    bills = _bills_by_table(venue)
    states = _states_of(bill.pk for there in bills.values() for bill in there)
    areas: dict[str, list[Tile]] = {}
    for table in rows:
        tile = _tile(table.number, table.name, bills.get(table.number, []), states)
        areas.setdefault(table.area.name, []).append(tile)
    elsewhere = [number for number in bills if number not in {table.number for table in rows}]
    if elsewhere:
        elsewhere.sort(key=lambda number: (number is None, number))
        areas["Not on the floor plan"] = [_tile(number, "", bills[number], states) for number in elsewhere]
    needing = Payment.objects.filter(venue=venue, needs_staff=True).select_related("venue", "table", "bill")
    return LiveFloor(
        areas=tuple(FloorArea(name, tuple(tiles)) for name, tiles in areas.items()),
        payments=tuple(needing.order_by("created_at")[:_MOST_SHOWN]),
        checks=CheckList.objects.filter(venue=venue).first(),
    )


def _bills_by_table(venue: Venue) -> dict[int | None, list[Bill]]:
    found: dict[int | None, list[Bill]] = defaultdict(list)
    current = Bill.objects.filter(venue=venue).exclude(status=Bill.Status.CLOSED)
    for bill in current.defer("lines", "payments").order_by("created_at")[:_MOST_BILLS]:
        found[bill.table_number].append(bill)
    return found


@dataclass
class _Paying:
    state: TileState | None = None
    amount: Decimal = ZERO


def _states_of(bills: Iterable[UUID]) -> dict[UUID, _Paying]:
    """Return how the payments of each bill are doing, if there are any at work."""
    at_work = Q(state__in=[state for state in _STATES if state != Payment.State.HELD])
    at_work |= Q(state=Payment.State.HELD, held_until__gt=clock.now()) | Q(needs_staff=True)
    found: dict[UUID, _Paying] = defaultdict(_Paying)
    payments = Payment.objects.filter(at_work, bill__in=list(bills))
    columns = ("bill_id", "state", "needs_staff", "amount")
    for bill, payment_state, needs_staff, amount in payments.values_list(*columns)[:_MOST_PAYMENTS]:
        state = TileState.NEEDS_YOU if needs_staff else _STATES[Payment.State(payment_state)]
        paying = found[bill]
        paying.state = state if paying.state is None else _most_urgent((paying.state, state))
        if state in (TileState.PAYING, TileState.TILL):
            paying.amount += amount
    return found


def _tile(number: int | None, name: str, bills: list[Bill], states: dict[UUID, _Paying]) -> Tile:
    paying = [states[bill.pk] for bill in bills if bill.pk in states]
    by_bill = [TileState.OPEN if bill.status == Bill.Status.OPEN else TileState.PAID for bill in bills]
    found = [*by_bill, *(one.state for one in paying if one.state)]
    return Tile(
        number=number,
        name=name,
        state=_most_urgent(found) if found else TileState.FREE,
        due=sum((bill.owed_on_till for bill in bills), ZERO),
        paying=sum((one.amount for one in paying), ZERO),
        bills=tuple(bill.pk for bill in bills),
    )


def _most_urgent(states: Iterable[TileState]) -> TileState:
    return min(states, key=lambda state: _URGENCY[state])
