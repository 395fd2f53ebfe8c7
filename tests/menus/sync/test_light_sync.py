"""The light sync, and stock."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import responses
from django.core.cache import cache
from django.test import Client

from integrations.models import Connection, SyncRun
from menus import catalogue
from menus.models import Menu, Modifier, Product, RestorePoint
from menus.storefront.published import menu_cache
from menus.sync.run import sync_menu
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.pos_answers import AVAILABILITY, answer_allergens, answer_availability, answer_menu, item, menu, screen

State = SyncRun.State


@pytest.fixture(autouse=True)
def _http(connection: Connection) -> Iterator[None]:
    menu_cache.clear()
    cache.clear()
    with responses.mock:
        yield


def sauces(price: str) -> dict[str, Any]:
    return {"description": "Sauces", "sku": "SAUCES", "productModifiers": [item("MAYO", price)]}


def burger(price: str = "9.50", sauce: str = "1.00", **more: Any) -> dict[str, Any]:
    return item("BURGER", price, menuModifierGroups=[sauces(sauce)], **more)


def sync(venue: Venue, **options: Any) -> SyncRun:
    return sync_menu(venue=venue, started_by="a test", **options)


@pytest.fixture
def synced(venue: Venue) -> Venue:
    answer_menu(menu(screen("1", burger(), item("SALAD"))))
    assert sync(venue, menu_id="168").state == State.SUCCEEDED
    return venue


def test_a_light_sync_changes_only_prices(synced: Venue) -> None:
    dearer = burger("10.00", "1.20", productName="Renamed", taxIncludedInPrice=False, defaultTaxAmount="2.00")
    answer_menu(menu(screen("1", dearer, item("NEW")), screen("2", item("SALAD")), name="Renamed"))

    run = sync(synced, light=True)

    assert (run.state, run.counts) == (
        State.SUCCEEDED,
        {"created": 0, "updated": 2, "archived": 0, "unchanged": 1},
    )
    assert dict(Product.objects.values_list("sku", "price")) == {
        "BURGER": Decimal("12.00"),
        "SALAD": Decimal("9.50"),
    }
    assert Product.objects.get(sku="BURGER").name == "Burger"
    assert Modifier.objects.get().price == Decimal("1.20")
    assert Menu.objects.get().pos_menu_name == "Online menu"
    assert "Products only on the POS's menu: 1; only on this one: 0." in run.warnings[0]


def menu_with_sauces(**prices: str) -> dict[str, Any]:
    """Return a menu of products with the same sauce, which opens the same sizes, at the given prices."""
    entries = []
    for sku, words in prices.items():
        sauce, _, size = words.partition("/")
        sizes = {"description": "Sizes", "sku": "SIZES", "productModifiers": [item("LARGE", size)]}
        mayo = item("MAYO", sauce, menuModifierGroups=[sizes])
        entries.append(
            item(sku, menuModifierGroups=[{"description": "Sauces", "sku": "SAUCES", "productModifiers": [mayo]}])
        )
    return menu(screen("1", *entries))


@pytest.mark.parametrize(
    ("now", "mayo", "large", "warned"),
    [
        ({"A": "2.00/0.50", "B": "2.00/0.50", "C": "2.00/0.70"}, "1.00", "0.50", True),
        ({"A": "1.00/0.70", "B": "1.00/0.70", "C": "1.00/0.50"}, "1.00", "0.50", True),
        ({"A": "1.00/0.50", "B": "1.00/0.50", "C": "2.00/0.50"}, "1.00", "0.50", False),
        ({"A": "2.00/0.70", "B": "2.00/0.70", "C": "2.00/0.70"}, "2.00", "0.70", False),
        ({"A": "2.00/0.70", "B": "2.00/0.70"}, "2.00", "0.70", False),
    ],
)
def test_a_shared_choice_keeps_its_price_if_only_some_products_change_it(
    venue: Venue, now: dict[str, str], mayo: str, large: str, warned: bool
) -> None:
    answer_menu(menu_with_sauces(A="1.00/0.50", B="1.00/0.50", C="1.00/0.50"))
    sync(venue, menu_id="168")
    answer_menu(menu_with_sauces(**now))

    run = sync(venue, light=True)

    prices = {sku: f"{price:.2f}" for sku, price in Modifier.objects.values_list("sku", "price")}
    assert prices == {"MAYO": mayo, "LARGE": large}
    assert any("no longer cost the same" in warning for warning in run.warnings) == warned
    sync(venue)
    assert not sync(venue, light=True).counts["updated"]


@pytest.mark.parametrize("price", ["9.50", "11.00"])
def test_a_preview_has_the_same_warnings_as_the_sync(synced: Venue, price: str) -> None:
    answer_menu(menu(screen("1", burger(price), item("NEW"))))

    preview = sync(synced, light=True, preview=True)

    assert "Products only on the POS's menu: 1; only on this one: 1." in preview.warnings[0]
    assert sync(synced, light=True).warnings == preview.warnings


def test_an_empty_menu_changes_no_price_and_archives_nothing(synced: Venue) -> None:
    answer_menu(menu())

    assert sync(synced, light=True).counts["archived"] == 0
    assert Product.objects.filter(archived_at=None).count() == 2
    assert version_of(venue=synced) == 1


def test_a_full_sync_after_a_light_one_notices_a_price_that_was_changed_back(synced: Venue) -> None:
    answer_menu(menu(screen("1", burger("11.00"), item("SALAD"))))
    sync(synced, light=True)
    answer_menu(menu(screen("1", burger(), item("SALAD"))))

    sync(synced)

    assert Product.objects.get(sku="BURGER").price == Decimal("9.50")


def test_a_venue_without_a_menu_needs_a_full_sync_first(venue: Venue) -> None:
    run = sync(venue, light=True)

    assert (run.state, "full sync of this menu before" in run.error) == (State.FAILED, True)


@pytest.mark.parametrize("light", [True, False])
@pytest.mark.parametrize(
    ("left", "stock", "sold_out"), [(5, 5, False), (0, 0, True), (-1, 0, True), (None, None, True)]
)
def test_stock_reaches_the_menu_and_the_basket_and_is_lifted_again(
    synced: Venue, client: Client, light: bool, left: int | None, stock: int | None, sold_out: bool
) -> None:
    answer_availability({"BURGER": left, "MAYO": left, "UNKNOWN": 1})

    run = sync(synced, light=light)

    assert run.counts["stock"] == 2
    shown = client.get("/api/v1/venues/copper-pot/menu").json()
    burger_shown = next(one for one in shown["products"] if one["sku"] == "BURGER")
    assert (burger_shown["stock"], burger_shown["available"]) == (stock, not sold_out)
    assert shown["modifier_groups"][0]["modifiers"][0]["available"] == (not sold_out)
    choices = list(Modifier.objects.values_list("pk", flat=True))
    found = catalogue.load(venue=synced, skus=["BURGER", "SALAD"], choices=choices)
    assert {one.sku: one.available for one in found.products.values()} == {"BURGER": not sold_out, "SALAD": True}
    assert {one.available for group in found.groups.values() for one in group.modifiers} == {not sold_out}
    assert version_of(venue=synced) == 2

    assert "stock" not in sync(synced, light=light).counts
    answer_availability({})
    sync(synced, light=light)
    assert set(Product.objects.values_list("stock", "sold_out")) == {(None, False)}
    assert RestorePoint.objects.count() == 1


def test_a_light_sync_without_availability_fails_and_changes_nothing(synced: Venue) -> None:
    answer_menu(menu(screen("1", burger("11.00"))))
    responses.upsert(responses.POST, AVAILABILITY, status=503)

    assert sync(synced, light=True).state == State.FAILED
    assert Product.objects.get(sku="BURGER").price == Decimal("9.50")


def test_allergens_have_names_in_the_guests_language(synced: Venue, client: Client) -> None:
    rich = {"allergenCodes": ["G", "X"], "texts": [{"locale": tag, "friendlyDisplayName": "B"} for tag in ("en", "fr")]}
    answer_menu(menu(screen("1", burger(itemRichData=rich), item("SALAD"))))
    answer_allergens({"G": {"en": "Gluten", "fr_FR": "Gluten de blé"}})
    sync(synced)

    for language, name in (("en", "Gluten"), ("fr", "Gluten de blé")):
        shown = client.get(f"/api/v1/venues/copper-pot/menu?lang={language}").json()
        assert shown["products"][0]["allergens"] == [{"code": "G", "name": name}, {"code": "X", "name": "X"}]

    version = version_of(venue=synced)
    answer_allergens({"G": {"en": "Wheat"}})
    sync(synced)
    assert version_of(venue=synced) == version + 1
