"""A sync loads the prices of the order profiles in use, and does no more than that where they agree."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from django.conf import settings
from django.test import Client

from integrations.models import Connection, LightspeedSettings
from menus.models import Product
from menus.storefront.published import menu_cache
from menus.sync.run import sync_menu
from storekit.models import Venue
from tests.menus.pos_answers import answer_menu, item, menu, screen

Json = dict[str, Any]
_LOAD = f"{settings.LIGHTSPEED_API_URL}/o/op/2/menu/load/168"


@pytest.fixture(autouse=True)
def _http(connection: Connection) -> Iterator[None]:
    LightspeedSettings.objects.update_or_create(
        connection=connection, defaults={"delivery_profile": "delivery", "pickup_profile": "", "dine_in_profile": ""}
    )
    menu_cache.clear()
    with responses.mock:
        yield


def answer(normal: Json, delivery: Json, status: int = 200) -> None:
    """Answer with one menu without an order profile, and with another for the delivery profile."""

    def menu_at(request: Any) -> tuple[int, dict[str, str], str]:
        if "accountProfile=delivery" in str(request.url):
            return status, {}, json.dumps(delivery)
        return 200, {}, json.dumps(normal)

    answer_menu(normal)
    responses.remove(responses.GET, _LOAD)
    responses.add_callback(responses.GET, _LOAD, callback=menu_at)


def sync(venue: Venue, **options: Any) -> Any:
    return sync_menu(venue=venue, started_by="test", menu_id="168", **options)


def loads() -> list[str]:
    """Return the order profiles of the menus loaded, in order."""
    queries = [urlsplit(str(call.request.url)) for call in responses.calls]
    return [parse_qs(one.query).get("accountProfile", [""])[0] for one in queries if "/menu/load/" in one.path]


def test_profiles_that_agree_cost_one_download_and_no_reading(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    same = menu(screen("1", item("BURGER")))
    answer(same, same)
    sync(venue)
    assert loads() == ["", "delivery"]
    assert Product.objects.get().prices == {}

    monkeypatch.setattr("integrations.lightspeed.adapter.parse_menu", lambda _: pytest.fail("read again"))
    assert sync(venue).counts["updated"] == 0


def test_only_what_differs_is_kept_and_shown_to_that_type(venue: Venue, client: Client) -> None:
    answer(menu(screen("1", item("BURGER"), item("SALAD"))), menu(screen("1", item("BURGER", "11.00"), item("SALAD"))))
    sync(venue)
    assert dict(Product.objects.values_list("sku", "prices")) == {"BURGER": {"delivery": "11"}, "SALAD": {}}

    shown, etags = {}, set()
    for type in ("", "pickup", "delivery", "dine_in"):
        found = client.get("/api/v1/venues/copper-pot/menu", {"type": type} if type else {})
        shown[type] = [one["price"] for one in found.json()["products"]]
        etags.add(found["ETag"])
    assert shown == {
        "": ["9.50", "9.50"],
        "pickup": ["9.50", "9.50"],
        "delivery": ["11.00", "9.50"],
        "dine_in": ["9.50", "9.50"],
    }
    assert len(etags) == 3

    answer(menu(screen("1", item("BURGER"), item("SALAD"))), menu(screen("1", item("BURGER", "12.00"), item("SALAD"))))
    assert sync(venue, light=True).counts["updated"] == 1
    assert Product.objects.get(sku="BURGER").prices == {"delivery": "12"}
    assert sync(venue).counts["updated"] == 0

    answer(menu(screen("1", item("BURGER"), item("SALAD"))), menu(screen("1", item("BURGER"), item("SALAD"))))
    assert sync(venue).counts["updated"] == 1
    assert Product.objects.get(sku="BURGER").prices == {}


@pytest.mark.parametrize("status", [400, 404])
def test_a_profile_that_the_pos_refuses_keeps_the_menus_prices(venue: Venue, status: int) -> None:
    answer(menu(screen("1", item("BURGER"))), {}, status)
    for _ in range(2):
        run = sync(venue)
        assert run.state == "succeeded"
        assert [warning for warning in run.warnings if "order profile delivery" in warning] != []


def test_a_profile_that_cannot_be_loaded_now_changes_nothing(venue: Venue) -> None:
    answer(menu(screen("1", item("BURGER"))), {}, 503)
    assert sync(venue).state == "failed"
    assert not Product.objects.exists()
