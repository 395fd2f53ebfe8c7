"""Price lists, open prices and tax: what guests see, pay and say is what arrives on the till."""

from decimal import Decimal
from typing import Any

import pytest
import requests

from integrations.models import LightspeedSettings, SyncRun
from menus.models import Product
from menus.open_prices import set_staff_price
from menus.sync.run import sync_menu
from orders.models import OrderLine
from tests.e2e.conftest import Service
from tests.e2e.ordering import assert_the_till_charged_what_was_paid, menu_for, place
from tests.support.guest import Guest
from tests.support.processes import Worker

Json = dict[str, Any]
pytestmark = pytest.mark.any_database("it is about what the POS says; test_amounts_on_the_till uses both kinds")


def test_each_order_type_has_the_prices_of_its_profile(service: Service, running_worker: Worker) -> None:
    LightspeedSettings.objects.update(delivery_profile="delivery", dine_in_profile="dinein")
    run = sync_menu(venue=service.venue, started_by="test")
    assert not [warning for warning in run.warnings if "profile" in warning]
    pickup, delivery = menu_for(service), menu_for(service, "delivery")
    prices = {
        type: {product["sku"]: product["price"] for product in menu["products"]}
        for type, menu in (("pickup", pickup), ("delivery", delivery), ("dine_in", menu_for(service, "dine_in")))
    }
    assert (prices["pickup"]["BURGER01"], prices["delivery"]["BURGER01"]) != ("13.50", "12.00")
    assert prices["delivery"]["BURGER01"] == "13.50"
    assert prices["dine_in"] == prices["pickup"]
    unchanged = sync_menu(venue=service.venue, started_by="test")
    assert (unchanged.counts["created"], unchanged.counts["updated"]) == (0, 0)

    for type, menu in (("pickup", pickup), ("delivery", delivery)):
        products = [product for product in menu["products"] if product["sku"] in ("BURGER01", "FRIES01", "SALMON01")]
        items, food = Guest(menu=menu, seed=23).items(products)
        assert Decimal(place(service, *items, type=type)["totals"]["items"]) == food
    assert_the_till_charged_what_was_paid(service)

    service.pos.control("profiles/delivery/prices", BURGER01="14.25")
    assert sync_menu(venue=service.venue, started_by="test", light=True).counts["updated"] > 0
    burger = next(one for one in menu_for(service, "delivery")["products"] if one["sku"] == "BURGER01")
    assert burger["price"] == "14.25"

    LightspeedSettings.objects.update(delivery_profile="unknown")
    run = sync_menu(venue=service.venue, started_by="test")
    assert run.state == "succeeded"
    assert any("order profile unknown" in warning for warning in run.warnings)
    assert menu_for(service, "delivery")["products"] == menu_for(service)["products"]
    assert (
        requests.get(f"{service.url}/api/v1/venues/{service.venue.slug}/menu?type=drone", timeout=30).status_code == 400
    )


def test_an_item_with_an_open_price_is_sold_once_staff_give_it_one(service: Service, running_worker: Worker) -> None:
    run = SyncRun.objects.get()
    assert any("Open food (OPENFOOD) has an open price" in warning for warning in run.warnings)
    assert "OPENFOOD" not in {product["sku"] for product in menu_for(service)["products"]}
    refused = service.post(service.order(items=[{"sku": "OPENFOOD"}]))
    assert refused.json()["errors"][0]["code"] == "unknown_product"

    set_staff_price(entry=Product.objects.get(sku="OPENFOOD"), price=Decimal("7.35"))
    again = sync_menu(venue=service.venue, started_by="test", force=True)
    assert not [warning for warning in again.warnings if "open price" in warning]
    assert "7.35" in [one["price"] for one in menu_for(service)["products"] if one["sku"] == "OPENFOOD"]
    place(service, {"sku": "OPENFOOD", "quantity": 3, "note": "Without salt"})
    assert_the_till_charged_what_was_paid(service)
    assert OrderLine.objects.get().custom_price == Decimal("7.35")
    (check,) = service.pos.state()["checks"]
    # Its entry lets an order name it, so the note is there and not in the order's note.
    assert check["salesEntries"][0]["itemName"] == "Open food: Without salt"


def test_the_basket_asks_what_the_till_adds_as_tax(service: Service, running_worker: Worker) -> None:
    menu = menu_for(service)
    taxed = set(Product.objects.filter(tax_at_till=True).values_list("sku", flat=True))
    assert len(taxed) >= 3
    products = [product for product in menu["products"] if product["sku"] in taxed and product["available"]]
    guest = Guest(menu=menu, seed=29)
    for product in products:
        items, _ = guest.items([product])
        place(service, *[item | {"quantity": 3} for item in items])
    assert any("tax-breakdown" in route for route in service.pos.state()["calls"])
    assert_the_till_charged_what_was_paid(service)
