"""Fifty guests order the last five portions: five get one, however slowly the POS counts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from menus.models import StockLevel
from orders.models import Order
from storekit.demo import story
from tests.e2e.conftest import Service
from tests.support.processes import Worker
from tests.support.sandbox import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def brownie(service: Service) -> dict[str, Any]:
    menu = story.read_menu(url=service.url, venue=service.venue.slug)
    found: dict[str, Any] = next(one for one in menu["products"] if one["sku"] == "BROWNIE")
    return found


def order_one(service: Service) -> requests.Response:
    payment = {"status": "paid", "reference": "web-1", "amount": brownie(service)["price"]}
    return service.post(service.order(items=[{"sku": "BROWNIE", "quantity": 1}], payment=payment))


def test_fifty_orders_at_once_get_the_last_five(service: Service, running_worker: Worker) -> None:
    service.pos.control("items/BROWNIE/restrict", count=5)
    eventually(lambda: brownie(service)["stock"] == 5)
    payment = {"status": "paid", "reference": "web-1", "amount": brownie(service)["price"]}
    order = service.order(items=[{"sku": "BROWNIE", "quantity": 1}], payment=payment)

    with ThreadPoolExecutor(50) as guests:
        answers = list(guests.map(lambda _: service.post(order), range(50)))

    taken = [answer for answer in answers if answer.status_code == 201]
    refused = [answer.json()["errors"] for answer in answers if answer.status_code != 201]
    assert (len(taken), len(refused)) == (5, 45)
    assert {(error["code"], error["attr"]) for errors in refused for error in errors} == {("unavailable", "items.0")}
    assert Order.objects.count() == 5

    # The POS counts them one by one, and none of its counts puts the item back on the menu.
    eventually(lambda: all(service.is_confirmed(answer.json()["id"]) for answer in taken) or _sold_more(service))
    eventually(lambda: StockLevel.objects.get(sku="BROWNIE").count == 0)
    seen = brownie(service)
    assert (seen["available"], seen["stock"]) == (False, 0)
    assert order_one(service).json()["errors"][0]["code"] == "unavailable"

    service.pos.control("items/BROWNIE/release")
    eventually(lambda: brownie(service)["available"])
    assert order_one(service).status_code == 201


def _sold_more(service: Service) -> bool:
    answer = order_one(service)
    assert answer.status_code == 400, "sold a portion that does not exist"
    return False
