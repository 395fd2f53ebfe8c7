"""Any body that a storefront posts gets an order or an error of the documented shape."""

import contextlib
import copy
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from storekit.models import Venue
from storekit.rest.api_keys import issue_api_key
from tests import factories
from tests.orders.conftest import CopperPotMenu
from tests.support.examples import examples

ORDERS, BASKET = "/api/v1/venues/copper-pot/orders", "/api/v1/venues/copper-pot/basket"
PLACES = [
    ("type",),
    ("scheduled_for",),
    ("customer",),
    ("customer", "first_name"),
    ("customer", "email"),
    ("customer", "phone"),
    ("note",),
    ("items",),
    ("items", 0),
    ("items", 0, "product"),
    ("items", 2, "sku"),
    ("items", 0, "quantity"),
    ("items", 0, "note"),
    ("items", 0, "modifiers"),
    ("items", 0, "modifiers", 0),
    ("items", 0, "modifiers", 0, "modifier"),
    ("items", 0, "modifiers", 1, "quantity"),
    ("items", 0, "modifiers", 1, "modifiers", 0, "quantity"),
    ("tip",),
    ("payment",),
    ("payment", "amount"),
    ("payment", "status"),
    ("payment", "reference"),
    ("delivery_fee",),
    ("service_charge",),
    ("discount_code",),
    ("table",),
    ("covers",),
    ("delivery_address",),
    ("delivery_address", "line1"),
    ("account",),
    ("items", 0, "course"),
    ("something else",),
]
ODDITIES = [
    "\x00",
    "\ud800",
    "NaN",
    "Infinity",
    "1e30",
    "-0.01",
    "0.001",
    "٣",
    "x" * 3000,
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "{00000000-0000-0000-0000-000000000000}",
    "+999999999999999999",
    10**300,
    -(10**300),
    1e308,
    [[[[]]]],
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(ODDITIES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


_HOME = {"line1": "1 High Street", "city": "London", "postcode": "N1 9GU"}


def put(body: Any, place: tuple[str | int, ...], value: Any) -> None:
    """Put the value at the place, unless an earlier change removed it."""
    *steps, last = place
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for step in steps:
            body = body[step]
        body[last] = copy.deepcopy(value)


@pytest.mark.django_db
@pytest.mark.parametrize("type", ["pickup", "delivery", "dine_in"])
def test_any_body_gets_an_order_or_a_clear_error(venue: Venue, posted: dict[str, Any], type: str) -> None:
    factories.TableFactory(venue=venue, number=7)
    posted["type"] = type
    if type == "delivery":
        posted["delivery_address"] = _HOME
    elif type == "dine_in":
        posted |= {"table": "7", "covers": 2}
    client = Client(raise_request_exception=False)
    authorization = f"Bearer {issue_api_key(venue=venue, name='web shop')[1]}"
    keys = iter(range(10**6))

    @settings(max_examples=examples(50), deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(st.tuples(st.sampled_from(PLACES), json_values), min_size=1, max_size=2))
    def post(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
        body = copy.deepcopy(posted)
        for place, value in changes:
            put(body, place, value)
        order, basket = (
            client.post(
                url,
                json.dumps(body),
                content_type="application/json",
                headers={"Authorization": authorization, "Idempotency-Key": f"cart-{next(keys)}"},
            )
            for url in (ORDERS, BASKET)
        )
        assert order.status_code in (201, 400), changes
        if order.status_code == 400:
            assert set(order.json()) == {"type", "errors"}
            assert all(set(error) == {"code", "detail", "attr"} for error in order.json()["errors"])
        assert basket.status_code in (200, 400), changes
        if order.status_code == 201:
            assert (basket.status_code, basket.json()["problems"]) == (200, [])
            assert basket.json()["totals"] == order.json()["totals"]

    post()


@pytest.mark.django_db
@pytest.mark.parametrize("url", [ORDERS, BASKET])
def test_an_enormous_number_is_a_client_error(
    storefront: APIClient, posted: dict[str, Any], menu: CopperPotMenu, url: str
) -> None:
    # Python refuses to convert the sum of the two to text.
    huge = [{"modifier": str(extra.pk), "quantity": int("9" * 4300)} for extra in (menu.cheese, menu.bacon)]
    posted["items"][0]["modifiers"] = huge
    storefront.raise_request_exception = False
    answer = storefront.post(url, posted, format="json", headers={"Idempotency-Key": "cart-1"})
    assert answer.status_code == 400
    assert {error["code"] for error in answer.json()["errors"]} == {"too_large"}


@pytest.mark.django_db
def test_printed_fields_lose_control_characters_and_line_breaks(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["customer"]["first_name"] = "Ada\x1b@\nTable: 9"
    posted["items"][0]["note"] = "no\tsalt\r\n2× Caviar"
    posted["note"] = "Ring the bell.\nThe\x07 upper one."
    order = storefront.post(ORDERS, posted, format="json", headers={"Idempotency-Key": "cart-1"}).json()
    assert order["customer"]["first_name"] == "Ada@ Table: 9"
    assert order["items"][0]["note"] == "no salt 2× Caviar"
    assert order["note"] == "Ring the bell.\nThe upper one."


@pytest.mark.django_db
def test_minus_zero_is_zero(storefront: APIClient, posted: dict[str, Any]) -> None:
    answer = storefront.post(BASKET, posted | {"tip": "-0.00"}, format="json").json()
    assert answer["totals"]["tip"] == "0.00"
