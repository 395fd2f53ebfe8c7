"""The live floor: every table at a glance, in words, refreshed with a fixed number of queries."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import responses
import time_machine
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, TokenPair
from storekit.models import Venue
from tables.live_floor import Tile, live_floor
from tables.models import Bill, CheckList, PayAtTable, Payment
from tests import factories
from tests.tables.bills.tills import check, line, lists_asked, till_has

EVENING = datetime(2026, 5, 1, 18, 30, tzinfo=UTC)
State = Payment.State


@pytest.fixture
def settings_row(venue: Venue) -> PayAtTable:
    return PayAtTable.objects.create(venue=venue, enabled=True)


def tiles(venue: Venue) -> dict[int | None, Tile]:
    return {tile.number: tile for area in live_floor(venue=venue).areas for tile in area.tiles}


def bill_at(venue: Venue, number: int | None, **values: Any) -> Bill:
    made: Bill = factories.BillFactory(venue=venue, table_number=number, **values)
    return made


def test_every_table_has_its_state_in_words(venue: Venue) -> None:
    area = factories.AreaFactory(venue=venue, name="Terrace")
    for number in range(1, 8):
        factories.TableFactory(venue=venue, area=area, number=number)
    bill_at(venue, 2)
    bill_at(venue, 3, status="paid", paid=Decimal("10.00"))
    for number, values in (
        (4, {"state": State.HELD}),
        (5, {"state": State.SENT, "amount": Decimal("4.00")}),
        (6, {"state": State.SENT, "needs_staff": True}),
        (7, {"state": State.HELD, "held_until": EVENING}),
    ):
        factories.PaymentFactory(bill=bill_at(venue, number), **values)

    seen = tiles(venue)

    assert {number: tile.state.words for number, tile in seen.items()} == {
        1: "Free",
        2: "Open",
        3: "Paid",
        4: "Guests are paying",
        5: "Waiting for the till",
        6: "Needs you",
        7: "Open",
    }
    assert (seen[5].due, seen[5].paying) == (Decimal("10.00"), Decimal("4.00"))
    assert (seen[3].due, seen[1].due) == (Decimal(0), Decimal(0))


def test_several_bills_of_a_table_are_added_up_and_the_most_urgent_word_wins(venue: Venue) -> None:
    factories.TableFactory(venue=venue, number=1)
    bill_at(venue, 1, status="paid", paid=Decimal("10.00"))
    factories.PaymentFactory(bill=bill_at(venue, 1), state=State.SENT)
    bill_at(venue, 1)

    (tile,) = tiles(venue).values()

    assert (tile.state.words, tile.due, len(tile.bills)) == ("Waiting for the till", Decimal("20.00"), 3)


def test_bills_without_a_place_on_the_plan_are_shown_too_and_closed_ones_are_not(venue: Venue) -> None:
    factories.TableFactory(venue=venue, number=1)
    for number in (None, 99):
        bill_at(venue, number)
    bill_at(venue, 1, status="closed")

    areas = live_floor(venue=venue).areas

    assert [tile.state.words for tile in areas[0].tiles] == ["Free"]
    assert (areas[1].name, [tile.number for tile in areas[1].tiles]) == ("Not on the floor plan", [99, None])


def test_the_page_names_payments_that_need_a_person(
    venue: Venue, settings_row: PayAtTable, bens_browser: Client
) -> None:
    payment = factories.PaymentFactory(
        bill=bill_at(venue, 4, status="closed"), state=State.SENT, needs_staff=True, error="Nobody answers."
    )

    answer = bens_browser.get(f"/admin/tables/payattable/{settings_row.pk}/floor/")

    assert answer.context["status"] == "1 payment needs you"
    assert "Nobody answers." in answer.content.decode()
    assert f"/admin/tables/payment/{payment.pk}/change/" in answer.content.decode()


def test_tiles_that_have_not_changed_are_not_sent_again(
    venue: Venue, settings_row: PayAtTable, bens_browser: Client
) -> None:
    url = f"/admin/tables/payattable/{settings_row.pk}/floor/tiles/"
    bill = bill_at(venue, 4)

    first = bens_browser.get(url)
    assert "£10.00 due" in first.content.decode()
    again = bens_browser.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")

    Bill.objects.filter(pk=bill.pk).update(paid=Decimal("4.00"))
    changed = bens_browser.get(url, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, "£6.00 due" in changed.content.decode()) == (200, True)


def test_the_number_of_queries_does_not_grow_with_the_floor(
    venue: Venue, settings_row: PayAtTable, bens_browser: Client
) -> None:
    url = f"/admin/tables/payattable/{settings_row.pk}/floor/tiles/"
    area = factories.AreaFactory(venue=venue)
    numbers = []
    for size in range(2):
        for number in range(10 * size, 10 * (size + 1)):
            factories.TableFactory(venue=venue, area=area, number=number)
            factories.PaymentFactory(bill=bill_at(venue, number), needs_staff=True)
        with CaptureQueriesContext(database) as queries:
            assert bens_browser.get(url).status_code == 200
        numbers.append(len(queries))

    assert numbers[0] == numbers[1] <= 11


@responses.activate
@time_machine.travel(EVENING, tick=False)
def test_an_open_page_has_the_till_read_every_ten_seconds(
    connection: Connection, venue: Venue, settings_row: PayAtTable, bens_browser: Client
) -> None:
    TokenPair.objects.update(expires_at=EVENING + timedelta(days=1))
    till_has(check("A1.1", line("Soup", "7.50")))
    url = f"/admin/tables/payattable/{settings_row.pk}/floor/read/"

    assert [bens_browser.post(url).status_code for _ in range(2)] == [204, 204]
    assert (lists_asked(), tiles(venue)[7].due) == (1, Decimal("7.50"))

    CheckList.objects.update(fetched_at=EVENING - timedelta(seconds=11), next_attempt_at=EVENING)
    bens_browser.post(url)
    assert lists_asked() == 2
    assert bens_browser.get(url).status_code == 405


def test_a_floor_that_is_not_up_to_date_says_so(venue: Venue, settings_row: PayAtTable, bens_browser: Client) -> None:
    url = f"/admin/tables/payattable/{settings_row.pk}/floor/tiles/"
    assert "The till has not been read yet." in bens_browser.get(url).content.decode()

    with time_machine.travel(EVENING, tick=False):
        CheckList.objects.create(venue=venue, fetched_at=EVENING - timedelta(minutes=2), error="The POS is down.")
        shown = bens_browser.get(url).content.decode()
    assert "The till was last read today, 19:28. The POS is down." in shown


def test_the_floor_of_the_persons_own_venue_opens_first(
    venue: Venue, other_venue: Venue, settings_row: PayAtTable, zoes_browser: Client
) -> None:
    assert "No venue uses pay at table yet" in zoes_browser.get("/admin/tables/payattable/floor/").content.decode()

    own = PayAtTable.objects.create(venue=other_venue)
    answer = zoes_browser.get("/admin/tables/payattable/floor/")
    assert answer["Location"] == f"/admin/tables/payattable/{own.pk}/floor/"
