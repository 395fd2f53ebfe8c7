"""Descriptions written by staff, and kept by syncs."""

from collections.abc import Iterator
from typing import Any

import pytest
import responses
from django.test import Client

from integrations.models import Connection, LightspeedSettings
from menus.descriptions import DescriptionsFromPos, set_descriptions
from menus.models import Menu, Product
from menus.sync.rollback import undo
from menus.sync.run import sync_menu
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.pos_answers import answer_menu, item, menu, screen


@pytest.fixture(autouse=True)
def _http(connection: Connection) -> Iterator[None]:
    with responses.mock:
        yield


def described(sku: str, **texts: str) -> dict[str, Any]:
    return item(
        sku,
        itemRichData={
            "texts": [
                {"locale": tag, "friendlyDisplayName": f"{sku} {tag}", "description": text}
                for tag, text in texts.items()
            ]
        },
    )


def sync(venue: Venue, *items: dict[str, Any]) -> None:
    answer_menu(menu(screen("1", *items)))
    assert sync_menu(venue=venue, menu_id="168", started_by="a test").state == "succeeded"


def descriptions(sku: str) -> dict[str, str]:
    product = Product.objects.get(sku=sku)
    return {language: text["description"] for language, text in product.translations.items()}


@pytest.fixture
def kept(venue: Venue) -> Venue:
    """A venue that keeps its own descriptions."""
    sync(venue, described("A", en="POS", fr="Caisse"))
    LightspeedSettings.objects.update(update_descriptions=False)
    return venue


def test_a_sync_keeps_descriptions_that_staff_wrote_or_emptied_and_fills_in_new_products(kept: Venue) -> None:
    set_descriptions(product=Product.objects.get(), descriptions={"en": "Ours", "fr": ""})

    sync(kept, described("A", en="POS 2", fr="Caisse 2", de="Kasse"), described("B", en="New"))

    assert descriptions("A") == {"en": "Ours", "fr": "", "de": "Kasse"}
    assert descriptions("B") == {"en": "New"}


def test_names_still_follow_the_pos(kept: Venue) -> None:
    renamed = described("A", en="POS")
    renamed["itemRichData"]["texts"][0]["friendlyDisplayName"] = "Renamed"

    sync(kept, renamed)

    assert Product.objects.get().translations["en"] == {"name": "Renamed", "description": "POS"}
    assert descriptions("A")["fr"] == "Caisse"
    assert Menu.objects.get().languages == ["en", "fr"]


def test_a_language_added_by_staff_is_still_served_after_going_back(kept: Venue, client: Client) -> None:
    sync(kept, described("A", en="POS", fr="Caisse"), described("B", en="New"))
    set_descriptions(product=Product.objects.get(sku="A"), descriptions={"it": "Nostro"})

    assert undo(venue=kept, started_by="Anna").state == "succeeded"

    shown = client.get("/api/v1/venues/copper-pot/menu?lang=it").json()
    assert (shown["language"], shown["products"][0]["description"]) == ("it", "Nostro")
    assert shown["languages"] == ["en", "fr", "it"]


def test_once_the_setting_is_on_again_an_unchanged_pos_overwrites_descriptions(kept: Venue) -> None:
    set_descriptions(product=Product.objects.get(), descriptions={"en": "Ours"})
    LightspeedSettings.objects.update(update_descriptions=True)

    sync(kept, described("A", en="POS", fr="Caisse"))

    assert descriptions("A") == {"en": "POS", "fr": "Caisse"}


def test_a_change_raises_the_version_and_saving_the_same_again_does_not(kept: Venue) -> None:
    product = Product.objects.get()
    version = version_of(venue=kept)

    set_descriptions(product=product, descriptions={"en": "Ours"})
    set_descriptions(product=product, descriptions={"en": "Ours"})

    assert version_of(venue=kept) == version + 1


def test_descriptions_that_follow_the_pos_cannot_be_edited_here(venue: Venue, annas_browser: Client) -> None:
    sync(venue, described("A", en="POS"))
    product = Product.objects.get()

    with pytest.raises(DescriptionsFromPos, match="off “update descriptions”"):
        set_descriptions(product=product, descriptions={"en": "Ours"})
    answer = annas_browser.post(f"/admin/menus/product/{product.pk}/descriptions/", {"en": "Ours"})

    assert "come from the POS" in answer.content.decode()
    assert descriptions("A") == {"en": "POS"}


def test_only_the_venues_managers_can_edit_descriptions(
    kept: Venue, annas_browser: Client, bens_browser: Client, zoes_browser: Client
) -> None:
    page = f"/admin/menus/product/{Product.objects.get().pk}/descriptions/"

    assert "Caisse" in annas_browser.get(page).content.decode()
    for stranger in (bens_browser, zoes_browser):
        assert stranger.post(page, {"en": "Theirs"}).status_code in (302, 403, 404)
    answer = annas_browser.post(page, {"en": "Ours", "fr": ""})

    assert answer.status_code == 302
    assert descriptions("A") == {"en": "Ours", "fr": ""}
