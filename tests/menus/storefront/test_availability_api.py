"""GET availability: small, public, and always in agreement with the menu of the same version."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from menus.models import Modifier, Product
from menus.snoozes.service import HowLong, snooze
from menus.stock.levels import apply_item_update
from menus.stock.reservations import take_stock
from storekit.models import Venue
from tests.menus.snapshots import category, product, snapshot, sync_snapshot
from tests.menus.stocked import restricted, shown, stocked_menu

URL = "/api/v1/venues/copper-pot/availability"
NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def menu(venue: Venue) -> Venue:
    cache.clear()
    sync_snapshot(venue, stocked_menu())
    return venue


def ask(client: Client) -> dict[str, Any]:
    answer = client.get(URL)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_document_is_empty_while_everything_is_available(menu: Venue, client: Client) -> None:
    assert ask(client) == {"version": 1, "unavailable": [], "stock": {}}


def test_it_lists_unavailable_entries_with_reason_and_end(menu: Venue, client: Client) -> None:
    (asleep,) = snooze(venue=menu, skus=["BURGER"], how_long=HowLong.TOMORROW)
    snooze(venue=menu, skus=["MAYO"], how_long=HowLong.FURTHER_NOTICE)
    apply_item_update(menu, restricted("SALAD", 0, NOON))
    apply_item_update(menu, restricted("KETCHUP", 7, NOON))

    found = ask(client)

    assert asleep.until is not None
    until = asleep.until.astimezone(menu.zone).isoformat()
    ids = dict(Product.objects.values_list("sku", "pk"))
    assert [one for one in found["unavailable"] if one["product"]] == [
        {"sku": "BURGER", "product": str(ids["BURGER"]), "modifier": None, "until": until, "reason": "snoozed"},
        {"sku": "MEAL", "product": str(ids["MEAL"]), "modifier": None, "until": None, "reason": "choices_sold_out"},
        {"sku": "SALAD", "product": str(ids["SALAD"]), "modifier": None, "until": None, "reason": "sold_out"},
    ]
    mayo = Modifier.objects.get(sku="MAYO")
    assert {"sku": "MAYO", "product": None, "modifier": str(mayo.pk), "until": None, "reason": "snoozed"} in found[
        "unavailable"
    ]
    assert {one["sku"] for one in found["unavailable"] if one["modifier"]} == {"MAYO", "BURGER", "SALAD"}
    assert found["stock"] == {"SALAD": 0, "KETCHUP": 7}


def test_it_agrees_with_the_menu_of_the_same_version(menu: Venue, client: Client) -> None:
    apply_item_update(menu, restricted("SALAD", 2, NOON))
    apply_item_update(menu, restricted("BURGER", None, NOON))
    take_stock(venue=menu, quantities={"SALAD": 2})
    snooze(venue=menu, skus=["MAYO"], how_long=HowLong.HOUR)

    found, seen = ask(client), shown(client)

    assert found["version"] == seen["version"]
    off = {one["sku"] for one in found["unavailable"] if one["product"]}
    assert off == {sku for sku, available in seen["available"].items() if not available}
    off = {one["sku"] for one in found["unavailable"] if one["modifier"]}
    assert off == {sku for sku, available in seen["choices"].items() if not available}
    assert {sku: left for sku, left in found["stock"].items() if sku in seen["available"]} == seen["stock"]


def test_archived_entries_are_not_listed(menu: Venue, client: Client) -> None:
    apply_item_update(menu, restricted("SALAD", 0, NOON))
    sync_snapshot(menu, snapshot(categories=(category("mains", "BURGER"),), products=(product("BURGER"),)))

    assert ask(client)["unavailable"] == []


def test_an_unchanged_document_is_304_with_one_query_and_a_changed_one_200(menu: Venue, client: Client) -> None:
    tag = client.get(URL)["ETag"]
    with CaptureQueriesContext(database) as queries:
        again = client.get(URL, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again["ETag"], len(queries)) == (304, b"", tag, 1)

    apply_item_update(menu, restricted("SALAD", 5, NOON))

    changed = client.get(URL, headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed["ETag"] != tag


def test_the_document_is_cached_for_all_clients(menu: Venue, client: Client) -> None:
    ask(client)
    with CaptureQueriesContext(database) as queries:
        ask(client)
    assert len([one for one in queries if "storekit_cache" not in one["sql"]]) == 1


def test_the_number_of_queries_does_not_grow_with_the_menu(venue: Venue, other_venue: Venue, client: Client) -> None:
    numbers = []
    for place, size in ((venue, 2), (other_venue, 60)):
        cache.clear()
        skus = [f"P{n}" for n in range(size)]
        sync_snapshot(place, snapshot(categories=(category("c", *skus),), products=tuple(map(product, skus))))
        snooze(venue=place, skus=skus, how_long=HowLong.HOUR)
        with CaptureQueriesContext(database) as queries:
            answer = client.get(f"/api/v1/venues/{place.slug}/availability")
        assert len(answer.json()["unavailable"]) == size
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_an_unknown_venue_and_one_without_a_menu_are_404(venue: Venue, client: Client) -> None:
    unknown = client.get("/api/v1/venues/nowhere/availability")
    empty = client.get(URL)

    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (404, "not_found")
    assert (empty.status_code, empty.json()["errors"][0]["code"]) == (404, "no_menu")


def test_the_openapi_schema_describes_the_availability(client: Client) -> None:
    schema = client.get("/api/schema/?format=json").json()
    described = schema["paths"]["/api/v1/venues/{slug}/availability"]["get"]
    assert described["operationId"] == "venue_availability"
    assert "304" in described["responses"]
    assert "ordering" in schema["components"]["schemas"]["MenuSchema"]["properties"]
