"""Item notifications: the newest counts, the storefront shows it at once, and deals follow their items."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.models import Connection, Notification
from integrations.pos import ItemUpdate
from integrations.webhooks.ledger import receive
from menus.models import Menu, Modifier, Snooze, StockLevel, StockWatch
from menus.stock.levels import apply_item_update, unrestricted_update
from menus.sync.commit import Supplement, commit_supplement
from menus.tasks import handle_item_notification
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.snapshots import category, product, snapshot, sync_snapshot
from tests.menus.stocked import lifted, orderable, restricted, shown, stocked_menu
from tests.support.examples import examples

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.clear()


@pytest.fixture
def menu(venue: Venue) -> Venue:
    sync_snapshot(venue, stocked_menu())
    return venue


@pytest.mark.parametrize(
    ("left", "stock", "available"), [(5, 5, True), (1, 1, True), (0, 0, False), (-2, 0, False), (None, None, False)]
)
def test_a_restricted_item_shows_its_count_and_is_sold_out_at_zero_or_without_a_count(
    menu: Venue, client: Client, left: int | None, stock: int | None, available: bool
) -> None:
    apply_item_update(menu, restricted("SALAD", left, NOON))

    seen = shown(client)
    assert (seen["available"]["SALAD"], seen["choices"]["SALAD"]) == (available, available)
    assert seen["stock"] == ({"SALAD": stock} if stock is not None else {})
    assert orderable(menu)["SALAD"] == available


def test_products_choices_and_the_deal_change_together_in_one_menu_version(menu: Venue, client: Client) -> None:
    before = version_of(venue=menu)
    apply_item_update(menu, restricted("BURGER", None, at(0)))
    assert shown(client)["available"] == {"BURGER": False, "SALAD": True, "MEAL": True}

    apply_item_update(menu, restricted("SALAD", 0, at(1)))

    seen = shown(client)
    assert seen["available"] == {"BURGER": False, "SALAD": False, "MEAL": False}
    assert seen["choices"] == {"BURGER": False, "SALAD": False, "BROWNIE": True, "MAYO": True, "KETCHUP": True}
    assert seen["version"] == before + 2
    assert orderable(menu) == seen["available"]

    apply_item_update(menu, lifted("SALAD", at(2)))
    assert shown(client)["available"] == orderable(menu) == {"BURGER": False, "SALAD": True, "MEAL": True}


def test_an_optional_choice_that_is_sold_out_affects_nothing_else(menu: Venue, client: Client) -> None:
    apply_item_update(menu, restricted("BROWNIE", None, NOON))
    apply_item_update(menu, restricted("MAYO", None, NOON))

    assert shown(client)["available"] == orderable(menu) == {"BURGER": True, "SALAD": True, "MEAL": True}


def test_an_older_or_repeated_update_changes_nothing(menu: Venue) -> None:
    apply_item_update(menu, restricted("SALAD", 2, at(10)))
    version = version_of(venue=menu)

    assert apply_item_update(menu, lifted("SALAD", at(5))) == "out of date"
    assert apply_item_update(menu, restricted("SALAD", 2, at(10))) == "out of date"

    assert version_of(venue=menu) == version
    assert StockLevel.objects.get().left == 2


UPDATES = [
    restricted("SALAD", 5, at(0)),
    restricted("SALAD", 4, at(1)),
    lifted("SALAD", at(2)),
    restricted("SALAD", None, at(3)),
]


@pytest.mark.parametrize("order", itertools.permutations(range(4)))
def test_updates_arriving_in_any_order_end_in_the_newest(menu: Venue, order: tuple[int, ...]) -> None:
    for number in order:
        apply_item_update(menu, UPDATES[number])

    assert orderable(menu)["SALAD"] is False
    assert StockLevel.objects.get().counted_at == at(3)


_UPDATES = st.builds(
    lambda second, restricted, left: ItemUpdate("SALAD", restricted, left if restricted else None, at(second)),
    st.integers(0, 4),
    st.booleans(),
    st.none() | st.integers(-1, 9),
)


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(updates=st.lists(_UPDATES, min_size=1, max_size=5), data=st.data())
def test_the_result_depends_on_the_updates_and_not_on_their_order(
    menu: Venue, updates: list[ItemUpdate], data: Any
) -> None:
    """This includes updates of the same millisecond, of which the latest leaves the fewest."""
    ends = []
    for order in (updates, data.draw(st.permutations(updates)), [*updates, *updates]):
        StockLevel.objects.all().delete()
        for update in order:
            apply_item_update(menu, update)
        level = StockLevel.objects.get()
        ends.append((level.restricted, level.count, level.counted_at, orderable(menu)["SALAD"]))

    assert ends[0] == ends[1] == ends[2]
    assert ends[0][2] == max(update.at for update in updates if update.at)


def test_of_two_updates_within_one_millisecond_the_lower_count_wins(menu: Venue) -> None:
    for order in ([4, 3], [3, 4]):
        StockLevel.objects.all().delete()
        for left in order:
            apply_item_update(menu, restricted("SALAD", left, NOON))
        assert StockLevel.objects.get().left == 3


def test_a_time_far_in_the_future_is_cut_so_that_later_updates_still_count(menu: Venue) -> None:
    apply_item_update(menu, restricted("SALAD", 3, datetime(2999, 1, 1, tzinfo=UTC)))

    level = StockLevel.objects.get()
    assert level.counted_at is not None
    assert level.counted_at < datetime.now(UTC) + timedelta(minutes=11)


def test_an_update_for_an_item_not_on_the_menu_is_stored_for_when_it_is_added(menu: Venue) -> None:
    version = version_of(venue=menu)

    assert apply_item_update(menu, restricted("SOUP", None, NOON)) == "no change for guests"

    assert version_of(venue=menu) == version
    sync_snapshot(menu, snapshot(categories=(category("mains", "SOUP"),), products=(product("SOUP"),)))
    assert orderable(menu)["SOUP"] is False
    assert not Snooze.objects.exists()


def test_an_update_that_changes_nothing_for_guests_does_not_raise_the_version(menu: Venue) -> None:
    apply_item_update(menu, restricted("SALAD", 5, at(0)))
    version = version_of(venue=menu)

    apply_item_update(menu, restricted("SALAD", 5, at(1)))

    assert version_of(venue=menu) == version


def test_an_update_for_an_archived_item_does_not_raise_the_version(menu: Venue) -> None:
    without = snapshot(categories=(category("mains", "BURGER"),), products=(product("BURGER"),))
    sync_snapshot(menu, without)
    version = version_of(venue=menu)

    assert apply_item_update(menu, restricted("SALAD", None, NOON)) == "no change for guests"
    assert apply_item_update(menu, restricted("MAYO", None, NOON)) == "no change for guests"
    assert version_of(venue=menu) == version

    sync_snapshot(menu, stocked_menu())
    assert orderable(menu)["SALAD"] is False
    assert Modifier.objects.get(sku="MAYO").sold_out


def test_an_update_affects_only_its_own_venue(menu: Venue, other_venue: Venue, client: Client) -> None:
    sync_snapshot(other_venue, stocked_menu())

    apply_item_update(other_venue, restricted("SALAD", None, NOON))

    assert shown(client)["available"]["SALAD"] is True
    assert shown(client, "blue-door")["available"]["SALAD"] is False


def test_an_update_before_the_first_sync_is_stored(venue: Venue) -> None:
    assert apply_item_update(venue, restricted("SALAD", None, NOON)) == "no change for guests"
    sync_snapshot(venue, stocked_menu())
    assert orderable(venue)["SALAD"] is False


def test_updates_alone_do_not_make_a_menu(venue: Venue, client: Client) -> None:
    apply_item_update(venue, restricted("SALAD", None, NOON))
    for path in ("menu", "availability"):
        answer = client.get(f"/api/v1/venues/copper-pot/{path}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "no_menu")


@pytest.mark.django_db(transaction=True)
def test_concurrent_updates_before_the_first_sync_end_in_the_newest(venue: Venue) -> None:
    def notify(second: int) -> str:
        try:
            return apply_item_update(venue, restricted("SALAD", second, NOON + timedelta(seconds=second)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(notify, range(1, 17)))

    assert set(results) <= {"no change for guests", "out of date"}
    assert StockLevel.objects.get().count == 16


def test_sold_out_on_the_till_is_an_open_record_in_the_report_until_the_restriction_is_lifted(menu: Venue) -> None:
    apply_item_update(menu, restricted("SALAD", 3, at(0)))
    assert not Snooze.objects.exists()

    apply_item_update(menu, restricted("SALAD", 0, at(1)))
    apply_item_update(menu, restricted("SALAD", None, at(2)))
    record = Snooze.objects.get()
    assert (record.source, record.cause, record.name, record.ended_at) == ("lightspeed", "till", "Salad", None)
    assert record.product is not None

    apply_item_update(menu, restricted("SALAD", 8, at(3)))
    record.refresh_from_db()
    assert record.ended_by == "The till"
    assert record.ended_at is not None


# --- Through the webhook ---------------------------------------------------------------------------------------------


def item_body(connection: Connection, **changes: Any) -> dict[str, Any]:
    return {
        "type": "ITEM",
        "status": "RESTRICTED",
        "sku": "SALAD",
        "businessLocationId": int(connection.business_location_id),
        "count": 2,
        "countUpdatedAt": "2026-10-01T12:00:00.000Z",
    } | changes


def test_a_notification_is_stored_once_and_handled_once(connection: Connection, menu: Venue) -> None:
    receipt = receive(connection=connection, body=item_body(connection))
    assert receive(connection=connection, body=item_body(connection)).seen_before

    assert handle_item_notification(receipt.notification_id) == "2 left"
    assert handle_item_notification(receipt.notification_id) == "nothing to do"
    assert Notification.objects.get().result == "2 left"
    assert orderable(menu)["SALAD"] is True


def test_a_notification_without_a_time_requests_a_reconciliation_each_time(connection: Connection, menu: Venue) -> None:
    for _ in range(2):
        StockWatch.objects.update(due_at=None)
        receipt = receive(connection=connection, body=item_body(connection, countUpdatedAt=None))
        assert handle_item_notification(receipt.notification_id) == "no timestamp: reconciliation requested"
        assert StockWatch.objects.get().due_at is not None
    assert orderable(menu)["SALAD"] is True


def test_a_sync_does_not_undo_a_notification_that_came_after_its_request(connection: Connection, menu: Venue) -> None:
    """The sync sends its request, the salad runs out, and only then is the sync's older answer stored."""
    asked_at = datetime.now(UTC)
    apply_item_update(menu, restricted("SALAD", None, datetime.now(UTC)))

    answer = (unrestricted_update("SALAD"),)
    earlier = Supplement(levels=answer, allergens=None, requested_at=asked_at)
    commit_supplement(menu=Menu.objects.get(venue=menu), supplement=earlier)
    assert orderable(menu)["SALAD"] is False

    later = Supplement(levels=answer, allergens=None, requested_at=datetime.now(UTC))
    commit_supplement(menu=Menu.objects.get(venue=menu), supplement=later)
    assert orderable(menu)["SALAD"] is True
