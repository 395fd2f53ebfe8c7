"""Managers set the price of an item with an open price; nobody sets one that the POS has."""

from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client

from menus.models import Product
from menus.open_prices import PriceFromPos, set_staff_price
from menus.storefront.published import menu_cache
from menus.versions import version_of
from storekit.models import Venue
from tests import factories


def address(product: Product) -> str:
    return f"/admin/menus/product/{product.pk}/price/"


@pytest.fixture
def open_food(venue: Venue) -> Product:
    menu_cache.clear()
    cache.clear()
    factories.MenuFactory(venue=venue, version=7)
    product: Product = factories.ProductFactory(venue=venue, sku="OPENFOOD", price=0, custom_price="added")
    return product


def test_a_manager_sets_the_price_and_guests_see_it_at_once(
    open_food: Product, annas_browser: Client, client: Client
) -> None:
    menu = "/api/v1/venues/copper-pot/menu"
    assert client.get(menu).json()["products"] == []
    assert "only sold online at the price that you set here" in annas_browser.get(address(open_food)).content.decode()

    answer = annas_browser.post(address(open_food), {"price": "7.35"})

    assert answer.status_code == 302
    assert version_of(venue=open_food.venue) == 8
    assert [product["price"] for product in client.get(menu).json()["products"]] == ["7.35"]

    annas_browser.post(address(open_food), {"price": ""})
    assert client.get(menu).json()["products"] == []


@pytest.mark.parametrize("price", ["0", "-1", "a lot"])
def test_a_price_is_above_zero(open_food: Product, annas_browser: Client, price: str) -> None:
    assert annas_browser.post(address(open_food), {"price": price}).status_code == 200
    assert Product.objects.get().staff_price is None


def test_a_price_of_the_pos_is_not_set_here(open_food: Product, annas_browser: Client) -> None:
    Product.objects.update(price=Decimal("9.50"))
    assert "comes from the POS" in annas_browser.get(address(open_food)).content.decode()
    annas_browser.post(address(open_food), {"price": "1.00"})
    assert Product.objects.get().staff_price is None
    with pytest.raises(PriceFromPos):
        set_staff_price(entry=Product.objects.get(), price=Decimal(1))
