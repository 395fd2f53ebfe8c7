"""GET menu, the menu for storefronts."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection
from integrations.pos import Translation
from menus.models import Menu, Modifier, ModifierGroup, Product
from menus.storefront import document, published
from menus.versions import raise_version
from storekit.models import Venue
from tests.menus.snapshots import BURGER_MENU, category, group, modifier, product, snapshot, sync_snapshot

URL = "/api/v1/venues/copper-pot/menu"


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.clear()


@pytest.fixture
def menu(venue: Venue) -> Venue:
    sync_snapshot(venue, BURGER_MENU)
    return venue


def read(client: Client, url: str = URL, **headers: str) -> dict[str, Any]:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_the_menu_has_the_documented_shape(menu: Venue, client: Client) -> None:
    shown = read(client, URL + "?lang=en")

    burger, salad = Product.objects.get(sku="BURGER"), Product.objects.get(sku="SALAD")
    groups = {one.key: str(one.pk) for one in ModifierGroup.objects.all()}
    assert shown["venue"] == {
        "slug": "copper-pot", "name": "The Copper Pot", "currency": "GBP", "timezone": "Europe/London",
    }  # fmt: skip
    assert (shown["version"], shown["language"], shown["languages"]) == (1, "en", ["en", "fr"])
    mains, grill = shown["categories"]
    assert mains | {"id": ""} == {
        "id": "", "name": "Mains", "parent": None, "image": None, "products": [str(burger.pk), str(salad.pk)],
    }  # fmt: skip
    assert (grill["parent"], grill["products"]) == (mains["id"], [str(burger.pk)])
    assert shown["products"][0] == {
        "id": str(burger.pk),
        "sku": "BURGER",
        "kind": "item",
        "name": "Burger",
        "description": "Beef & bun",
        "price": "12.00",
        "image": None,
        "allergens": [{"code": "milk", "name": "milk"}, {"code": "gluten", "name": "gluten"}],
        "calories": 650,
        "contains_alcohol": False,
        "available": True,
        "stock": None,
        "modifier_groups": [groups["sauce"], groups["doneness"]],
    }
    mayo = Modifier.objects.get(sku="MAYO")
    sauce, doneness, amount = shown["modifier_groups"]
    assert (sauce["id"], sauce["name"], sauce["kind"], sauce["min"], sauce["max"]) == (
        groups["sauce"], "Sauce", "modifier", 0, 2,
    )  # fmt: skip
    assert sauce["modifiers"][0] == {
        "id": str(mayo.pk),
        "sku": "MAYO",
        "name": "Mayo",
        "price": "1.20",
        "available": True,
        "modifier_groups": [amount["id"]],
    }
    assert doneness["modifiers"][0]["sku"] is None


def test_languages_by_parameter_then_header_then_the_preferred_one(
    menu: Venue, connection: Connection, client: Client
) -> None:
    assert read(client, URL + "?lang=fr", **{"accept-language": "en"})["language"] == "fr"
    assert read(client, URL, **{"accept-language": "fr-FR, en;q=0.8"})["language"] == "fr"
    assert read(client, URL + "?lang=tlh")["language"] == "en"

    connection.settings.preferred_language = "fr"
    connection.settings.save()
    assert read(client)["language"] == "fr"


def test_a_missing_text_falls_back_to_the_preferred_language(
    menu: Venue, connection: Connection, client: Client
) -> None:
    burger, salad = read(client, URL + "?lang=fr")["products"]

    assert (burger["name"], burger["description"]) == ("Le burger", "Beef & bun")
    assert salad["name"] == "Salad"


def test_another_preferred_language_shows_at_once(menu: Venue, connection: Connection, client: Client) -> None:
    sync_snapshot(
        menu,
        snapshot(
            products=(
                product("P", name="Till", translations={"en": Translation(name="E"), "fr": Translation(name="F")}),
            ),
            categories=(category("c", "P"),),
            languages=("de", "en", "fr"),
        ),
    )
    first = client.get(URL + "?lang=de")
    connection.settings.preferred_language = "fr"
    connection.settings.save()
    second = client.get(URL + "?lang=de")

    assert (first.json()["products"][0]["name"], second.json()["products"][0]["name"]) == ("E", "F")
    assert first["ETag"] != second["ETag"]


def test_a_client_with_the_current_menu_gets_304_after_one_query(menu: Venue, client: Client) -> None:
    etag = client.get(URL)["ETag"]

    with CaptureQueriesContext(database) as queries:
        answer = client.get(URL, headers={"if-none-match": f'"other", {etag}'})

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)
    # The one query is a prepared statement of the driver's own, which Django does not count.
    assert len(queries) == 0


def test_the_etag_changes_with_the_menu_and_with_the_language(menu: Venue, client: Client) -> None:
    english, french = client.get(URL + "?lang=en"), client.get(URL + "?lang=fr")
    sync_snapshot(menu, snapshot(categories=(category("mains", "SALAD"),), products=(product("SALAD"),)))
    later = client.get(URL + "?lang=en", headers={"if-none-match": english["ETag"]})

    assert len({english["ETag"], french["ETag"], later["ETag"]}) == 3
    assert (later.status_code, later.json()["version"]) == (200, 2)
    assert [one["sku"] for one in later.json()["products"]] == ["SALAD"]


def test_caches_must_revalidate_and_no_cookie_varies_the_response(menu: Venue, client: Client) -> None:
    for headers in ({}, {"if-none-match": client.get(URL + "?lang=fr")["ETag"]}):
        answer = client.get(URL + "?lang=fr", headers=headers)
        assert answer["Cache-Control"] == "public, no-cache"
        assert answer["Vary"] == "Accept-Encoding, Accept-Language"
        assert answer["Content-Language"] == "fr"
        assert not answer.cookies


def test_the_menu_is_built_once_and_then_read_from_the_cache(
    menu: Venue, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = client.get(URL)
    monkeypatch.setattr(published, "load_rows", lambda **_: pytest.fail("built again"))

    assert client.get(URL).content == built.content


def test_building_any_menu_takes_the_same_number_of_queries(menu: Venue, other_venue: Venue, client: Client) -> None:
    sync_snapshot(
        other_venue,
        snapshot(
            categories=(category("c", *(f"P{n}" for n in range(60))),),
            products=tuple(product(f"P{n}", groups=(f"g{n}",)) for n in range(60)),
            groups=tuple(group(f"g{n}", modifier("A"), modifier("B")) for n in range(60)),
        ),
    )
    with CaptureQueriesContext(database) as small:
        client.get(URL)
    with CaptureQueriesContext(database) as large:
        client.get("/api/v1/venues/blue-door/menu")

    assert len(small) == len(large)


def test_a_sync_that_commits_while_the_menu_is_built_is_read_completely(
    menu: Venue, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = document.load_rows
    calls: list[object] = []

    def interrupted(*, venue: Venue, **options: Any) -> object:
        rows = load(venue=venue, **options)
        calls.append(rows)
        if len(calls) == 1:
            Product.objects.update(price=Decimal("99.00"))
            raise_version(menu=Menu.objects.get(venue=venue))
        return rows

    monkeypatch.setattr(published, "load_rows", interrupted)
    stale = client.get(URL, headers={"if-none-match": '"something else"'})

    assert (stale.json()["version"], stale.json()["products"][0]["price"]) == (2, "99.00")
    assert client.get(URL)["ETag"] == stale["ETag"]
    assert client.get(URL).content == stale.content


def test_a_renamed_venue_is_not_served_under_its_old_name(menu: Venue, client: Client) -> None:
    before = client.get(URL)
    menu.name = "The Silver Pot"
    menu.save()
    after = client.get(URL, headers={"if-none-match": before["ETag"]})

    assert after.json()["venue"]["name"] == "The Silver Pot"


def test_other_venues_products_and_archived_ones_are_not_shown(menu: Venue, other_venue: Venue, client: Client) -> None:
    sync_snapshot(other_venue, snapshot(categories=(category("c", "WINE"),), products=(product("WINE"),)))
    sync_snapshot(menu, snapshot(categories=(category("mains", "SALAD"),), products=(product("SALAD"),)))

    shown = read(client)

    assert [one["sku"] for one in shown["products"]] == ["SALAD"]
    assert [one["name"] for one in shown["categories"]] == ["Mains"]
    assert shown["modifier_groups"] == []


def test_a_group_that_no_product_leads_to_is_not_shown(venue: Venue, client: Client) -> None:
    sync_snapshot(
        venue,
        snapshot(
            categories=(category("c", "P"),),
            products=(product("P", groups=("used",)),),
            groups=(group("used", modifier("A")), group("unused", modifier("B"))),
        ),
    )

    assert [one["name"] for one in read(client)["modifier_groups"]] == ["Used"]


@pytest.mark.django_db
def test_an_unknown_venue_and_one_without_a_menu_answer_404_and_say_which(client: Client, venue: Venue) -> None:
    unknown, unsynced = client.get("/api/v1/venues/nowhere/menu"), client.get(URL)

    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (404, "not_found")
    assert unsynced.status_code == 404
    assert unsynced.json() == {
        "type": "client_error",
        "errors": [{"code": "no_menu", "detail": "The Copper Pot has not synced a menu yet.", "attr": None}],
    }


def test_a_menu_that_keeps_changing_is_503(menu: Venue, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    load = document.load_rows

    def restless(*, venue: Venue, **options: Any) -> object:
        raise_version(menu=Menu.objects.get(venue=venue))
        return load(venue=venue, **options)

    monkeypatch.setattr(published, "load_rows", restless)
    client.raise_request_exception = False
    answer = client.get(URL)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "menu_changing")


def test_the_openapi_schema_describes_the_menu(client: Client) -> None:
    schema = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()

    operation = schema["paths"]["/api/v1/venues/{slug}/menu"]["get"]
    content = operation["responses"]["200"]["content"]["application/json"]
    assert content["schema"]["$ref"].endswith("/MenuSchema")
    assert {"304", "404"} <= operation["responses"].keys()
    assert operation.get("security", [{}]) == [{}]
