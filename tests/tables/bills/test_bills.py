"""Bills follow the POS's checks: one call for all phones, and no check is lost when it is renamed or unlisted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import responses
import time_machine

from integrations.models import Connection, TokenPair
from storekit.models import Venue
from tables.bills.refreshing import FRESH_FOR, LEASE, TRY_AGAIN_AFTER, refresh_bills
from tables.models import Bill, CheckList
from tests.tables.bills.tills import check, line, lists_asked, till_has, till_is_silent

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOUP, WINE = line("Soup", "7.50"), line("Wine", "30.00")


@pytest.fixture(autouse=True)
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    with responses.mock, time_machine.travel(NOON, tick=False) as traveller:
        TokenPair.objects.update(expires_at=NOON + timedelta(days=1))
        yield traveller


@pytest.fixture
def look(venue: Venue, clock: time_machine.Traveller) -> "Look":
    return Look(venue, clock)


class Look:
    """Looks at the venue's bills once its list is no longer new."""

    def __init__(self, venue: Venue, clock: time_machine.Traveller) -> None:
        self._venue, self._clock = venue, clock

    def __call__(self, after: timedelta = FRESH_FOR) -> list[Bill]:
        self._clock.shift(after)
        refresh_bills(venue=self._venue, patience=0)
        return list(Bill.objects.order_by("created_at", "account"))


def states(bills: list[Bill]) -> list[tuple[str, str, int | None]]:
    return [(bill.account, bill.status, bill.table_number) for bill in bills]


def test_a_check_becomes_a_bill_with_its_lines(look: Look) -> None:
    till_has(check("A1.1", SOUP, WINE, name="Ada", serviceCharge="2.00"), check("A2.1", SOUP, table=None))

    (bill,) = look()

    assert (bill.account, bill.table_number, bill.name, bill.covers) == ("A1.1", 7, "Ada", 2)
    assert (bill.total, bill.paid, bill.service_charge) == (Decimal("37.50"), 0, Decimal("2.00"))
    assert [(row["id"], row["total"]) for row in bill.lines] == [("line-Soup", "7.50"), ("line-Wine", "30.00")]
    assert bill.opened_at == datetime(2026, 5, 1, 18, tzinfo=UTC)


def test_however_many_phones_look_the_pos_is_asked_once_a_second(
    venue: Venue, look: Look, clock: time_machine.Traveller
) -> None:
    till_has(check("A1.1", SOUP))
    for _ in range(5):
        look(after=timedelta(0))
    clock.shift(FRESH_FOR - timedelta(milliseconds=10))
    refresh_bills(venue=venue, patience=0)
    assert lists_asked() == 1

    look(after=timedelta(milliseconds=20))
    assert lists_asked() == 2


def test_while_one_process_asks_the_others_show_what_is_there(venue: Venue, look: Look) -> None:
    till_has(check("A1.1", SOUP))
    look()
    CheckList.objects.update(next_attempt_at=NOON + FRESH_FOR * 2 + LEASE)

    look()
    assert lists_asked() == 1

    assert len(look(after=FRESH_FOR + LEASE)) == 1
    assert lists_asked() == 2


def test_only_what_guests_see_raises_the_version(look: Look) -> None:
    till_has(check("A1.1", SOUP))
    assert [bill.version for bill in look()] == [1]
    till_has(check("A1.1", SOUP | {"quantity": "1.0"}))
    assert [bill.version for bill in look()] == [1]
    till_has(check("A1.1", SOUP, WINE))
    assert [bill.version for bill in look()] == [2]
    till_has(check("A1.1", SOUP, WINE | {"active": False}))
    (bill,) = look()
    assert (bill.version, len(bill.lines), bill.total) == (3, 1, Decimal("7.50"))


def test_a_renamed_check_stays_the_same_bill_by_its_uuid(look: Look) -> None:
    till_has(check("A1.1", SOUP))
    (before,) = look()
    till_has(check("A1.3", SOUP))
    (after,) = look()

    assert (after.pk, after.account, after.version) == (before.pk, "A1.3", 1)
    names = set(after.identifiers.values_list("identifier", flat=True))
    assert names == {"A1.1", "A1.3", "uuid-A1"}


def test_a_check_that_takes_another_one_back_is_no_bill(look: Look) -> None:
    till_has(check("A1.1", SOUP), check("A1.2", line("Soup", "-7.50"), uuid="other"))

    assert states(look()) == [("A1.1", "open", 7)]


def test_a_check_without_a_uuid_is_known_by_its_identifier(look: Look) -> None:
    till_has(check("A1.1", SOUP, uuid=None))
    (before,) = look()
    till_has(check("A1.1", SOUP, WINE))
    (after,) = look()

    assert (after.pk, after.check_uuid) == (before.pk, "uuid-A1")


def test_a_bill_moves_to_another_table_and_away_from_all(look: Look) -> None:
    till_has(check("A1.1", SOUP))
    look()
    till_has(check("A1.1", SOUP, table=8))
    assert states(look()) == [("A1.1", "open", 8)]
    till_has(check("A1.1", SOUP, table=None))
    assert states(look()) == [("A1.1", "open", None)]


def test_a_split_check_is_two_bills_and_a_merged_one_is_closed(look: Look) -> None:
    till_has(check("A1.1", SOUP, WINE))
    look()
    till_has(check("A1.2", SOUP), check("A2.1", WINE))
    assert states(look()) == [("A1.2", "open", 7), ("A2.1", "open", 7)]
    till_has(check("A1.3", SOUP, WINE))
    look()
    # The next call asks for the one that left the list.
    assert states(look()) == [("A1.3", "open", 7), ("A2.1", "closed", 7)]


def test_a_bill_is_paid_once_the_till_has_all_of_it(look: Look) -> None:
    till_has(check("A1.1", SOUP, paidAmount="7.50"))
    assert states(look()) == [("A1.1", "paid", 7)]
    till_has(check("A1.1", SOUP, WINE, paidAmount="7.50"))
    assert states(look()) == [("A1.1", "open", 7)]


def test_a_check_that_was_opened_again_is_the_same_bill(look: Look) -> None:
    soup = check("A1.1", SOUP)
    till_has(soup)
    look()
    till_has()
    look()
    assert states(look()) == [("A1.1", "closed", 7)]
    till_has(soup)
    (bill,) = look()

    assert (bill.status, bill.closed_at, bill.version) == ("open", None, 3)


def test_a_silent_pos_closes_nothing_and_is_left_alone_for_a_moment(venue: Venue, look: Look) -> None:
    till_has(check("A1.1", SOUP))
    look()
    till_is_silent()

    assert states(look()) == [("A1.1", "open", 7)]
    row = CheckList.objects.get()
    assert row.error
    asked = lists_asked()
    look(after=TRY_AGAIN_AFTER - timedelta(seconds=1))
    assert lists_asked() == asked


def test_one_strange_check_does_not_hide_the_others(look: Look) -> None:
    till_has(check("A1.1", SOUP, table=3_000_000_000, clientCount=3_000_000_000), check("A" * 90, WINE, name="N" * 300))

    bills = {bill.account: bill for bill in look()}

    assert bills["A1.1"].table_number is None
    assert len(bills["A" * 64].name) == 200


def test_a_venue_without_a_connection_says_so(look: Look) -> None:
    Connection.objects.update(status=Connection.Status.DISCONNECTED)

    assert look() == []
    assert CheckList.objects.get().error
