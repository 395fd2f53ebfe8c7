"""`GET /api/v1/tables/TOKEN`: a table's bills, for whoever has its token and for nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
import time_machine
from rest_framework.test import APIClient

from integrations.models import Connection, LightspeedSettings, TokenPair
from storekit.models import Venue
from tables.bills.refreshing import FRESH_FOR
from tables.codes.tokens import rotate
from tables.guest.views import ByTable
from tables.models import Area, PayAtTable, Table
from tests.tables.bills.tills import check, line, lists_asked, till_has, till_is_silent

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOUP, WINE = line("Soup", "7.50"), line("Wine", "15.00", "0.5")


@pytest.fixture(autouse=True)
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    with responses.mock, time_machine.travel(NOON, tick=False) as traveller:
        TokenPair.objects.update(expires_at=NOON + timedelta(days=1))
        till_has()
        yield traveller


@pytest.fixture
def table(venue: Venue) -> Table:
    PayAtTable.objects.create(venue=venue, enabled=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    Table.objects.create(venue=venue, area=area, pos_id="8", number=8)
    return Table.objects.create(venue=venue, area=area, pos_id="7", number=7, name="By the door")


def get(table: Table, etag: str = "") -> Any:
    return APIClient().get(f"/api/v1/tables/{table.token}", headers={"If-None-Match": etag} if etag else {})


def bills(table: Table) -> list[dict[str, Any]]:
    answer = get(table)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["bills"]
    return found


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def shown(id: str, name: str, total: str, **more: Any) -> dict[str, Any]:
    row = {"id": id, "name": name, "quantity": "1", "unit_price": total, "total": total, "discount": "0.00"}
    return {**row, "modifiers": [], "sub_lines": [], **more}


def test_a_guest_sees_the_bill_of_the_table_as_the_till_has_it(table: Table) -> None:
    burger = line("Burger", "9.00", unitAmount="10.00", discountedAmount="1.00")
    burger |= {"modifiers": [{"name": "No onions", "quantity": 1}], "subLineItems": [line("Cheese", "1.00")]}
    cash = {"paymentMethodCode": "CASH", "amountPaid": "5.00", "paymentDate": "2026-05-01T18:30:00.000+0000"}
    amounts: dict[str, Any] = {
        "currentAmount": "24.50",
        "paidAmount": "5.00",
        "serviceCharge": "2.00",
        "paymentEntries": [cash],
    }
    till_has(check("A1.1", burger, WINE, name="Ada", **amounts))

    answer = get(table).json()

    assert answer["venue"] == {"slug": "copper-pot", "name": "The Copper Pot", "currency": "GBP"}
    assert answer["table"] == {"number": 7, "name": "By the door", "area": "Bar"}
    (bill,) = answer["bills"]
    assert bill.pop("id")
    cheese = shown("line-Cheese", "Cheese", "1.00")
    no_onions = {"name": "No onions", "quantity": "1"}
    assert bill.pop("lines") == [
        shown("line-Burger", "Burger", "10.00", discount="1.00", modifiers=[no_onions], sub_lines=[cheese]),
        shown("line-Wine", "Wine", "15.00", quantity="0.5"),
    ]
    assert bill == {
        "name": "Ada",
        "covers": 2,
        "opened_at": "2026-05-01T19:00:00+01:00",
        "status": "open",
        "version": 1,
        "totals": {
            "items": "25.00",
            "discount": "2.50",
            "service_charge": "2.00",
            "total": "24.50",
            "paid": "5.00",
            "pending": "0.00",
            "due": "19.50",
        },
        "payments": [
            {"amount": "5.00", "tip": "0.00", "method": "CASH", "at": "2026-05-01T19:30:00+01:00", "source": "pos"}
        ],
    }


def test_a_token_opens_its_own_table_only(table: Table) -> None:
    till_has(check("A1.1", SOUP, table=8))

    assert bills(table) == []
    assert [bill["status"] for bill in bills(Table.objects.get(number=8))] == ["open"]


def test_several_checks_at_a_table_come_oldest_first(table: Table) -> None:
    late, soon = "2026-05-01T18:05:00.000+0000", "2026-05-01T17:55:00.000+0000"
    till_has(check("A1.1", SOUP, name="Late", openDate=late), check("A2.1", SOUP, name="Soon", openDate=soon))

    assert [bill["name"] for bill in bills(table)] == ["Soon", "Late"]


def test_the_next_guests_do_not_see_a_closed_bill(table: Table, clock: time_machine.Traveller) -> None:
    till_has(check("A1.1", SOUP))
    assert len(bills(table)) == 1
    till_has()
    clock.shift(FRESH_FOR)
    bills(table)
    clock.shift(FRESH_FOR)

    assert bills(table) == []


@pytest.mark.parametrize(("ignored", "names"), [(True, ["Menu", "Soup"]), (False, ["Menu", "Water", "Soup"])])
def test_free_lines_are_hidden_if_the_venue_wants_that_unless_something_below_them_costs(
    table: Table, ignored: bool, names: list[str]
) -> None:
    LightspeedSettings.objects.update(ignore_free_items=ignored)
    deal = line("Menu", "0.00", subLineItems=[line("Steak", "20.00")])
    till_has(check("A1.1", deal, line("Water", "0.00"), SOUP, currentAmount="27.50"))

    assert [row["name"] for row in bills(table)[0]["lines"]] == names


@pytest.mark.parametrize(("currency", "due"), [("JPY", "20"), ("KWD", "19.502"), ("CHF", "19.50")])
def test_amounts_have_the_decimals_of_the_currency(table: Table, currency: str, due: str) -> None:
    Venue.objects.update(currency=currency)
    till_has(check("A1.1", line("Soup", "19.502"), currentAmount="19.502"))

    assert bills(table)[0]["totals"]["due"] == due


def test_an_unchanged_bill_is_not_sent_again(table: Table, clock: time_machine.Traveller) -> None:
    till_has(check("A1.1", SOUP))
    etag = get(table).headers["ETag"]

    clock.shift(FRESH_FOR)
    same = get(table, etag)
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert same.headers["Cache-Control"] == "private, no-cache"

    till_has(check("A1.1", SOUP, WINE))
    clock.shift(FRESH_FOR)
    assert get(table, etag).status_code == 200


def test_a_replaced_code_asks_the_guest_to_speak_to_the_staff(table: Table) -> None:
    old = Table.objects.get(pk=table.pk)
    rotate(table=table)

    answer = get(old)

    assert code(answer) == (410, "ask_the_staff")
    assert "Ask the staff" in answer.json()["errors"][0]["detail"]
    assert get(table).status_code == 200


def test_a_venue_that_has_not_switched_pay_at_table_on_answers_like_an_unknown_code(table: Table) -> None:
    PayAtTable.objects.update(enabled=False)

    assert code(get(table)) == (404, "not_found")
    assert lists_asked() == 0


@pytest.mark.parametrize("token", ["A" * 26, "A" * 500, "A%0A", "%00", "copper-pot"])
def test_an_unknown_token_opens_nothing(table: Table, token: str) -> None:
    assert APIClient().get(f"/api/v1/tables/{token}").status_code in {400, 404}
    assert lists_asked() == 0


def test_while_the_pos_is_silent_guests_see_the_bill_for_a_minute_more(
    table: Table, clock: time_machine.Traveller
) -> None:
    till_has(check("A1.1", SOUP))
    bills(table)
    till_is_silent()

    clock.shift(timedelta(seconds=50))
    assert len(bills(table)) == 1
    clock.shift(timedelta(seconds=20))
    answer = get(table)
    assert code(answer) == (503, "pos_unavailable")
    assert answer.headers["Retry-After"] == "3"


def test_too_many_requests_for_one_table_are_refused_and_other_tables_are_not(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByTable, "rate", "2/minute")

    assert [get(table).status_code for _ in range(3)] == [200, 200, 429]
    assert get(Table.objects.get(number=8)).status_code == 200


def test_a_poll_takes_few_queries_whatever_the_number_of_bills(
    table: Table, django_assert_max_num_queries: Any
) -> None:
    till_has(*(check(f"A{n}.1", SOUP) for n in range(12)))
    assert len(bills(table)) == 12

    with django_assert_max_num_queries(5):
        bills(table)
