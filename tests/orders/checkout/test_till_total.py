"""The POS is asked about what it can say; our own reckoning of the rest comes on top of its answer."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import responses
from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from integrations.models import Connection
from menus.models import Menu, Modifier, Product
from storekit.models import Venue
from tests import factories
from tests.orders.conftest import CopperPotMenu

API = "https://pos.example"


@pytest.fixture
def pos(venue: Venue, settings: Settings) -> Iterator[responses.RequestsMock]:
    settings.LIGHTSPEED_API_URL = API
    factories.ConnectionFactory(venue=venue)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def preview_says(pos: responses.RequestsMock, **answer: Any) -> None:
    location = Connection.objects.get().business_location_id
    pos.post(f"{API}/tp/v1/business-locations/{location}/tax-breakdown", **answer)


def asked(pos: responses.RequestsMock) -> Any:
    """Return the items of the one question."""
    (call,) = pos.calls
    return json.loads(call.request.body or "")["items"]


def items_total(storefront: APIClient, *items: dict[str, Any]) -> str:
    answer = storefront.post("/api/v1/venues/copper-pot/basket", {"items": items}, format="json").json()
    assert answer["problems"] == []
    total: str = answer["totals"]["items"]
    return total


def burger(menu: CopperPotMenu, *choices: dict[str, Any], quantity: int = 1) -> dict[str, Any]:
    return {"sku": "BURGER", "quantity": quantity, "modifiers": [{"modifier": str(menu.rare.pk)}, *choices]}


def cheese(menu: CopperPotMenu, quantity: int = 1) -> dict[str, Any]:
    mature = {"modifier": str(menu.mature.pk)}
    return {"modifier": str(menu.cheese.pk), "quantity": quantity, "modifiers": [mature]}


@pytest.fixture
def taxed(menu: CopperPotMenu) -> CopperPotMenu:
    """The menu with a burger to whose price the till adds tax."""
    menu.burger.tax_at_till = True
    menu.burger.save()
    return menu


def test_the_guest_pays_what_the_pos_says(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    preview_says(pos, json={"amountDue": 25.01})
    bacon = {"modifier": str(taxed.bacon.pk)}
    assert items_total(storefront, burger(taxed, bacon, quantity=2)) == "25.01"
    one = {"sku": "BURGER", "quantity": 1, "subItems": [{"sku": "BACON", "quantity": 1}]}
    assert asked(pos) == [one, one]


def test_choices_of_choices_are_left_out_of_the_question_and_added_to_the_answer(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    """The preview knows one level. Two burgers have two cheeses each, and each cheese is mature, for 0.75."""
    preview_says(pos, json={"amountDue": "26.02"})
    assert items_total(storefront, burger(taxed, cheese(taxed, 2), quantity=2)) == "29.02"
    one = {"sku": "BURGER", "quantity": 1, "subItems": [{"sku": "CHEESE", "quantity": 1}] * 2}
    assert asked(pos) == [one, one]


def test_an_item_at_a_price_of_staff_is_left_out_of_the_question_and_added_to_the_answer(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    Product.objects.filter(sku="WATER").update(price=0, custom_price="added", staff_price=Decimal("7.35"))
    preview_says(pos, json={"amountDue": "10.01"})
    assert items_total(storefront, {"sku": "WATER", "quantity": 3}, burger(taxed)) == "32.06"
    assert asked(pos) == [{"sku": "BURGER", "quantity": 1}]


def test_a_choice_at_a_price_of_staff_is_left_out_of_the_question_with_what_is_chosen_on_it(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    Modifier.objects.filter(sku="CHEESE").update(price=0, custom_price="taken_off", staff_price=Decimal("1.20"))
    preview_says(pos, json={"amountDue": "20.02"})
    assert items_total(storefront, burger(taxed, cheese(taxed), quantity=2)) == "19.12"
    assert asked(pos) == [{"sku": "BURGER", "quantity": 1}] * 2


def test_the_pos_is_not_asked_where_only_what_it_cannot_say_is_taxed(
    storefront: APIClient, menu: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    Product.objects.filter(sku="WATER").update(
        price=0, custom_price="added", staff_price=Decimal("7.35"), tax_rate=20, tax_at_till=True
    )
    Modifier.objects.filter(sku="MATURE").update(tax_at_till=True)
    assert items_total(storefront, {"sku": "WATER"}, burger(menu, cheese(menu))) == "21.07"
    assert list(pos.calls) == []


def test_our_own_reckoning_counts_when_the_pos_cannot_say(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    preview_says(pos, status=503)
    assert items_total(storefront, burger(taxed, cheese(taxed))) == "12.25"


def test_the_pos_is_asked_once_about_the_same_lines(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    preview_says(pos, json={"amountDue": "11.51"})
    assert {items_total(storefront, burger(taxed, cheese(taxed))) for _ in range(3)} == {"12.26"}
    assert len(asked(pos)) == 1


def test_a_new_version_of_the_menu_is_no_new_question_and_a_new_price_is(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock, venue: Venue
) -> None:
    preview_says(pos, json={"amountDue": 12.61})
    basket = items_total(storefront, burger(taxed))
    Menu.objects.filter(venue=venue).update(version=F("version") + 1)
    assert items_total(storefront, burger(taxed)) == basket
    assert len(pos.calls) == 1

    Product.objects.filter(pk=taxed.burger.pk).update(price=F("price") + 1)
    items_total(storefront, burger(taxed))
    assert len(pos.calls) == 2


def test_a_total_that_no_column_holds_is_too_large(
    storefront: APIClient, taxed: CopperPotMenu, pos: responses.RequestsMock
) -> None:
    preview_says(pos, json={"amountDue": "3999999999"})
    body = {"items": [burger(taxed)], "tip": "9000000000.00"}
    answer = storefront.post("/api/v1/venues/copper-pot/basket", body, format="json").json()
    assert [problem["code"] for problem in answer["problems"]] == ["too_large"]
    assert answer["totals"]["total"] == "0.00"
