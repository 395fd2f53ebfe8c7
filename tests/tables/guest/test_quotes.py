"""`POST /api/v1/tables/TOKEN/bills/ID/quote`: what a guest would pay, before anything is held."""

from fractions import Fraction
from typing import Any

import pytest
from rest_framework.test import APIClient

from tables.bills.refreshing import refresh_bills
from tables.bills.splitting import EqualShares, Items
from tables.models import Bill, PayAtTable, Payment, Table, Tips
from tests.tables.bills.tills import check
from tests.tables.payments.conftest import clock, table, till
from tests.tables.payments.tables import SOUP, WINE, Till, pay

__all__ = ["clock", "table", "till"]
FULL = {"mode": "full"}


def asked(table: Table, split: Any = FULL, **more: Any) -> Any:
    refresh_bills(venue=table.venue, patience=0)
    address = f"/api/v1/tables/{table.token}/bills/{Bill.objects.get().pk}/quote"
    return APIClient().post(address, {"split": split, **more}, format="json")


def quoted(table: Table, split: Any = FULL, **more: Any) -> dict[str, Any]:
    answer = asked(table, split, **more)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_a_quote_says_what_a_part_costs_and_holds_nothing(table: Table) -> None:
    third = {"mode": "items", "lines": [{"line": "line-Wine", "quantity": "1/3"}]}

    assert quoted(table, third, tip="2.00") == {
        "amount": "10.00",
        "tip": "2.00",
        "total": "12.00",
        "due": "37.50",
        "asks_for_tip": True,
        "tips": [
            {"percent": 10, "tip": "1.00", "total": "11.00"},
            {"percent": 12, "tip": "1.20", "total": "11.20"},
            {"percent": 15, "tip": "1.50", "total": "11.50"},
        ],
        "lines": [
            {"line": "line-Soup", "quantity": "1", "amount": "7.50"},
            {"line": "line-Wine", "quantity": "1", "amount": "30.00"},
        ],
    }
    assert not Payment.objects.exists()
    assert Bill.objects.get().version == 1


def test_what_others_pay_is_left_out(table: Table) -> None:
    quoted(table)
    pay(table, choice=Items({"line-Soup": Fraction(1), "line-Wine": Fraction(1, 2)}))

    found = quoted(table)

    assert (found["amount"], found["due"]) == ("15.00", "15.00")
    assert [line["quantity"] for line in found["lines"]] == ["0", "1/2"]
    soup = {"mode": "items", "lines": [{"line": "line-Soup", "quantity": "1"}]}
    assert code(asked(table, soup)) == (409, "not_available")


def test_on_a_small_bill_the_tips_are_amounts(table: Table) -> None:
    PayAtTable.objects.update(tips=Tips.SMART, small_bill_tips=["1", "2.50"], small_bill_below=20)

    small = quoted(table, {"mode": "amount", "amount": "19.99"})
    assert [(one["percent"], one["tip"]) for one in small["tips"]] == [(None, "1.00"), (None, "2.50")]
    assert [one["percent"] for one in quoted(table)["tips"]] == [10, 12, 15]


@pytest.mark.parametrize(("beside", "is_asked"), [(False, False), (True, True)])
def test_beside_a_service_charge_a_tip_is_asked_for_only_if_the_venue_wants_that(
    table: Table, till: Till, beside: bool, is_asked: bool
) -> None:
    PayAtTable.objects.update(tips_beside_service_charge=beside)
    till.shows(check("A1.1", SOUP, WINE, serviceCharge="3.75", currentAmount="41.25"))

    found = quoted(table)

    assert found["asks_for_tip"] is is_asked
    assert bool(found["tips"]) is is_asked


def test_tips_that_no_till_can_charge_are_not_offered(table: Table) -> None:
    table.venue.currency = "CHF"
    table.venue.save()

    assert [one["tip"] for one in quoted(table, {"mode": "amount", "amount": "0.25"})["tips"]] == [
        "0.05",
        "0.05",
        "0.05",
    ]
    assert quoted(table, {"mode": "amount", "amount": "0.15"})["tips"] == []


def test_a_payment_that_would_cost_something_else_than_the_guest_saw_is_refused(table: Table) -> None:
    seen = quoted(table, {"mode": "shares", "shares": 1, "of": 2})["amount"]
    pay(table, choice=EqualShares(1, 2))
    address = f"/api/v1/tables/{table.token}/bills/{Bill.objects.get().pk}/payments"
    body = {"split": FULL, "amount": "37.50", "card": {"token": "ok"}}

    assert seen == "18.75"
    assert code(APIClient().post(address, body, format="json", headers={"Idempotency-Key": "1"})) == (
        409,
        "amount_mismatch",
    )
    body["amount"] = "18.75"
    assert APIClient().post(address, body, format="json", headers={"Idempotency-Key": "2"}).status_code == 201


def test_without_payments_by_phone_there_is_nothing_to_quote(table: Table) -> None:
    PayAtTable.objects.update(payments_enabled=False)

    assert code(asked(table)) == (409, "payments_off")
