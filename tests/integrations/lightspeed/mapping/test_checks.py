from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from integrations.lightspeed.mapping.checks import settles, to_open_check
from integrations.pos import BadAnswer, CheckLine, CheckPayment, OpenCheck

PAID = {"paymentMethodCode": "STOREKIT", "amountPaid": 13.5, "externalReference": "storekit-1", "active": True}
SNAPSHOT = {
    "ikaccountId": "A78094.48",
    "uuid": "d2c1",
    "name": "Ada Byron",
    "tableNumber": 4,
    "clientCount": 2,
    "openDate": "2021-12-21T13:24:49.265+0000",
    "closeDate": None,
    "currentAmount": Decimal("13.50"),
    "paidAmount": "3.50",
    "serviceCharge": 0,
    "salesEntries": [],
    "paymentEntries": [PAID],
}


def check(**changes: Any) -> OpenCheck:
    return to_open_check(SNAPSHOT | changes, "GBP")


def test_a_check_with_all_that_an_order_is_recognised_by() -> None:
    assert check() == OpenCheck(
        account="A78094.48",
        name="Ada Byron",
        table=4,
        amount=Decimal("13.50"),
        paid=Decimal("3.50"),
        opened_at=datetime(2021, 12, 21, 13, 24, 49, 265_000, UTC),
        payment_references=("storekit-1",),
        uuid="d2c1",
        covers=2,
        payments=(CheckPayment(Decimal("13.50"), "STOREKIT", "storekit-1", None),),
    )


BURGER: dict[str, Any] = {
    "id": 9007199254740993,
    "uuid": "l1",
    "itemName": "Burger",
    "itemSku": "BURGER",
    "unitAmount": "10.00",
    "quantity": Decimal("0.5"),
    "modifiers": [{"name": "No onions", "quantity": 1}],
    "amountWithTax": Decimal("4.50"),
    "amountLessTax": Decimal("3.75"),
    "discountedAmount": "0.50",
    "active": True,
    "subLineItems": [
        {"uuid": "l1", "itemName": "Cheese", "itemSku": "CHEESE", "quantity": 1, "amountWithTax": "1.00"},
        {"uuid": "l1", "itemName": "Bacon", "itemSku": "BACON", "quantity": 1, "active": False},
    ],
}


def test_lines_as_guests_see_them() -> None:
    (line,) = check(salesEntries=[BURGER]).lines

    assert line == CheckLine(
        id="l1",
        name="Burger",
        sku="BURGER",
        quantity=Decimal("0.5"),
        unit_price=Decimal("10.00"),
        total=Decimal("4.50"),
        discount=Decimal("0.50"),
        modifiers=(("No onions", Decimal(1)),),
        sub_lines=(CheckLine("l1", "Cheese", "CHEESE", Decimal(1), Decimal("0.00"), Decimal("1.00"), Decimal("0.00")),),
    )


def test_every_line_has_an_id_of_its_own_even_without_uuids() -> None:
    bare = {"itemName": "Soup", "itemSku": "SOUP", "quantity": 1, "amountWithTax": "7.50"}
    nameless = {"itemName": "Open item", "amountWithTax": "1.00"}
    lines = check(salesEntries=[BURGER, BURGER, {**bare, "id": 7}, bare, bare, nameless, nameless]).lines

    assert [line.id for line in lines] == ["l1", "l1-1", "7", "SOUP", "SOUP-1", "-1", "-2"]


def test_voids_and_tax_lines_are_no_items() -> None:
    tax = {"itemName": "Sales tax", "quantity": 1, "amountWithTax": "0.80", "amountLessTax": "0.00"}
    found = check(salesEntries=[BURGER, BURGER | {"active": False}, tax])

    assert [line.name for line in found.lines] == ["Burger"]


def test_payments_of_a_check_without_those_that_were_voided() -> None:
    cash = {
        "paymentMethodCode": "CASH",
        "paymentMethodDescription": "Cash",
        "amountPaid": "5.00",
        "paymentDate": "2021-12-21T13:30:00.000+0000",
        "active": True,
    }
    found = check(paymentEntries=[cash, cash | {"active": False}], serviceCharge="1.50")

    paid_at = datetime(2021, 12, 21, 13, 30, tzinfo=UTC)
    assert found.payments == (CheckPayment(Decimal("5.00"), "Cash", "", paid_at),)
    assert found.service_charge == Decimal("1.50")


def test_what_was_paid_in_francs_is_not_rounded_to_their_cash_step() -> None:
    found = to_open_check(SNAPSHOT | {"currentAmount": "4.52", "paidAmount": "4.48"}, "CHF")
    assert (found.amount, found.paid) == (Decimal("4.50"), Decimal("4.48"))


def test_a_check_is_known_by_its_uuid_and_its_identifiers() -> None:
    found = replace(check(posId=72676), asked_as="A78094.46")
    assert (found.uuid, found.pos_id) == ("d2c1", "72676")
    assert found.identifiers == ("A78094.48", "A78094.46", "d2c1")


def test_lines_may_lack_what_the_vendors_examples_lack() -> None:
    line = {"id": 1, "itemName": "Soup", "itemSku": "SOUP", "quantity": "1.0", "amountWithTax": "7.50", "active": True}
    found = check(salesEntries=[line], currentAmount="7.50", paidAmount="0", tableNumber="4", openDate=None)
    assert [(item.sku, item.quantity) for item in found.items] == [("SOUP", Decimal("1.0"))]
    assert (found.amount, found.paid, found.table) == (Decimal("7.50"), Decimal(0), 4)


LINE = {"itemSku": "SOUP", "quantity": 1, "active": True}
PAYMENT = {"amountPaid": "20.00", "active": True}


@pytest.mark.parametrize(
    ("closed", "settled"),
    [
        ({"currentAmount": 20, "paidAmount": "20.00"}, True),
        ({"currentAmount": 20, "paidAmount": 22}, True),
        ({"currentAmount": 20, "paymentEntries": [PAYMENT]}, True),
        ({"currentAmount": 20, "paymentEntries": [PAYMENT | {"active": False}]}, False),
        ({"currentAmount": "20.01", "paidAmount": 20}, True),
        ({"currentAmount": 20, "paidAmount": 0}, False),
        ({"currentAmount": "20.00"}, False),
        ({"currentAmount": "-20.00", "paidAmount": 0, "paymentEntries": []}, False),
        ({"currentAmount": 0, "paidAmount": 0, "salesEntries": [LINE]}, True),
        ({"currentAmount": 0, "paidAmount": 0, "salesEntries": []}, False),
        ({}, True),
    ],
)
def test_a_closed_check_settles_only_what_is_covered(closed: dict[str, Any], settled: bool) -> None:
    """Integrators' logs: a renamed check closes its former self with negative amounts and no payment method."""
    assert settles(closed, "GBP") is settled


@pytest.mark.parametrize(
    ("currency", "amount", "largest_rounding", "short"),
    [
        ("HUF", "1995", "1990", "1989"),
        ("JPY", "1000", "999", "998"),
        ("KWD", "1.005", "1.000", "0.999"),
        ("CHF", "20.05", "20.00", "19.95"),
        ("EUR", "20.02", "20.00", "19.96"),
        ("GBP", "20.02", "20.01", "20.00"),
        ("DKK", "20.30", "20.00", "19.79"),
        ("SEK", "20.40", "20.00", "19.39"),
    ],
)
def test_what_is_paid_in_cash_may_be_less_by_the_currencys_smallest_coin_and_no_more(
    currency: str, amount: str, largest_rounding: str, short: str
) -> None:
    assert settles({"currentAmount": amount, "paidAmount": largest_rounding}, currency)
    assert not settles({"currentAmount": amount, "paidAmount": short}, currency)


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2026-10-01T13:24:49.265Z", datetime(2026, 10, 1, 13, 24, 49, 265_000, UTC)),
        ("2026-10-01T13:24:49", datetime(2026, 10, 1, 13, 24, 49, tzinfo=UTC)),
        ("2026-10-01T13:24:49+02:00", datetime(2026, 10, 1, 13, 24, 49, tzinfo=timezone(timedelta(hours=2)))),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_come_in_two_ways_and_one_that_makes_no_sense_costs_nothing(words: Any, moment: datetime | None) -> None:
    assert check(openDate=words).opened_at == moment


@pytest.mark.parametrize("number", [None, 0])
def test_a_check_need_not_be_at_a_table(number: int | None) -> None:
    assert check(tableNumber=number).table == number


def test_only_payments_in_force_are_known_by_their_references() -> None:
    entries = [
        PAID | {"active": False},
        PAID | {"externalReference": "storekit-2", "active": None},
        PAID | {"externalReference": None},
        {"amountPaid": 5},
        PAID | {"externalReference": 77},
    ]
    assert check(paymentEntries=entries).payment_references == ("storekit-2", "77")


@pytest.mark.parametrize("entries", [None, []])
def test_nothing_was_paid_yet(entries: Any) -> None:
    assert check(paymentEntries=entries).payment_references == ()


@pytest.mark.parametrize("amount", [None, "", 0, "0.00"])
def test_an_empty_check_comes_to_nothing(amount: Any) -> None:
    assert check(currentAmount=amount, paidAmount=amount).amount == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"ikaccountId": None},
        {"ikaccountId": ""},
        {"ikaccountId": 1.5},
        {"currentAmount": "much"},
        {"tableNumber": "four"},
        {"tableNumber": -1},
        {"paymentEntries": [7]},
        {"paymentEntries": {"0": PAID}},
        {"paymentEntries": [PAID | {"active": "yes"}]},
        {"name": ["Ada"]},
    ],
)
def test_a_check_that_is_not_as_documented_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        check(**changes)
