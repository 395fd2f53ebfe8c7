"""From a click on Connect to an order on the till, with nothing mocked."""

from decimal import Decimal

import pytest
import requests
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from integrations.models import Connection
from storekit.demo import story
from storekit.demo.browser import Browser
from storekit.models import User, Venue
from tests.e2e.conftest import HIGH_STREET, Service, in_service
from tests.support.processes import Worker
from tests.support.sandbox import SandboxPos, eventually


@pytest.fixture
def service(live_server: LiveServer, settings: Settings, sandbox: SandboxPos, venue: Venue, anna: User) -> Service:
    """The venue, connected by its manager with a browser."""
    settings.PUBLIC_URL = live_server.url
    browser = Browser()
    story.log_in(browser, url=live_server.url, email=anna.email, password="correct horse battery")
    story.connect(browser, url=live_server.url, venue=venue.slug, location=HIGH_STREET)
    return in_service(live_server=live_server, venue=venue, pos=sandbox)


def test_connecting_links_the_location_and_registers_the_webhook(service: Service) -> None:
    connection = Connection.objects.get(venue=service.venue)
    assert (connection.status, connection.business_location_id) == (Connection.Status.CONNECTED, HIGH_STREET)
    (endpoint,) = service.pos.state()["endpoints"]
    assert endpoint["endpointId"] == connection.endpoint_id
    assert endpoint["url"] == f"{service.url}/webhooks/lightspeed/{connection.public_id}/"
    assert int(HIGH_STREET) in endpoint["businessLocations"]

    listed = {product["sku"] for product in service.menu["products"]}
    pos_text = requests.get(f"{service.pos.url}/sandbox/menus/168", timeout=10).text
    assert len(listed) > 30
    assert all(f'"{sku}"' in pos_text for sku in listed)


def test_a_paid_pickup_order_is_on_the_till_with_its_check_paid_to_the_penny(
    service: Service, running_worker: Worker
) -> None:
    order = service.order(tip="1.50", note="Ring the bell")
    order["payment"]["amount"] = str(Decimal(order["payment"]["amount"]) + Decimal("1.50"))
    placed = service.post(order).json()
    eventually(lambda: service.is_confirmed(placed["id"]))
    (on_till,) = service.pos.orders_on_the_till()
    confirmed = service.read(placed["id"])
    assert confirmed["pos"]["state"] == "confirmed"
    assert confirmed["pos"]["reference"] == on_till["reference"]
    assert confirmed["pos"]["account"] == on_till["account"]
    assert on_till["body"]["collectionCode"] == placed["collection_code"]
    assert on_till["body"]["customerInfo"]["firstName"] == "Ada"
    assert "Ring the bell" in on_till["body"]["orderNote"]
    state = service.pos.state()
    (check,) = state["checks"]
    assert Decimal(str(check["currentAmount"])) == Decimal(placed["totals"]["items"])
    assert Decimal(str(check["paidAmount"])) == Decimal(placed["totals"]["items"])
    assert Decimal(str(on_till["body"]["payment"]["paymentAmount"])) == service.total_of(placed)
    assert placed["collection_code"] in requests.get(f"{service.pos.url}/till", timeout=10).text
