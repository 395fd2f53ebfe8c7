"""Menu and floor plan from the sandbox POS, over real sockets, through the real connect flow."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from integrations.models import SyncRun
from menus.stock.levels import apply_item_update
from menus.stock.reconciliation import reconcile
from menus.sync.run import sync_menu
from menus.versions import version_of
from storekit.models import Venue
from tests.integrations.flow import connect
from tests.menus.stocked import lifted, shown
from tests.support.sandbox import SandboxPos

RIVERSIDE = "45454565682156"


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.clear()


def test_the_high_streets_menu_is_synced_and_read_in_three_languages(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client, client: Client
) -> None:
    connect(annas_browser, venue)

    run = sync_menu(venue=venue, started_by="a test")
    again = sync_menu(venue=venue, started_by="a test")

    assert (run.state, run.error) == (SyncRun.State.SUCCEEDED, "")
    assert again.counts == {"created": 0, "updated": 0, "archived": 0, "unchanged": run.counts["created"]}
    assert version_of(venue=venue) == 1
    menus = {lang: client.get(f"/api/v1/venues/copper-pot/menu?lang={lang}").json() for lang in ("en", "fr", "nl")}
    names = {lang: {one["sku"]: one["name"] for one in menu["products"]}["BROWNIE"] for lang, menu in menus.items()}
    assert names == {"en": "Chocolate brownie", "fr": "Brownie au chocolat", "nl": "Chocoladebrownie"}


def test_a_deal_keeps_its_groups_extra_prices_and_nested_groups(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client, client: Client
) -> None:
    connect(annas_browser, venue)
    sync_menu(venue=venue, started_by="a test")

    menu = client.get("/api/v1/venues/copper-pot/menu?lang=en").json()

    meal = next(one for one in menu["products"] if one["sku"] == "MEAL01")
    groups = {one["id"]: one for one in menu["modifier_groups"]}
    burgers, sides, _drinks, sweets = (groups[id] for id in meal["modifier_groups"])
    assert (meal["kind"], burgers["kind"]) == ("deal", "deal")
    assert {one["price"] for one in burgers["modifiers"]} == {"0.00", "3.00"}
    assert [one["price"] for one in sides["modifiers"]] == ["0.00", "0.75"]
    assert (sweets["min"], sweets["max"]) == (0, 2)
    assert all(id in groups for one in burgers["modifiers"] for id in one["modifier_groups"])
    assert any(one["modifier_groups"] for one in burgers["modifiers"])
    screens = {one["id"]: one for one in menu["categories"]}
    desserts = next(one for one in menu["categories"] if one["name"] == "Desserts")
    assert screens[desserts["parent"]]["name"] == "Deals & desserts"


def test_a_location_with_two_menus_asks_for_a_choice_and_remembers_it(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> None:
    connect(annas_browser, venue, location=RIVERSIDE)

    undecided = sync_menu(venue=venue, started_by="a test")
    chosen = sync_menu(venue=venue, menu_id="272", started_by="a test")
    later = sync_menu(venue=venue, started_by="a test")

    assert "271 (All day), 272 (Brunch)" in undecided.error
    assert chosen.state == later.state == SyncRun.State.SUCCEEDED


def test_the_menu_stays_while_the_pos_is_offline(sandbox: SandboxPos, venue: Venue, annas_browser: Client) -> None:
    connect(annas_browser, venue)
    sync_menu(venue=venue, started_by="a test")
    sandbox.switch_on(offline=True)

    run = sync_menu(venue=venue, started_by="a test")

    assert run.state == SyncRun.State.FAILED
    assert version_of(venue=venue) == 1


def test_a_lost_notification_is_made_up_for_by_the_comparison(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client, client: Client
) -> None:
    connect(annas_browser, venue)
    sync_menu(venue=venue, started_by="a test")
    sandbox.control("items/BROWNIE/restrict", count=None)
    assert shown(client)["available"]["BROWNIE"] is True

    found = reconcile(venue=venue)

    assert "BROWNIE: 0 left (before: 5 left)" in found.differences
    assert shown(client)["available"]["BROWNIE"] is False
    apply_item_update(venue, lifted("BROWNIE", timezone.now() + timedelta(minutes=1)))
    assert shown(client)["available"]["BROWNIE"] is True


@pytest.mark.parametrize("light", [False, True])
def test_a_sync_asks_by_sku_what_is_sold_out(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client, client: Client, light: bool
) -> None:
    """The real POS wants 1 to 50 SKUs and by default answers with 25 of them."""
    connect(annas_browser, venue)
    first = sync_menu(venue=venue, started_by="a test")
    assert (first.state, "sold out" in str(first.warnings)) == (SyncRun.State.SUCCEEDED, False)
    menu = client.get("/api/v1/venues/copper-pot/menu").json()
    items = sorted({one["sku"] for one in menu["products"]})
    assert len(items) > 25
    for sku in items:
        sandbox.control(f"items/{sku}/restrict", count=None)

    run = sync_menu(venue=venue, started_by="a test", light=light)

    assert (run.state, "sold out" in str(run.warnings)) == (SyncRun.State.SUCCEEDED, False)
    assert set(shown(client)["available"].values()) == {False}


def test_a_warning_of_the_pos_is_shown_on_the_connection_until_it_no_longer_comes(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> None:
    connection = connect(annas_browser, venue)
    page = f"/admin/integrations/connection/{connection.pk}/change/"
    for ask in (partial(sync_menu, venue=venue, started_by="a test"), partial(reconcile, venue=venue)):
        for warns in (True, False):
            sandbox.set_habits(old_app_warning=warns)
            ask()
            shown = "Item availability needs a newer version" in annas_browser.get(page).content.decode()
            assert shown is warns
