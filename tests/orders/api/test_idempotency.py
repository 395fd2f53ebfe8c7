"""One Idempotency-Key places one order: repeated, with another body, concurrently, and after an error."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django_q.models import OrmQ
from rest_framework.test import APIClient

from orders.models import Injection, Order
from storekit.models import IdempotentAnswer, Venue
from storekit.rest.api_keys import issue_api_key
from storekit.retention import forget_old
from tests import factories
from tests.orders.conftest import CopperPotMenu

ORDERS = "/api/v1/venues/copper-pot/orders"
KEY = "cart-17"


def post(client: APIClient, body: Any, key: str | None = KEY, to: str = ORDERS) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(to, body, format="json", headers=headers)


def codes(answer: Any) -> list[tuple[str, str | None]]:
    return [(error["code"], error["attr"]) for error in answer.json()["errors"]]


def test_the_same_key_and_body_get_the_same_answer(storefront: APIClient, posted: dict[str, Any]) -> None:
    first = post(storefront, posted)
    Order.objects.update(status=Order.Status.CONFIRMED)
    again = post(storefront, posted)
    assert (again.status_code, again.json()) == (201, first.json())
    assert Order.objects.count() == 1


def test_the_order_of_the_bodys_fields_does_not_matter(storefront: APIClient, posted: dict[str, Any]) -> None:
    first = post(storefront, posted)
    again = post(storefront, dict(reversed(posted.items())))
    assert again.json() == first.json()


def test_the_answer_stays_the_same_when_menu_and_time_have_changed(
    storefront: APIClient, posted: dict[str, Any], menu: CopperPotMenu
) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=30)
    first = post(storefront, posted | {"scheduled_for": soon.isoformat()})
    menu.water.delete()
    with time_machine.travel(soon + timedelta(hours=1)):
        again = post(storefront, posted | {"scheduled_for": soon.isoformat()})
    assert (again.status_code, again.json()) == (201, first.json())


def test_the_same_key_with_another_body_is_a_conflict(storefront: APIClient, posted: dict[str, Any]) -> None:
    post(storefront, posted)
    answer = post(storefront, posted | {"note": "another"})
    assert (answer.status_code, codes(answer)) == (409, [("conflict", None)])
    assert Order.objects.count() == 1


def test_another_key_is_another_order(storefront: APIClient, posted: dict[str, Any]) -> None:
    assert post(storefront, posted).json()["id"] != post(storefront, posted, key="cart-18").json()["id"]
    assert Order.objects.count() == 2


def test_venues_do_not_share_keys(
    storefront: APIClient, other_storefront: APIClient, other_venue: Venue, menu: CopperPotMenu
) -> None:
    factories.ProductFactory(venue=other_venue, sku="WATER", price="2.35")
    factories.ConnectionFactory(venue=other_venue)
    body = {
        "type": "pickup",
        "customer": {"first_name": "Ada"},
        "items": [{"sku": "WATER"}],
        "payment": {"status": "unpaid"},
    }
    here = post(storefront, body)
    there = post(other_storefront, body, to="/api/v1/venues/blue-door/orders")
    assert (here.status_code, there.status_code) == (201, 201)
    assert here.json()["id"] != there.json()["id"]


def test_a_refused_order_leaves_its_key_free(storefront: APIClient, posted: dict[str, Any]) -> None:
    wrong = posted | {"tip": "9.99"}
    assert post(storefront, wrong).status_code == 400
    assert not IdempotentAnswer.objects.exists()
    assert post(storefront, posted).status_code == 201


@pytest.mark.parametrize(
    ("key", "code"),
    [(None, "required"), ("   ", "required"), ("k" * 256, "max_length"), ("a\x00b", "invalid"), ("a\x7fb", "invalid")],
)
def test_a_missing_or_invalid_key_is_refused(
    storefront: APIClient, posted: dict[str, Any], key: str | None, code: str
) -> None:
    answer = post(storefront, posted, key=key)
    assert (answer.status_code, codes(answer)) == (400, [(code, "Idempotency-Key")])
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [2, 6])
def test_concurrent_requests_with_one_key_place_one_order(venue: Venue, posted: dict[str, Any], number: int) -> None:
    api_key = issue_api_key(venue=venue, name="web shop")[1]
    start = threading.Barrier(number)

    def place(_: int) -> tuple[int, Any]:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key}")
        start.wait(timeout=20)
        try:
            answer = post(client, posted)
        finally:
            connections.close_all()
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(max_workers=number) as pool:
        answers = list(pool.map(place, range(number)))
    assert answers == [answers[0]] * number
    assert answers[0][0] == 201
    assert (Order.objects.count(), Injection.objects.count(), OrmQ.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_concurrent_orders_have_different_numbers_and_codes(venue: Venue, posted: dict[str, Any]) -> None:
    api_key = issue_api_key(venue=venue, name="web shop")[1]
    start = threading.Barrier(6)

    def place(_: int) -> tuple[int, str]:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key}")
        start.wait(timeout=20)
        try:
            body = post(client, posted, key=str(uuid.uuid4())).json()
        finally:
            connections.close_all()
        return body["number"], body["collection_code"]

    with ThreadPoolExecutor(max_workers=6) as pool:
        placed = list(pool.map(place, range(6)))
    assert sorted(number for number, _ in placed) == [1, 2, 3, 4, 5, 6]
    assert len({code for _, code in placed}) == 6


def test_answers_are_deleted_after_thirty_days(storefront: APIClient, posted: dict[str, Any]) -> None:
    post(storefront, posted)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=29)):
        assert forget_old() == {}
        assert post(storefront, posted).status_code == 201
        assert Order.objects.count() == 1
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert forget_old() == {"Answers to repeated requests": 1}
    assert not IdempotentAnswer.objects.exists()
    assert Order.objects.count() == 1
