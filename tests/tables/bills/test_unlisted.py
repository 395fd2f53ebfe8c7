"""Checks that the POS's list lacks: none is called gone unasked, and none is overlooked that we can know of."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import responses
import time_machine

from integrations.models import Connection, TokenPair
from integrations.pos import OpenCheck, OrderEvent, OrderUpdate
from storekit.models import Venue
from tables.bills.pos_events import check_changed
from tables.bills.refreshing import FRESH_FOR, refresh_bills
from tables.bills.unlisted import LOOK_AGAIN_AFTER, LOOK_OFTEN_AFTER, NAMED_FOR, want_look
from tables.models import Area, Bill, CheckToFind, PayAtTable, Table
from tests.tables.bills.tills import asked_by_identifier, calls_made, check, line, lists_asked, tables_asked, till_has

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOUP, WINE = line("Soup", "7.50"), line("Wine", "30.00")


@pytest.fixture(autouse=True)
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    PayAtTable.objects.create(venue=connection.venue, enabled=True)
    with responses.mock, time_machine.travel(NOON, tick=False) as traveller:
        TokenPair.objects.update(expires_at=NOON + timedelta(days=2))
        yield traveller


@pytest.fixture
def turn(venue: Venue, clock: time_machine.Traveller) -> Callable[..., list[tuple[str, str]]]:
    """Have the venue's bills looked at a second later, or after another time; return their accounts and states."""

    def take(after: timedelta = FRESH_FOR, times: int = 1) -> list[tuple[str, str]]:
        for _ in range(times):
            clock.shift(after)
            refresh_bills(venue=venue, patience=0)
        return list(Bill.objects.order_by("account").values_list("account", "status"))

    return take


Turn = Callable[..., list[tuple[str, str]]]


def changed(venue: Venue, account: str = "A1.1", event: OrderEvent = OrderEvent.CHECK_UPDATED, **more: Any) -> None:
    check_changed(venue=venue, update=OrderUpdate(event=event, reference="", account=account, **more))


def test_a_check_that_left_the_list_is_asked_for_before_it_is_called_gone(turn: Turn) -> None:
    soup, wine = check("A1.1", SOUP), check("A2.1", WINE)
    till_has(soup, wine)
    turn()
    till_has(wine, unlisted=(soup,))

    assert turn(times=2) == [("A1.1", "open"), ("A2.1", "open")]
    assert asked_by_identifier() == ["A1.1"]
    # Not again with each list: half a minute later.
    turn(times=4)
    assert asked_by_identifier() == ["A1.1"]

    till_has(wine)
    assert turn(after=LOOK_AGAIN_AFTER) == [("A1.1", "closed"), ("A2.1", "open")]
    turn(after=LOOK_AGAIN_AFTER, times=3)
    assert asked_by_identifier() == ["A1.1", "A1.1"]


def test_it_is_asked_for_by_its_former_identifier_too(turn: Turn) -> None:
    till_has(check("A1.1", SOUP))
    turn()
    till_has(check("A1.2", SOUP))
    turn()
    till_has(unlisted=(check("A1.1", SOUP),))

    turn(times=3)
    assert asked_by_identifier() == ["A1.2", "A1.1"]
    assert list(Bill.objects.values_list("account", "status")) == [("A1.1", "open")]

    till_has(check("A1.2", SOUP))
    turn(times=2)
    till_has()
    turn(times=3)
    # What was gone and came back is asked for again.
    assert asked_by_identifier()[2:] == ["A1.2", "A1.1"]


def test_a_turn_is_one_call_and_the_list_is_read_at_least_every_other_turn(turn: Turn) -> None:
    many = tuple(check(f"A{n}.1", SOUP, table=n) for n in range(1, 5))
    other = check("A9.1", SOUP, table=9)
    till_has(other, *many)
    turn()
    till_has(other, unlisted=many)

    for calls in range(2, 10):
        turn()
        assert calls_made() == calls
    assert sorted(asked_by_identifier()) == ["A1.1", "A2.1", "A3.1", "A4.1"]
    assert lists_asked() == 5


def test_where_nothing_is_listed_most_turns_ask_for_single_checks(venue: Venue, turn: Turn) -> None:
    """In trial mode: the list is always empty."""
    till_has(unlisted=tuple(check(f"A{n}.1", SOUP, table=n) for n in range(1, 5)))
    turn()
    for n in range(1, 5):
        changed(venue, f"A{n}.1")

    assert turn(times=4) == [(f"A{n}.1", "open") for n in range(1, 5)]
    assert lists_asked() == 1
    turn()
    assert lists_asked() == 2


def test_a_notification_of_an_unlisted_bill_has_it_asked_for_at_once(venue: Venue, turn: Turn) -> None:
    till_has(unlisted=(check("A1.1", SOUP),))
    turn()
    changed(venue)
    turn()
    till_has(unlisted=(check("A1.1", SOUP, WINE),))
    changed(venue)
    turn()

    assert [bill.version for bill in Bill.objects.all()] == [2]
    assert asked_by_identifier() == ["A1.1", "A1.1"]


def test_a_named_check_that_is_on_the_list_costs_no_call_of_its_own(venue: Venue, turn: Turn) -> None:
    till_has(check("A1.1", SOUP))
    changed(venue)

    assert turn(times=2) == [("A1.1", "open")]
    assert asked_by_identifier() == []


@pytest.mark.parametrize(("table", "amount"), [(None, 5), (7, -5)])
def test_a_notification_with_a_check_that_no_guest_pays_names_none(
    venue: Venue, table: int | None, amount: int
) -> None:
    snapshot = OpenCheck("A1.1", "", table, amount=Decimal(amount), paid=Decimal(0), opened_at=None)
    changed(venue, check=snapshot)

    assert not CheckToFind.objects.exists()


def test_a_named_check_that_is_gone_or_old_is_forgotten(
    venue: Venue, turn: Turn, clock: time_machine.Traveller
) -> None:
    till_has()
    turn()
    changed(venue)
    assert turn() == []
    assert not CheckToFind.objects.exists()

    changed(venue)
    clock.shift(NAMED_FOR)
    turn(times=2)
    assert asked_by_identifier() == ["A1.1"]


def test_a_check_that_is_closed_closes_its_bill_at_once(venue: Venue, turn: Turn) -> None:
    till_has(check("A1.1", SOUP))
    turn()

    changed(venue, event=OrderEvent.COMPLETED)

    bill = Bill.objects.get()
    assert (bill.status, bill.version, calls_made()) == ("closed", 2, 1)
    assert bill.closed_at is not None
    changed(venue, event=OrderEvent.COMPLETED)
    assert Bill.objects.get().version == 2


def test_another_check_with_the_same_identifier_closes_nothing(venue: Venue, turn: Turn) -> None:
    till_has(check("A1.1", SOUP))
    turn()

    changed(venue, event=OrderEvent.COMPLETED, check_uuid="another")

    assert Bill.objects.get().status == "open"


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_bill_that_was_closed_in_error_opens_again_when_its_check_is_seen(
    venue: Venue, turn: Turn, is_listed: bool
) -> None:
    soup = check("A1.1", SOUP)
    till_has(soup)
    turn()
    changed(venue, event=OrderEvent.COMPLETED)
    till_has(*([soup] if is_listed else []), unlisted=() if is_listed else (soup,))
    changed(venue)

    assert turn(times=2) == [("A1.1", "open")]
    assert Bill.objects.get().closed_at is None


def test_a_list_that_was_asked_for_before_a_check_was_closed_does_not_open_its_bill_again(
    venue: Venue, turn: Turn
) -> None:
    till_has(check("A1.1", SOUP))
    turn()
    changed(venue, event=OrderEvent.COMPLETED)
    Bill.objects.update(closed_at=NOON + timedelta(seconds=3))

    assert turn() == [("A1.1", "closed")]
    assert turn(times=2) == [("A1.1", "open")]


def test_a_venue_without_pay_at_table_follows_no_checks(venue: Venue) -> None:
    PayAtTable.objects.update(enabled=False)

    changed(venue)

    assert not CheckToFind.objects.exists()


def test_a_table_without_a_bill_is_asked_for_by_its_number_once_in_a_while(venue: Venue, turn: Turn) -> None:
    table = Table.objects.create(venue=venue, area=Area.objects.create(venue=venue, pos_id="1"), pos_id="7", number=7)
    till_has()
    turn()

    def look() -> None:
        table.refresh_from_db()
        want_look(table=table)
        turn()

    look()
    look()
    assert tables_asked() == ["7"]

    till_has(unlisted=(check("A1.1", SOUP),))
    turn(after=LOOK_OFTEN_AFTER)
    look()
    assert tables_asked() == ["7", "7"]
    assert list(Bill.objects.values_list("account", "table_number")) == [("A1.1", 7)]
