"""A storefront that orders at the price of its basket, and the comparison with what the till charged."""

from decimal import Decimal
from typing import Any

import requests

from orders.models import Injection, Order
from tests.e2e.conftest import Service
from tests.support.guest import paid
from tests.support.sandbox import eventually

Json = dict[str, Any]
_HOME = {"line1": "1 High Street", "city": "London", "postcode": "N1 9GU"}


def menu_for(service: Service, type: str = "pickup") -> Json:
    """Return the menu as storefronts read it for an order type."""
    address = f"{service.url}/api/v1/venues/{service.venue.slug}/menu"
    found: Json = requests.get(address, params={"type": type}, timeout=30).json()
    return found


def basket_total(service: Service, order: Json) -> Decimal:
    """Return what the guest pays according to the basket, which must have no problem."""
    answer = requests.post(
        f"{service.url}/api/v1/venues/{service.venue.slug}/basket",
        json=order,
        headers={"Authorization": f"Bearer {service.api_key}"},
        timeout=30,
    )
    assert answer.json()["problems"] == []
    return Decimal(answer.json()["totals"]["total"])


def place(service: Service, *items: Json, type: str = "pickup", **fields: Any) -> Json:
    """Place a paid order at the price of its basket."""
    order: Json = {"type": type, "customer": {"first_name": "Ada"}, "items": list(items), **fields}
    if type == "delivery":
        order["delivery_address"] = _HOME
    answer = service.post(order | {"payment": paid(basket_total(service, order))})
    assert answer.status_code == 201, answer.text
    placed: Json = answer.json()
    return placed


def assert_the_till_charged_what_was_paid(service: Service) -> None:
    """Wait until every order is confirmed, and compare each with its check."""
    unsettled = Injection.objects.exclude(state__in=[Injection.State.CONFIRMED, Injection.State.FAILED])
    eventually(lambda: not unsettled.exists(), seconds=90)
    checks = {check["ikaccountId"]: check for check in service.pos.state()["checks"]}
    for order in Order.objects.select_related("injection"):
        assert (order.injection.state, order.injection.error) == (Injection.State.CONFIRMED, "")
        assert Decimal(str(checks[order.injection.account]["currentAmount"])) == order.total - order.tip
