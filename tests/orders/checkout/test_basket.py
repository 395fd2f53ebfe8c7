"""A basket is priced and checked like an order but not stored; the POS is asked only on request."""

import copy
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
import requests
import responses
import time_machine
from django.test import Client
from django_q.models import OrmQ
from pytest_django import Settings
from rest_framework.test import APIClient

from integrations.models import Connection, LightspeedSettings, TokenPair
from orders.models import DiscountCode, Injection, Order, OrderCounter, OrderingRules
from storekit.models import IdempotentAnswer, Venue
from tests import factories
from tests.orders.api.storefront import as_json_schema
from tests.orders.conftest import CopperPotMenu

BASKET, ORDERS = "/api/v1/venues/copper-pot/basket", "/api/v1/venues/copper-pot/orders"
API = "https://pos.example"


def check(storefront: APIClient, body: Any, to: str = BASKET) -> Any:
    return storefront.post(to, body, format="json")


def problems(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.content
    found = answer.json()["problems"]
    assert all(set(problem) == {"code", "detail", "attr"} and problem["detail"] for problem in found)
    return [(problem["code"], problem["attr"]) for problem in found]


def water(quantity: int = 1) -> dict[str, Any]:
    return {"items": [{"sku": "WATER", "quantity": quantity}]}


# --- As an order would be --------------------------------------------------------------------------------------------


def test_a_basket_is_answered_with_lines_totals_and_no_problem(
    storefront: APIClient, posted: dict[str, Any], menu: CopperPotMenu
) -> None:
    answer = check(storefront, posted)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"lines", "totals", "problems"}
    assert body["problems"] == []
    assert body["totals"] == {
        "items": "43.35",
        "discount": "0.00",
        "delivery_fee": "0.00",
        "service_charge": "0.00",
        "tip": "1.50",
        "total": "44.85",
    }
    burger, lunch, drink = body["lines"]
    assert (burger["product"], burger["quantity"], burger["total"]) == (str(menu.burger.pk), 2, "24.50")
    assert [choice["name"] for choice in burger["modifiers"]] == ["Rare", "Cheese"]
    assert (lunch["total"], drink["total"], drink["course"]) == ("16.50", "2.35", None)


def test_the_order_that_follows_has_the_same_lines_and_totals(storefront: APIClient, posted: dict[str, Any]) -> None:
    seen = check(storefront, posted).json()
    order = storefront.post(ORDERS, posted, format="json", headers={"Idempotency-Key": "k"}).json()
    assert (order["items"], order["totals"]) == (seen["lines"], seen["totals"])


def test_nothing_is_stored_and_no_discount_is_used(storefront: APIClient, posted: dict[str, Any], venue: Venue) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code="SPRING", usage_limit=1)
    for _ in range(2):
        assert check(storefront, posted | {"discount_code": "spring"}).json()["totals"]["discount"] == "4.34"
    for model in (Order, OrderCounter, Injection, OrmQ, IdempotentAnswer):
        assert not model.objects.exists()
    assert DiscountCode.objects.get(pk=code.pk).times_used == 0


def test_a_basket_needs_only_items(storefront: APIClient, menu: CopperPotMenu) -> None:
    answer = check(storefront, water(2))
    assert problems(answer) == []
    assert answer.json()["totals"]["total"] == "4.70"


def test_every_problem_is_reported_at_once_with_its_field(
    storefront: APIClient, posted: dict[str, Any], venue: Venue
) -> None:
    OrderingRules.objects.create(venue=venue, delivery=False)
    posted["items"][0]["modifiers"] = []
    posted["items"].append({"sku": "PIZZA"})
    posted |= {"type": "delivery", "scheduled_for": "2020-01-01T18:00:00Z", "discount_code": "SPRING", "table": "7"}
    assert set(problems(check(storefront, posted))) == {
        ("not_accepted", "type"),
        ("in_the_past", "scheduled_for"),
        ("required", "delivery_address"),
        ("not_for_this_type", "table"),
        ("unknown_discount", "discount_code"),
        ("too_few", "items.0.modifiers"),
        ("unknown_product", "items.3"),
    }


def test_items_that_cannot_be_priced_are_left_out_of_the_lines(storefront: APIClient, menu: CopperPotMenu) -> None:
    body = check(storefront, {"items": [{"sku": "PIZZA"}, {"sku": "WATER"}]}).json()
    assert [line["sku"] for line in body["lines"]] == ["WATER"]
    assert body["totals"]["total"] == "2.35"


def test_an_empty_basket_is_a_problem(storefront: APIClient, menu: CopperPotMenu) -> None:
    assert problems(check(storefront, {"items": []})) == [("empty", "items")]


def test_an_amount_that_is_not_the_total_is_a_problem(storefront: APIClient, menu: CopperPotMenu) -> None:
    payment = {"status": "paid", "amount": "2.34"}
    assert problems(check(storefront, water() | {"payment": payment})) == [("amount_mismatch", "payment.amount")]


def test_a_discount_that_does_not_apply_takes_nothing_off(
    storefront: APIClient, menu: CopperPotMenu, venue: Venue
) -> None:
    factories.DiscountCodeFactory(venue=venue, code="SPRING", minimum_spend=Decimal("20.00"))
    answer = check(storefront, water() | {"discount_code": "SPRING"})
    assert problems(answer) == [("minimum_spend", "discount_code")]
    assert answer.json()["totals"]["discount"] == "0.00"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": {}},
        {"items": [{}]},
        {"items": [{"sku": "WATER", "quantity": "1"}]},
        {"items": [{"sku": "WATER"}], "type": "teleport"},
        {"items": [{"sku": "WATER"}], "tip": "-1.00"},
        {"items": [{"sku": "WATER"}], "ask_pos": "perhaps"},
        {"items": [{"sku": "WATER"}], "ask_pos": "yes"},
        {"items": [{"sku": "WATER"}], "ask_pos": 1},
        [],
        "basket",
    ],
)
def test_a_malformed_basket_is_an_error(storefront: APIClient, menu: CopperPotMenu, body: Any) -> None:
    answer = check(storefront, body)
    assert (answer.status_code, answer.json()["type"]) == (400, "validation_error")


def test_only_the_venues_own_api_key_is_accepted(
    storefront: APIClient, other_storefront: APIClient, menu: CopperPotMenu
) -> None:
    assert check(APIClient(), water()).status_code == 401
    assert check(other_storefront, water()).status_code == 403
    theirs = check(other_storefront, water(), to="/api/v1/venues/blue-door/basket")
    assert problems(theirs) == [("not_ready", "scheduled_for"), ("unknown_product", "items.0")], "it has no POS"


# --- Asking the POS --------------------------------------------------------------------------------------------------


@pytest.fixture
def pos(connection: Connection, settings: Settings) -> Any:
    """The POS's calls that a basket makes, answered by the test; everything is ready and nothing is restricted."""
    settings.LIGHTSPEED_API_URL = API
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def says_ready(pos: responses.RequestsMock, *, ready: bool = True) -> None:
    state = {"salesPeriod": "OPENED" if ready else "CLOSED", "acceptingOnlineOrders": ready, "availableDevices": 1}
    body = {
        "status": "READY" if ready else "NOT_READY",
        "onlineOrderingApiConfiguration": {"enabled": True},
        "posStatus": state,
    }
    pos.get(f"{API}/o/op/1/onlineOrderReadiness", json=body)


def says_left(pos: responses.RequestsMock, **left: int | None) -> None:
    rows = [{"sku": sku, "count": count, "updatedAt": "2026-07-03T17:00:00Z"} for sku, count in left.items()]
    page = {"data": rows, "metadata": {"total": len(rows), "totalPages": 1}}
    pos.post(f"{API}/o/op/1/itemAvailability", json=page)


def test_a_pos_that_is_ready_and_has_everything_says_so(
    storefront: APIClient, posted: dict[str, Any], pos: responses.RequestsMock
) -> None:
    says_ready(pos)
    says_left(pos, WATER=1)
    answer = check(storefront, posted | {"ask_pos": True})
    assert problems(answer) == []
    assert answer.json()["pos"] == {"asked": True, "ready": True, "reason": ""}
    asked = json.loads(pos.calls[-1].request.body or "")
    assert sorted(asked["skus"]) == ["BURGER", "CHEESE", "LUNCH", "MATURE", "STEAK", "WATER"]


def test_the_pos_is_not_called_unless_requested(
    storefront: APIClient, posted: dict[str, Any], pos: responses.RequestsMock
) -> None:
    assert "pos" not in check(storefront, posted).json()
    assert len(pos.calls) == 0


@pytest.mark.parametrize(
    ("left", "problem"),
    [
        ({"WATER": 2}, ("unavailable", "items.2")),
        ({"WATER": None}, ("unavailable", "items.2")),
        ({"WATER": 0}, ("unavailable", "items.2")),
        ({"CHEESE": 1}, ("unavailable", "items.0.modifiers.1")),
        ({"MATURE": -1}, ("unavailable", "items.0.modifiers.1.modifiers.0")),
    ],
)
def test_an_item_the_pos_is_short_of_is_a_problem_at_its_place(
    storefront: APIClient,
    posted: dict[str, Any],
    pos: responses.RequestsMock,
    left: dict[str, int | None],
    problem: tuple[str, str],
) -> None:
    says_ready(pos)
    says_left(pos, **left)
    posted["items"][2]["quantity"] = 3
    del posted["payment"]
    assert problems(check(storefront, posted | {"ask_pos": True})) == [problem]


def test_the_problem_says_how_many_are_left(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    says_ready(pos)
    says_left(pos, WATER=2)
    (problem,) = check(storefront, water(3) | {"ask_pos": True}).json()["problems"]
    assert problem == {"code": "unavailable", "detail": "Only 2 of Water left.", "attr": "items.0"}


def test_a_shortage_known_to_us_and_the_pos_is_reported_once(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    menu.water.stock = 2
    menu.water.save()
    says_ready(pos)
    says_left(pos, WATER=2)
    assert problems(check(storefront, water(3) | {"ask_pos": True})) == [("unavailable", "items.0")]


def test_what_the_pos_has_left_today_is_no_problem_for_an_order_that_it_gets_on_another_day(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    LightspeedSettings.objects.update(buffer_orders=True)
    says_ready(pos)
    says_left(pos, WATER=0)
    next_week = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    assert problems(check(storefront, water(3) | {"ask_pos": True, "scheduled_for": next_week})) == []


NOW = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "is_a_problem"), [(None, True), (20, True), (21, False), (18 * 60, False)])
def test_a_closed_till_is_a_problem_for_what_would_be_cooked_now(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock, minutes: int | None, is_a_problem: bool
) -> None:
    says_ready(pos, ready=False)
    says_left(pos)
    wanted = None if minutes is None else (NOW + timedelta(minutes=minutes)).isoformat()
    with time_machine.travel(NOW, tick=False):
        factories.TokenPairFactory._meta.model.objects.update(expires_at=NOW + timedelta(hours=1))
        answer = check(storefront, water() | {"ask_pos": True, "scheduled_for": wanted})
    assert problems(answer) == ([("pos_not_ready", "scheduled_for")] if is_a_problem else [])
    said = answer.json()["pos"]
    assert (said["asked"], said["ready"]) == (True, False)
    assert said["reason"]


@pytest.mark.parametrize(
    "trouble",
    [
        {"body": requests.ConnectionError("no route")},
        {"body": requests.ReadTimeout("too slow")},
        {"status": 503},
        {"status": 429},
        {"json": {"status": "PERHAPS"}},
        {"body": "not JSON"},
    ],
)
def test_when_the_pos_cannot_say_nothing_is_a_problem(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock, trouble: dict[str, Any]
) -> None:
    pos.get(f"{API}/o/op/1/onlineOrderReadiness", **trouble)
    answer = check(storefront, water() | {"ask_pos": True})
    assert problems(answer) == []
    said = answer.json()["pos"]
    assert (said["asked"], said["ready"]) == (True, None)
    assert said["reason"]


def test_when_the_pos_cannot_say_what_is_left_nothing_is_a_problem(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    says_ready(pos, ready=False)
    pos.post(f"{API}/o/op/1/itemAvailability", status=500)
    answer = check(storefront, water() | {"ask_pos": True})
    assert (problems(answer), answer.json()["pos"]["ready"]) == ([], None)


def test_a_guest_does_not_wait_for_an_expired_token_to_be_refreshed(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    TokenPair.objects.update(expires_at=datetime.now(UTC))
    answer = check(storefront, water() | {"ask_pos": True})
    assert (problems(answer), answer.json()["pos"]["ready"]) == ([], None)
    assert list(pos.calls) == []


def test_a_guest_does_not_wait_when_the_pos_refuses_the_token(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    pos.get(f"{API}/o/op/1/onlineOrderReadiness", status=401)
    answer = check(storefront, water() | {"ask_pos": True})
    assert (problems(answer), answer.json()["pos"]["ready"]) == ([], None)
    assert len(pos.calls) == 1


def test_a_venue_without_a_pos_takes_orders_for_later_only(
    storefront: APIClient, taking_orders: Connection, menu: CopperPotMenu
) -> None:
    taking_orders.delete()
    answer = check(storefront, water() | {"ask_pos": True})
    assert problems(answer) == [("not_ready", "scheduled_for")]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert problems(check(storefront, water() | {"scheduled_for": tomorrow})) == []
    assert answer.json()["pos"] == {
        "asked": True,
        "ready": None,
        "reason": "This venue is not connected to Lightspeed.",
    }


def test_requests_and_responses_match_the_schema(
    client: Client, storefront: APIClient, posted: dict[str, Any], venue: Venue
) -> None:
    openapi = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    schema = as_json_schema(copy.deepcopy(openapi))

    def matches(value: Any, name: str) -> None:
        definition = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
        jsonschema.Draft202012Validator(definition).validate(value)

    factories.TableFactory(venue=venue, number=7)
    at_a_table = water() | {"type": "dine_in", "table": 7, "covers": 2, "account": None, "ask_pos": True}
    for basket in (posted, water(), at_a_table, water() | {"items": [{"sku": "PIZZA"}]}):
        matches(basket, "PostedBasket")
        answer = check(storefront, basket)
        assert answer.status_code == 200
        matches(answer.json(), "Basket")
    assert "/api/v1/venues/{slug}/basket" in schema["paths"]
