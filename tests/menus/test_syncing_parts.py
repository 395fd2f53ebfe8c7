"""Syncs that read and write only what differs from the answer before. They must do what a whole one does."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from hypothesis import given, settings

from integrations.models import Connection, LightspeedSettings, SyncRun
from menus.applying import load_held_part
from menus.going_back import undo
from menus.models import Menu, MenuMemory, Product
from menus.planning import plan_sync
from menus.syncing import sync_menu
from menus.versions import raise_version
from storekit.models import Venue
from tests.factories import ConnectionFactory, VenueFactory
from tests.integrations.lightspeed.test_menu_memory import menus_in_a_row
from tests.menus.pos_answers import answer_availability, answer_menu, item, menu, screen

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


@pytest.fixture
def read_in_parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many products each sync read that did not read the whole menu."""
    seen: list[int] = []

    def noted(**options: Any) -> Any:
        seen.append(len(options["part"].products))
        return load_held_part(**options)

    monkeypatch.setattr("menus.syncing.load_held_part", noted)
    return seen


def sync(venue: Venue, body: Json, **options: Any) -> SyncRun:
    answer_menu(body)
    run = sync_menu(venue=venue, menu_id="168", started_by="a test", **options)
    assert run.state == SyncRun.State.SUCCEEDED, run.error
    return run


def menu_of(**prices: str) -> Json:
    return menu(screen("1", *(item(sku, price) for sku, price in prices.items())))


def price_of(sku: str) -> str:
    return str(Product.objects.get(sku=sku).price)


def test_only_the_product_that_changed_is_compared_and_everything_is_counted(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00", C="3.00"))

    run = sync(venue, menu_of(A="1.00", B="2.50", C="3.00"))

    assert read_in_parts == [1]
    assert run.counts == {"created": 0, "updated": 1, "archived": 0, "unchanged": 3}
    assert price_of("B") == "2.50"
    sync(venue, menu_of(A="1.10", B="2.50", C="3.00"))
    assert read_in_parts == [1, 1]
    assert undo(venue=venue, started_by="a test").state == SyncRun.State.SUCCEEDED
    assert (price_of("A"), price_of("B")) == ("1.00", "2.50")


def test_after_going_back_or_a_light_sync_the_whole_menu_is_compared(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    sync(venue, menu_of(A="1.50", B="2.00"))
    undo(venue=venue, started_by="a test")

    sync(venue, menu_of(A="1.50", B="2.50"))
    assert (price_of("A"), price_of("B")) == ("1.50", "2.50")
    sync(venue, menu_of(A="9.00", B="2.50"), light=True)
    sync(venue, menu_of(A="1.50", B="2.60"))

    assert (price_of("A"), price_of("B")) == ("1.50", "2.60")
    assert read_in_parts == [1]


@pytest.mark.parametrize("stale", [{"digest": "x"}, {"shaping": "x"}, {"content": b""}])
def test_a_stale_memory_is_not_used(
    connection: Connection, venue: Venue, read_in_parts: list[int], stale: dict[str, Any]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    MenuMemory.objects.update(**stale)

    sync(venue, menu_of(A="1.00", B="2.50"))

    assert (price_of("B"), read_in_parts) == ("2.50", [])


def test_a_setting_that_shapes_the_menu_makes_the_memory_stale(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00"))
    LightspeedSettings.objects.update(update_descriptions=False)
    sync(venue, menu_of(A="1.10"))
    LightspeedSettings.objects.update(update_descriptions=True)
    sync(venue, menu_of(A="1.20"))

    assert (price_of("A"), read_in_parts) == ("1.20", [])


def test_stock_that_changes_beside_leaves_the_memory_good(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    answer_availability({"A": 3})
    sync(venue, menu_of(A="1.00", B="2.00"))

    sync(venue, menu_of(A="1.10", B="2.00"))

    assert (price_of("A"), Product.objects.get(sku="A").stock, read_in_parts) == ("1.10", 3, [1])


def test_a_menu_that_changes_while_its_part_is_written_is_compared_whole(
    connection: Connection, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    times: list[int] = []

    def interrupted(**options: Any) -> Any:
        if not times:
            Product.objects.filter(sku="A").update(price="7.00")
            raise_version(menu=Menu.objects.get())
        times.append(1)
        return plan_sync(**options)

    monkeypatch.setattr("menus.syncing.plan_sync", interrupted)
    sync(venue, menu_of(A="1.00", B="2.50"))

    assert (price_of("A"), price_of("B"), len(times)) == ("1.00", "2.50", 2)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(bodies=menus_in_a_row())
def test_after_any_syncs_a_whole_one_finds_nothing_to_change(bodies: list[Json]) -> None:
    venue: Venue = VenueFactory()
    ConnectionFactory(venue=venue)
    for body in bodies:
        sync(venue, copy.deepcopy(body))
        counted = sync(venue, body, force=True).counts
        assert {name: counted[name] for name in ("created", "updated", "archived")} == {
            "created": 0,
            "updated": 0,
            "archived": 0,
        }


def test_a_menu_that_moves_whenever_a_part_is_compared_is_read_whole(
    connection: Connection, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved_meanwhile(**options: Any) -> Any:
        raise_version(menu=Menu.objects.get(venue=venue))
        return load_held_part(**options)

    sync(venue, menu_of(A="1.00", B="2.00"))
    monkeypatch.setattr("menus.syncing.load_held_part", moved_meanwhile)

    sync(venue, menu_of(A="1.50", B="2.00"))

    assert price_of("A") == "1.50"
