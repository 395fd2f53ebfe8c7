"""Placing orders over REST: the documented shapes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from orders.models import Order
from storekit.models import Venue
from tests import factories
from tests.orders.api.storefront import ADDRESS, ORDERS, post
from tests.orders.conftest import CopperPotMenu


@time_machine.travel(datetime(2026, 7, 3, 17, 0, tzinfo=UTC), tick=False)
def test_a_placed_order_is_answered_as_documented(
    storefront: APIClient, posted: dict[str, Any], menu: CopperPotMenu
) -> None:
    answer = post(storefront, posted | {"scheduled_for": "2026-07-03T18:00:00Z"})
    assert answer.status_code == 201
    order = Order.objects.get()
    body = answer.json()
    burger, lunch, water = body.pop("items")
    assert body == {
        "id": str(order.pk),
        "number": 1,
        "collection_code": order.collection_code,
        "status": "placed",
        "type": "pickup",
        "placed_at": "2026-07-03T18:00:00+01:00",
        "scheduled_for": "2026-07-03T19:00:00+01:00",
        "pay_by": None,
        "expired": False,
        "customer": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "Ada@Example.com",
            "phone": "+442079460018",
        },
        "delivery_address": None,
        "table": None,
        "covers": None,
        "account": None,
        "note": "Ring the bell",
        "discount_code": "",
        "delivery_fee": "0.00",
        "service_charge": "0.00",
        "tip": "1.50",
        "payment": {"status": "paid", "reference": "web-1", "amount": "44.85"},
        "totals": {
            "items": "43.35",
            "discount": "0.00",
            "delivery_fee": "0.00",
            "service_charge": "0.00",
            "tip": "1.50",
            "total": "44.85",
        },
        "pos": {
            "state": "waiting",
            "attempts": 0,
            "next_attempt_at": "2026-07-03T17:59:55+01:00",
            "reference": f"{order.pk.hex}-1",
            "account": None,
            "error": None,
        },
    }
    assert {name: burger[name] for name in ("product", "sku", "quantity", "unit_price", "total", "note")} == {
        "product": str(menu.burger.pk),
        "sku": "BURGER",
        "quantity": 2,
        "unit_price": "10.00",
        "total": "24.50",
        "note": "no salt",
    }
    rare, cheese = burger["modifiers"]
    assert (rare["name"], rare["unit_price"], rare["modifiers"]) == ("Rare", "0.00", [])
    assert cheese["modifier"] == str(menu.cheese.pk)
    assert [mature["unit_price"] for mature in cheese["modifiers"]] == ["0.75"]
    assert (lunch["total"], water["total"]) == ("16.50", "2.35")


def _total_plus(posted: dict[str, Any], amount: str) -> dict[str, Any]:
    return posted["payment"] | {"amount": str(Decimal(posted["payment"]["amount"]) + Decimal(amount))}


def test_a_delivery_is_answered_with_its_address_and_fees(storefront: APIClient, posted: dict[str, Any]) -> None:
    wishes = {"type": "delivery", "delivery_address": ADDRESS, "delivery_fee": "3.00", "service_charge": "0.50"}
    body = post(storefront, posted | wishes | {"payment": _total_plus(posted, "3.50")}).json()
    assert body["delivery_address"] == {"line2": "", "notes": "", **ADDRESS}
    assert (body["type"], body["delivery_fee"], body["service_charge"]) == ("delivery", "3.00", "0.50")
    assert body["totals"] == {
        "items": "43.35",
        "discount": "0.00",
        "delivery_fee": "3.00",
        "service_charge": "0.50",
        "tip": "1.50",
        "total": "48.35",
    }
    assert storefront.get(f"{ORDERS}/{body['id']}").json() == body


@pytest.mark.parametrize("name", ["7", 7])
def test_a_dine_in_order_is_answered_with_its_table_covers_and_courses(
    storefront: APIClient, posted: dict[str, Any], venue: Venue, name: str | int
) -> None:
    factories.TableFactory(venue=venue, number=7)
    posted["items"][0]["course"] = 1
    body = post(storefront, posted | {"type": "dine_in", "table": name, "covers": 3}).json()
    assert (body["table"], body["covers"], body["account"]) == ("7", 3, None)
    assert [item["course"] for item in body["items"]] == [1, None, None]
    assert storefront.get(f"{ORDERS}/{body['id']}").json() == body


def test_an_order_added_to_an_open_bill_is_answered_with_the_bill(
    storefront: APIClient, posted: dict[str, Any]
) -> None:
    on_the_bill = {"type": "dine_in", "account": "A78094.48", "tip": "0.00", "payment": {"status": "unpaid"}}
    body = post(storefront, posted | on_the_bill).json()
    assert (body["account"], body["table"], body["covers"]) == ("A78094.48", None, None)
    assert (body["status"], body["payment"]["status"], body["pos"]["account"]) == ("placed", "unpaid", None)
    assert body["pos"]["next_attempt_at"] is not None


def test_a_discounted_order_is_answered_with_its_code(
    storefront: APIClient, posted: dict[str, Any], venue: Venue
) -> None:
    factories.DiscountCodeFactory(venue=venue, code="SPRING")
    body = post(storefront, posted | {"discount_code": "spring", "payment": _total_plus(posted, "-4.34")}).json()
    assert (body["discount_code"], body["totals"]["discount"], body["totals"]["total"]) == ("SPRING", "4.34", "40.51")


def test_reading_an_order_answers_the_same(storefront: APIClient, posted: dict[str, Any]) -> None:
    placed = post(storefront, posted).json()
    assert storefront.get(f"{ORDERS}/{placed['id']}").json() == placed


def test_a_placed_order_is_answered_without_reading_its_lines_back(
    storefront: APIClient, posted: dict[str, Any]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        post(storefront, posted)
    assert not [query["sql"] for query in captured if 'FROM "orders_orderline"' in query["sql"]]


def test_an_order_needs_only_type_customer_items_and_payment(storefront: APIClient, menu: CopperPotMenu) -> None:
    least = {
        "type": "pickup",
        "customer": {"first_name": "Ada"},
        "items": [{"sku": "WATER"}],
        "payment": {"status": "unpaid"},
    }
    answer = post(storefront, least)
    assert (answer.status_code, answer.json()["status"]) == (201, "awaiting_payment")


def test_null_counts_as_left_out(storefront: APIClient, posted: dict[str, Any]) -> None:
    nothing = dict.fromkeys(["scheduled_for", "delivery_address", "table", "covers", "discount_code"])
    posted["customer"] |= {"last_name": None, "email": None, "phone": None}
    answer = post(storefront, posted | nothing)
    assert answer.status_code == 201
    assert answer.json()["customer"] == {"first_name": "Ada", "last_name": "", "email": "", "phone": ""}


def test_prices_sent_by_the_caller_are_ignored(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["items"][2] |= {"price": "0.01", "unit_price": "0.01", "total": "0.01"}
    answer = post(storefront, posted | {"totals": {"total": "0.03"}})
    assert answer.json()["totals"]["total"] == "44.85"


def test_times_are_answered_in_the_venues_time_zone(
    storefront: APIClient, posted: dict[str, Any], venue: Venue
) -> None:
    Venue.objects.filter(pk=venue.pk).update(timezone="Asia/Kolkata")
    with time_machine.travel(datetime(2026, 7, 3, 17, 0, tzinfo=UTC), tick=False):
        assert post(storefront, posted).json()["placed_at"] == "2026-07-03T22:30:00+05:30"


def test_amounts_may_be_json_numbers_and_are_exact(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["payment"]["amount"] = 44.85
    assert post(storefront, posted).status_code == 201
    assert Order.objects.get().payment_amount == Decimal("44.85")
