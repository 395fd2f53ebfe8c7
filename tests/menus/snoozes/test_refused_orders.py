"""Orders refused over sold-out items: those items are snoozed until tomorrow, and no others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
import time_machine

from integrations.models import Connection, TokenPair
from integrations.pos import Unreachable
from menus.models import Modifier, Product, Snooze, StockLevel
from menus.snoozes.refused_orders import items_named_in, snooze_refused_items
from menus.snoozes.service import wake
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.pos_answers import AVAILABILITY
from tests.menus.snapshots import sync_snapshot
from tests.menus.stocked import orderable, stocked_menu

EVENING = datetime(2026, 10, 1, 18, tzinfo=UTC)
ORDERED = {"SALAD": "Salad", "BURGER": "Burger", "MAYO": "Mayo", "STOREKIT_DELIVERY": "Delivery"}
NAMED = "Could not add item Salad (restricted)"


@pytest.fixture(autouse=True)
def _evening() -> Iterator[None]:
    with time_machine.travel(EVENING, tick=False), responses.mock:
        yield


@pytest.fixture
def menu(connection: Connection, venue: Venue) -> Venue:
    TokenPair.objects.update(expires_at=datetime(2026, 10, 2, tzinfo=UTC))
    sync_snapshot(venue, stocked_menu())
    return venue


def refuse(venue: Venue, reason: str) -> list[Snooze]:
    return snooze_refused_items(venue=venue, items=ORDERED, reason=reason, order="1007")


def pos_has(*rows: dict[str, Any]) -> None:
    responses.post(AVAILABILITY, json={"data": list(rows), "metadata": {"totalPages": 1}})


def test_items_named_in_the_reason_are_snoozed_until_eight_tomorrow_without_asking_the_pos(menu: Venue) -> None:
    version = version_of(venue=menu)

    (row,) = refuse(menu, NAMED)

    assert (row.sku, row.source, row.cause, row.order, row.reason) == (
        "SALAD",
        "lightspeed",
        "order_failure",
        "1007",
        NAMED,
    )
    assert row.until == datetime(2026, 10, 2, 7, tzinfo=UTC)
    assert orderable(menu) == {"BURGER": True, "SALAD": False, "MEAL": True}
    assert version_of(venue=menu) == version + 1
    assert len(responses.calls) == 0


def test_a_reason_without_names_makes_us_ask_the_pos_for_the_orders_items(menu: Venue) -> None:
    pos_has(
        {"sku": "BURGER", "count": 0, "updatedAt": "2026-10-01T17:59:00Z"},
        {"sku": "SALAD", "count": 4, "updatedAt": "2026-10-01T17:59:00Z"},
    )

    rows = refuse(menu, "Something in the order is restricted")

    assert [row.sku for row in rows] == ["BURGER"]
    assert {level.sku: level.left for level in StockLevel.objects.all()} == {"BURGER": 0, "SALAD": 4}
    assert orderable(menu)["BURGER"] is False


def test_nothing_is_snoozed_if_the_pos_has_everything(menu: Venue) -> None:
    pos_has()
    assert refuse(menu, "Restricted") == []
    assert not Snooze.objects.exists()


def test_a_pos_that_cannot_be_asked_raises(menu: Venue) -> None:
    responses.post(AVAILABILITY, status=503)
    with pytest.raises(Unreachable):
        refuse(menu, "Restricted")
    assert not Snooze.objects.exists()


def test_the_same_refusal_handled_twice_makes_one_snooze(menu: Venue) -> None:
    assert refuse(menu, NAMED) == refuse(menu, NAMED)
    assert Snooze.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "skus"),
    [
        ("Could not add item Apple pie (restricted)", ["APPLE"]),
        ("could not add item PIE (sold out)", ["PIE"]),
        ("Could not add item Pie and cola (restricted)", ["PIE", "COLA"]),
        ("Table 9 not found", []),
        ("", []),
    ],
)
def test_the_longest_matching_name_counts(reason: str, skus: list[str]) -> None:
    items = {"PIE": "Pie", "APPLE": "Apple Pie", "COLA": "Cola", "BLANK": " "}
    assert items_named_in(reason, items=items) == skus


# --- Uncertain reasons, and timing -----------------------------------------------------------------------------------


def refuse_for(venue: Venue, **how: Any) -> list[Snooze]:
    return snooze_refused_items(venue=venue, items=ORDERED, reason=NAMED, order="1007", **how)


def test_after_an_uncertain_refusal_only_items_sold_out_at_the_pos_are_snoozed(menu: Venue) -> None:
    pos_has({"sku": "BURGER", "count": 0, "updatedAt": "2026-10-01T17:59:00Z"})
    assert [row.sku for row in refuse_for(menu, certain=False)] == ["BURGER"]


@pytest.mark.parametrize(
    ("refused_at", "morning"), [("2026-10-02T03:59:00Z", 2), ("2026-10-02T04:01:00Z", 3)], ids=["last night", "today"]
)
def test_the_next_service_day_counts_from_the_refusal_in_the_venues_zone(
    menu: Venue, refused_at: str, morning: int
) -> None:
    with time_machine.travel(datetime(2026, 10, 2, 4, 5, tzinfo=UTC), tick=False):
        (row,) = refuse_for(menu, refused_at=datetime.fromisoformat(refused_at))
    assert row.until == datetime(2026, 10, morning, 7, tzinfo=UTC)


def test_nothing_is_snoozed_once_that_morning_has_come(menu: Venue) -> None:
    assert refuse_for(menu, refused_at=EVENING - timedelta(days=1)) == []
    assert not Snooze.objects.exists()


def test_an_item_woken_by_staff_since_the_refusal_stays_awake(menu: Venue) -> None:
    refuse_for(menu, refused_at=EVENING)
    wake(venue=menu, skus=["SALAD"], by="Anna")
    (row,) = refuse_for(menu, refused_at=EVENING)
    assert row.ended_by == "Anna"
    assert orderable(menu)["SALAD"] is True


# --- Names of quoted items -------------------------------------------------------------------------------------------


def refuse_named(venue: Venue, item: str, **items: str) -> list[str]:
    reason = f"Could not add item {item} (check sales restrictions)"
    rows = snooze_refused_items(venue=venue, items=items or ORDERED, reason=reason, order="1007", item=item)
    return [row.sku for row in rows]


@pytest.mark.parametrize("item", ["Laitue", "laitue ", "Salat", "Salad", "SALAD", "Ensalada"])
def test_a_quoted_item_is_found_by_its_name_in_every_language(menu: Venue, item: str) -> None:
    Product.objects.filter(sku="SALAD").update(
        name="Ensalada", translations={"fr": {"name": "Laitue"}, "de": {"name": "Salat"}}
    )
    assert refuse_named(menu, item) == ["SALAD"]
    assert orderable(menu) == {"BURGER": True, "SALAD": False, "MEAL": True}
    assert len(responses.calls) == 0


def test_a_quoted_topping_is_found_by_its_translation(menu: Venue) -> None:
    Modifier.objects.filter(sku="MAYO").update(translations={"fr": {"name": "Mayonnaise", "description": "Maison"}})
    assert refuse_named(menu, "Mayonnaise") == ["MAYO"]


@pytest.mark.parametrize("item", ["Mayo burger", "Sal", "sales restrictions"])
def test_a_quoted_item_is_compared_as_a_whole(menu: Venue, item: str) -> None:
    pos_has({"sku": "BURGER", "count": 0, "updatedAt": "2026-10-01T17:59:00Z"})
    assert refuse_named(menu, item) == ["BURGER"]


@pytest.mark.parametrize(("at_the_pos", "skus"), [(["BURGER"], ["BURGER"]), ([], ["BURGER", "SALAD"])])
def test_of_items_of_one_name_the_pos_is_asked_which_is_sold_out(
    menu: Venue, at_the_pos: list[str], skus: list[str]
) -> None:
    pos_has(*({"sku": sku, "count": None, "updatedAt": "2026-10-01T17:59:00Z"} for sku in at_the_pos))
    assert refuse_named(menu, "Lunch", SALAD="Lunch", BURGER="Lunch", MAYO="Mayo") == skus
    asked = json.loads(responses.calls[0].request.body or "")
    assert sorted(asked["skus"]) == ["BURGER", "SALAD"]


def test_an_item_of_the_same_name_that_is_not_in_the_order_still_sells(menu: Venue) -> None:
    Product.objects.filter(sku="BURGER").update(name="Salad")
    assert refuse_named(menu, "Salad", SALAD="Salad") == ["SALAD"]
    assert orderable(menu)["BURGER"] is True
