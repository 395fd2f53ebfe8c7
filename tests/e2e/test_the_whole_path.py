"""From a click on Connect to an order on the till, with nothing mocked."""

import json
from decimal import Decimal

import requests

from integrations.models import Connection
from tests.e2e.conftest import HIGH_STREET, Service
from tests.support.processes import Worker
from tests.support.sandbox import eventually


def test_connecting_links_the_location_and_registers_the_webhook(service: Service) -> None:
    connection = Connection.objects.get(venue=service.venue)
    assert (connection.status, connection.business_location_id) == (Connection.Status.CONNECTED, HIGH_STREET)
    (endpoint,) = service.pos.state()["endpoints"]
    assert endpoint["endpointId"] == connection.endpoint_id
    assert endpoint["url"] == f"{service.url}/webhooks/lightspeed/{connection.public_id}/"
    assert int(HIGH_STREET) in endpoint["businessLocations"]


def test_a_paid_pickup_order_is_on_the_till_and_confirmed_with_its_check(
    service: Service, running_worker: Worker
) -> None:
    placed = service.place(note="Ring the bell")
    eventually(lambda: service.is_confirmed(placed["id"]))
    (on_till,) = service.pos.orders_on_the_till()
    confirmed = service.read(placed["id"])
    assert confirmed["pos"]["state"] == "confirmed"
    assert confirmed["pos"]["reference"] == on_till["reference"]
    assert confirmed["pos"]["account"] == on_till["account"]
    assert on_till["body"]["collectionCode"] == placed["collection_code"]
    assert on_till["body"]["customerInfo"]["firstName"] == "Ada"
    assert "Ring the bell" in on_till["body"]["orderNote"]


def test_the_check_on_the_till_is_paid_to_the_penny_tip_included(service: Service, running_worker: Worker) -> None:
    order = service.order(tip="1.50")
    order["payment"]["amount"] = str(Decimal(order["payment"]["amount"]) + Decimal("1.50"))
    placed = service.post(order).json()
    eventually(lambda: service.is_confirmed(placed["id"]))
    state = service.pos.state()
    (check,) = state["checks"]
    assert Decimal(str(check["currentAmount"])) == Decimal(placed["totals"]["items"])
    assert Decimal(str(check["paidAmount"])) == Decimal(placed["totals"]["items"])
    assert Decimal(str(state["orders"][0]["body"]["payment"]["paymentAmount"])) == service.total_of(placed)


def test_every_product_on_the_storefronts_menu_exists_at_the_pos(service: Service) -> None:
    listed = {product["sku"] for product in service.menu["products"]}
    pos_menu = requests.get(f"{service.pos.url}/sandbox/menus/168", timeout=10).json()
    pos_text = json.dumps(pos_menu)
    assert len(listed) > 30
    assert all(f'"{sku}"' in pos_text for sku in listed)


def test_the_till_page_shows_the_order(service: Service, running_worker: Worker) -> None:
    placed = service.place()
    eventually(lambda: service.is_confirmed(placed["id"]))
    assert placed["collection_code"] in requests.get(f"{service.pos.url}/till", timeout=10).text
