"""A null character in an address is refused everywhere, in words, before it can reach the database."""

import pytest
from django.test import Client
from rest_framework.test import APIClient


@pytest.mark.parametrize(
    "address",
    [
        "/integrations/lightspeed/connect/?venue=%00",
        "/admin/menus/menu/sync/?venue=%00",
        "/admin/orders/order/?state=%00",
        "/admin/orders/order/?status__exact=a%00b",
        "/admin/orders/order/%00/change/",
    ],
)
def test_a_null_character_in_an_address_is_refused(annas_browser: Client, address: str) -> None:
    answer = annas_browser.get(address)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "invalid"


def test_a_storefronts_address_too(storefront: APIClient) -> None:
    assert storefront.get("/api/v1/venues/copper-pot/menu?lang=%00").status_code == 400
    assert storefront.get("/api/v1/venues/copper-pot/orders/%00").status_code == 400
