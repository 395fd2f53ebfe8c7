"""Snoozing and waking by API, with the venue's own key only."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from menus.models import Snooze
from menus.snoozes.service import HowLong, snooze
from menus.stock.levels import apply_item_update
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.snapshots import sync_snapshot
from tests.menus.stocked import orderable, restricted, stocked_menu

URL = "/api/v1/venues/copper-pot/snoozes"
EVENING = datetime(2026, 10, 1, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _evening() -> Iterator[None]:
    with time_machine.travel(EVENING, tick=False):
        yield


@pytest.fixture
def menu(venue: Venue) -> Venue:
    cache.clear()
    sync_snapshot(venue, stocked_menu())
    return venue


def post(client: APIClient, **body: Any) -> Any:
    return client.post(URL, body, format="json")


def errors(answer: Any) -> list[tuple[str, str | None]]:
    return [(error["code"], error["attr"]) for error in answer.json()["errors"]]


def test_items_are_snoozed_until_tomorrow_and_the_report_names_the_key(menu: Venue, storefront: APIClient) -> None:
    version = version_of(venue=menu)

    answer = post(storefront, skus=["SALAD", "MAYO"], how_long="tomorrow", reason="Delivery is late")

    assert answer.status_code == 201
    mayo, salad = Snooze.objects.order_by("sku")
    assert answer.json() == {
        "snoozes": [
            {
                "id": str(row.pk),
                "sku": row.sku,
                "name": row.name,
                "until": "2026-10-02T08:00:00+01:00",
                "reason": "Delivery is late",
            }
            for row in (mayo, salad)
        ]
    }
    assert (salad.source, salad.cause, salad.by) == ("api", "by_hand", "web shop")
    assert orderable(menu)["SALAD"] is False
    assert version_of(venue=menu) == version + 1


@pytest.mark.parametrize(
    ("length", "until"),
    [
        ({"how_long": "hour"}, "2026-10-01T20:00:00+01:00"),
        ({"how_long": "further_notice"}, None),
        ({"until": "2026-10-03T12:00:00+02:00"}, "2026-10-03T11:00:00+01:00"),
    ],
)
def test_the_length_of_a_snooze(menu: Venue, storefront: APIClient, length: dict[str, str], until: str | None) -> None:
    (one,) = post(storefront, skus=["SALAD"], **length).json()["snoozes"]
    assert one["until"] == until


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("required", "skus")]),
        ({"skus": [], "how_long": "hour"}, [("min_length", "skus")]),
        ({"skus": ["SALAD"] * 201, "how_long": "hour"}, [("max_length", "skus")]),
        ({"skus": "SALAD", "how_long": "hour"}, [("not_a_list", "skus")]),
        ({"skus": ["SALAD", "NOPE"], "how_long": "hour"}, [("unknown_sku", "skus.1")]),
        ({"skus": ["SALAD", "a\0b"], "how_long": "hour"}, [("null_characters_not_allowed", "skus.1")]),
        ({"skus": ["SALAD"]}, [("how_long_or_until", None)]),
        ({"skus": ["SALAD"], "how_long": "hour", "until": "2026-10-03T12:00:00Z"}, [("how_long_or_until", None)]),
        ({"skus": ["SALAD"], "how_long": "week"}, [("invalid_choice", "how_long")]),
        ({"skus": ["SALAD"], "until": "2026-10-01T18:00:00Z"}, [("passed", "until")]),
        ({"skus": ["SALAD"], "until": "9999-12-31T23:59:59Z"}, [("too_late", "until")]),
        ({"skus": ["SALAD"], "until": "2026-10-03T12:00:00"}, [("naive", "until")]),
        ({"skus": ["SALAD"], "how_long": "hour", "reason": "x" * 301}, [("max_length", "reason")]),
    ],
)
def test_invalid_input_is_refused_and_nothing_is_snoozed(
    menu: Venue, storefront: APIClient, body: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    answer = post(storefront, **body)
    found = [(code, attr if attr != "non_field_errors" else None) for code, attr in errors(answer)]
    assert (answer.status_code, found) == (400, expected)
    assert not Snooze.objects.exists()


def test_one_snooze_is_ended_early_and_the_items_others_stay(menu: Venue, storefront: APIClient) -> None:
    (first,) = post(storefront, skus=["SALAD"], how_long="hour").json()["snoozes"]
    (second,) = snooze(venue=menu, skus=["SALAD"], how_long=HowLong.TOMORROW, by="Anna")

    assert storefront.delete(f"{URL}/{first['id']}").status_code == 204
    assert orderable(menu)["SALAD"] is False
    version = version_of(venue=menu)
    assert storefront.delete(f"{URL}/{second.pk}").status_code == 204

    assert orderable(menu)["SALAD"] is True
    assert version_of(venue=menu) == version + 1
    assert {(row.ended_at, row.ended_by) for row in Snooze.objects.all()} == {(EVENING, "web shop")}


def test_ended_unknown_and_till_records_cannot_be_ended(menu: Venue, storefront: APIClient) -> None:
    (one,) = post(storefront, skus=["SALAD"], how_long="hour").json()["snoozes"]
    storefront.delete(f"{URL}/{one['id']}")
    apply_item_update(menu, restricted("BURGER", 0, EVENING))
    for id in (one["id"], uuid4(), Snooze.objects.get(sku="BURGER").pk):
        answer = storefront.delete(f"{URL}/{id}")
        assert (answer.status_code, errors(answer)) == (404, [("not_found", None)])
    assert Snooze.objects.get(sku="BURGER").ended_at is None


# --- Isolation -------------------------------------------------------------------------------------------------------


def test_another_venues_key_is_refused(menu: Venue, other_storefront: APIClient) -> None:
    (row,) = snooze(venue=menu, skus=["SALAD"], how_long=HowLong.HOUR)
    assert post(other_storefront, skus=["BURGER"], how_long="hour").status_code == 403
    assert other_storefront.delete(f"{URL}/{row.pk}").status_code == 403
    assert Snooze.objects.get().ended_at is None


def test_a_key_reaches_neither_another_venues_snoozes_nor_its_items(
    menu: Venue, other_venue: Venue, other_storefront: APIClient
) -> None:
    (row,) = snooze(venue=menu, skus=["SALAD"], how_long=HowLong.HOUR)
    theirs = f"/api/v1/venues/{other_venue.slug}/snoozes"
    assert other_storefront.delete(f"{theirs}/{row.pk}").status_code == 404
    answer = other_storefront.post(theirs, {"skus": ["SALAD"], "how_long": "hour"}, format="json")
    assert (answer.status_code, errors(answer)) == (400, [("unknown_sku", "skus.0")])
    assert Snooze.objects.get().ended_at is None


def test_a_request_without_a_key_is_refused(menu: Venue, client: Client) -> None:
    (row,) = snooze(venue=menu, skus=["SALAD"], how_long=HowLong.HOUR)
    assert client.post(URL, {"skus": ["BURGER"]}, content_type="application/json").status_code == 401
    assert client.delete(f"{URL}/{row.pk}").status_code == 401
    assert Snooze.objects.get().ended_at is None


def test_the_endpoints_are_in_the_schema(menu: Venue, client: Client, storefront: APIClient) -> None:
    schema = client.get("/api/schema/?format=json").json()
    described = schema["paths"]["/api/v1/venues/{slug}/snoozes"]["post"]
    assert described["security"] == [{"venueKey": []}]
    assert schema["paths"]["/api/v1/venues/{slug}/snoozes/{snooze_id}"]["delete"]["operationId"] == "wake_item"
    answer = post(storefront, skus=["SALAD"], how_long="tomorrow").json()
    jsonschema.validate(answer, schema | {"$ref": "#/components/schemas/Snoozes"})
