"""A discount code is found however a guest types it, on both databases; no two codes of a venue are the same."""

import unicodedata

import pytest
from django.db import IntegrityError
from django.test import Client
from rest_framework.test import APIClient

from orders.models import DiscountCode
from storekit.models import Venue
from tests import factories
from tests.orders.conftest import CopperPotMenu
from tests.orders.placing import placed

TYPED = ["CAFÉ10", "café10", unicodedata.normalize("NFD", "café10"), "ｃａｆé１０", " CAFÉ\u200b10 "]


@pytest.mark.parametrize("stored", TYPED[:4])
@pytest.mark.parametrize("typed", TYPED)
def test_an_order_finds_the_code_however_it_is_stored_and_typed(
    venue: Venue, menu: CopperPotMenu, stored: str, typed: str
) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code=stored)
    assert placed(venue, discount_code=typed).discount_used == code


def test_storefronts_see_the_code_as_the_venue_writes_it(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    factories.DiscountCodeFactory(venue=venue, code="Café10")
    basket = {"items": [{"sku": "WATER"}], "discount_code": TYPED[3]}
    assert storefront.post("/api/v1/venues/copper-pot/basket", basket, format="json").json()["problems"] == []
    assert placed(venue, discount_code=TYPED[3]).discount_code == "Café10"


@pytest.mark.parametrize("typed", TYPED)
def test_a_venue_has_no_two_codes_that_are_the_same(
    venue: Venue, other_venue: Venue, annas_browser: Client, typed: str
) -> None:
    factories.DiscountCodeFactory(venue=venue, code="Café10")
    factories.DiscountCodeFactory(venue=other_venue, code=typed)

    form = {"venue": venue.pk, "code": typed, "active": "on", "percent": "10"}
    answer = annas_browser.post("/admin/orders/discountcode/add/", form)

    errors = answer.context["adminform"].form.errors
    assert errors == {"code": [f"The code {typed.strip()} already exists. Upper and lower case count as the same."]}
    with pytest.raises(IntegrityError):
        factories.DiscountCodeFactory(venue=venue, code=typed)


def test_a_code_that_nobody_can_see_is_refused(venue: Venue, annas_browser: Client) -> None:
    form = {"venue": venue.pk, "code": "\u3164", "active": "on", "percent": "10"}
    answer = annas_browser.post("/admin/orders/discountcode/add/", form)
    assert answer.context["adminform"].form.errors == {"code": ["Enter a code that guests can see."]}


@pytest.mark.parametrize("typed", TYPED)
def test_staff_find_a_code_however_they_type_it(venue: Venue, annas_browser: Client, typed: str) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code="Café10")
    factories.DiscountCodeFactory(venue=venue, code="OTHER")
    answer = annas_browser.get("/admin/orders/discountcode/", {"q": typed})
    assert list(answer.context["cl"].queryset) == [code]


@pytest.mark.parametrize("columns", [None, ["code"], ["active", "code"]])
def test_a_renamed_code_is_found_by_its_new_name_only(venue: Venue, columns: list[str] | None) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code="CAFÉ10")
    code.code = "TEA10"
    code.save(update_fields=columns)
    assert list(DiscountCode.objects.values_list("code", "code_key")) == [("TEA10", "tea10")]


def test_a_code_whose_use_is_stored_alone_keeps_the_name_it_has_in_the_database(venue: Venue) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code="CAFÉ10")
    code.code, code.active = "TEA10", False
    code.save(update_fields=["active"])
    assert list(DiscountCode.objects.values_list("code", "code_key", "active")) == [("CAFÉ10", "café10", False)]
