"""What a lost notification would have said is found out by asking the till."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from integrations.connect.service import endpoint_of
from integrations.models import Connection, Notification, SyncRun
from integrations.pos import Throttled, Unreachable
from menus.models import Product, Snooze, StockLevel, StockWatch
from menus.stock import reconciliation
from menus.stock.levels import apply_item_update
from menus.stock.reconciliation import AlreadyComparing, enqueue_due, reconcile, request
from menus.stock.reconciliation_report import last_comparison
from menus.stock.reservations import take_stock
from menus.tasks import reconcile as reconcile_task
from menus.versions import version_of
from storekit.models import Venue
from tests import factories
from tests.menus.snapshots import bring_in_step, category, product, snapshot
from tests.menus.stocked import orderable, restricted, shown, stocked_menu

EVENING = datetime(2026, 10, 1, 18, tzinfo=UTC)
API = settings.LIGHTSPEED_API_URL
AVAILABILITY = f"{API}/o/op/1/itemAvailability"
Json = dict[str, Any]


class Till:
    """A till that answers over HTTP: what is restricted, by SKU, and when it counted."""

    def __init__(self, connection: Connection) -> None:
        self.left: dict[str, int | None] = {}
        self.counted_at = EVENING
        self.asked: list[list[str]] = []
        self.during: Any = None
        self.throttled_once = ""
        endpoint = endpoint_of(connection=connection)
        hook = f"{API}/o/wh/1/webhook/{endpoint.id}"
        held = {"endpointId": endpoint.id, "url": endpoint.url, "withBasicAuth": True, "username": endpoint.username}
        held |= dict.fromkeys(("provideAccount", "expandTransactions", "expandPayments"), True)
        held["subscribeTo"] = [
            {"resource": "order", "name": "DELIVERED"},
            {"resource": "item", "name": "SALES_RESTRICTION_UPDATED"},
            {"resource": "order_api", "name": "ONLINE_ORDER_READINESS"},
        ]
        responses.get(hook, json=held)
        responses.get(f"{hook}/business-locations", json=[{"id": int(connection.business_location_id), "name": "High"}])
        responses.get(
            f"{API}/o/op/1/onlineOrderReadiness", json={"status": "READY", "lastUpdatedAt": "2026-10-01T10:00:00Z"}
        )
        responses.add_callback(responses.POST, AVAILABILITY, callback=self._answer)

    def _answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        if wait := self.throttled_once:
            self.throttled_once = ""
            return 429, {"Retry-After": wait}, "{}"
        skus = json.loads(request.body)["skus"]
        self.asked.append(skus)
        at = self.counted_at.isoformat()
        rows = [{"sku": sku, "count": self.left[sku], "updatedAt": at} for sku in skus if sku in self.left]
        if self.during:
            self.during()
        pages = {"warnings": [], "current": {"page": 0, "pageSize": 50}, "total": len(rows), "totalPages": 1}
        return 200, {}, json.dumps({"data": rows, "metadata": pages})


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EVENING, tick=False) as clock:
        yield clock


@pytest.fixture
def menu(connection: Connection, venue: Venue) -> Venue:
    cache.clear()
    connection.tokens.__class__.objects.update(expires_at=EVENING + timedelta(days=30))
    an_hour_ago = EVENING - timedelta(hours=1)
    Connection.objects.update(connected_at=an_hour_ago, webhook_registered_at=an_hour_ago)
    bring_in_step(venue, stocked_menu())
    return venue


@pytest.fixture
def till(menu: Venue, connection: Connection) -> Iterator[Till]:
    with responses.mock:
        yield Till(connection)


def test_lost_notifications_are_made_up_for_in_one_version(menu: Venue, till: Till, client: Client) -> None:
    apply_item_update(menu, restricted("BURGER", None, EVENING - timedelta(hours=1)))
    version = version_of(venue=menu)
    till.left = {"SALAD": 3, "MAYO": 0}

    found = reconcile(venue=menu)

    seen = shown(client)
    assert seen["available"] == {"BURGER": True, "SALAD": True, "MEAL": True}
    assert (seen["choices"]["MAYO"], seen["stock"], seen["version"]) == (False, {"SALAD": 3}, version + 1)
    assert found.items == 6
    assert found.differences == (
        "BURGER: not restricted (before: 0 left)",
        "MAYO: 0 left (before: not restricted)",
        "SALAD: 3 left (before: not restricted)",
    )
    watch = StockWatch.objects.get()
    assert (watch.compared_at, watch.items, watch.differences) == (EVENING, 6, list(found.differences))
    assert "BURGER: not restricted" in last_comparison(venue=menu)
    assert set(Snooze.objects.values_list("sku", "ended_by")) == {("BURGER", "The till"), ("MAYO", "")}


def test_where_nothing_differs_nothing_is_written(menu: Venue, till: Till) -> None:
    till.left = {"SALAD": 3}
    reconcile(venue=menu)
    version = version_of(venue=menu)

    assert reconcile(venue=menu).differences == ()

    assert version_of(venue=menu) == version
    assert len(StockWatch.objects.get().differences) == 1


def test_what_the_till_says_while_it_is_asked_is_the_later_word(
    menu: Venue, till: Till, clock: time_machine.Traveller
) -> None:
    def a_notification_comes_in() -> None:
        clock.shift(timedelta(seconds=2))
        apply_item_update(menu, restricted("SALAD", None, EVENING + timedelta(seconds=1)))

    till.during = a_notification_comes_in

    reconcile(venue=menu)

    assert orderable(menu)["SALAD"] is False


def test_a_lift_that_was_found_by_asking_is_not_undone_by_the_restriction_delivered_once_more(
    menu: Venue, till: Till, clock: time_machine.Traveller
) -> None:
    word = restricted("SALAD", None, EVENING - timedelta(minutes=5))
    apply_item_update(menu, word)
    clock.shift(timedelta(seconds=1))
    reconcile(venue=menu)

    assert apply_item_update(menu, word) == "out of date"
    assert orderable(menu)["SALAD"] is True
    apply_item_update(menu, restricted("SALAD", None, EVENING - timedelta(minutes=4)))
    assert orderable(menu)["SALAD"] is False


def test_orders_on_their_way_are_still_taken_off_and_those_that_never_came_are_given_up(
    menu: Venue, till: Till, clock: time_machine.Traveller
) -> None:
    till.left = {"SALAD": 5}
    reconcile(venue=menu)
    take_stock(venue=menu, quantities={"SALAD": 2})

    reconcile(venue=menu)
    assert StockLevel.objects.get().left == 3

    clock.shift(timedelta(minutes=11))
    reconcile(venue=menu)
    assert (StockLevel.objects.get().left, Product.objects.get(sku="SALAD").stock) == (5, 5)


def test_five_thousand_items_are_asked_for_by_fifties_with_a_handful_of_queries(
    menu: Venue, till: Till, client: Client
) -> None:
    numbers = []
    for size in (60, 5000):
        skus = [f"P{n:04}" for n in range(size)]
        bring_in_step(menu, snapshot(categories=(category("c", *skus),), products=tuple(map(product, skus))))
        till.asked.clear()
        till.left = {sku: number % 3 for number, sku in enumerate(skus) if number % 7 == size % 7}
        till.counted_at += timedelta(seconds=1)
        with CaptureQueriesContext(database) as queries:
            found = reconcile(venue=menu)
        # The token is looked up for each call.
        numbers.append(len([one for one in queries if "integrations_tokenpair" not in one["sql"]]))

        assert sorted(sku for batch in till.asked for sku in batch) == skus
        assert max(map(len, till.asked)) == 50
        assert (found.items, len(till.asked)) == (size, -(-size // 50))
        off = {sku for sku, left in till.left.items() if not left}
        assert {sku for sku, available in orderable(menu).items() if not available} == off
        assert set(Product.objects.filter(stock__gt=0).values_list("sku", flat=True)) == set(till.left) - off
    assert numbers[1] - numbers[0] <= 2, numbers


def test_one_at_a_time_for_a_venue_and_a_killed_one_holds_it_up_for_minutes_only(
    menu: Venue, till: Till, clock: time_machine.Traveller
) -> None:
    def another() -> None:
        till.during = None
        with pytest.raises(AlreadyComparing):
            reconcile(venue=menu)

    till.during = another
    reconcile(venue=menu)

    StockWatch.objects.update(lease_until=EVENING + timedelta(minutes=4))
    StockWatch.objects.update(due_at=EVENING)
    assert reconcile_task(menu.pk) == "nothing to do"
    clock.shift(timedelta(minutes=4))
    assert reconcile_task(menu.pk) == "0 of 6 differed"


def test_one_that_was_queued_twice_is_asked_for_once(menu: Venue, till: Till) -> None:
    assert [reconcile_task(menu.pk), reconcile_task(menu.pk)] == ["0 of 6 differed", "nothing to do"]
    assert len(till.asked) == 1


def test_venues_take_turns_and_never_keep_every_worker_busy(menu: Venue, till: Till) -> None:
    """Of two workers one is left for orders and for what tills say, and each comparison has the next one begun."""
    other = factories.ConnectionFactory(connected_at=EVENING)
    assert [enqueue_due(), queued()] == [1, 1]
    StockWatch.objects.create(venue=other.venue, lease_until=EVENING + timedelta(minutes=1))
    assert [enqueue_due(), queued()] == [0, 1]

    StockWatch.objects.update(lease_until=None)
    reconcile_task(menu.pk)
    assert queued() == 2


@pytest.mark.parametrize(("wait", "goes_on"), [("3", True), ("600", False)])
def test_a_pos_that_wants_a_short_pause_gets_it(
    menu: Venue, till: Till, monkeypatch: pytest.MonkeyPatch, wait: str, goes_on: bool
) -> None:
    paused: list[float] = []
    monkeypatch.setattr("menus.stock.reconciliation.time.sleep", paused.append)
    bring_in_step(menu, snapshot(products=tuple(product(f"P{n:03}") for n in range(60))))
    till.throttled_once = wait
    till.left = {"P059": 0}

    if goes_on:
        assert len(reconcile(venue=menu).differences) == 1
    else:
        with pytest.raises(Throttled):
            reconcile(venue=menu)

    assert paused == ([3.0] if goes_on else [])
    assert orderable(menu)["P059"] is not goes_on


def test_a_till_that_does_not_answer_is_asked_again_later_and_later(
    menu: Venue, till: Till, clock: time_machine.Traveller
) -> None:
    responses.replace(responses.POST, AVAILABILITY, status=503)
    waits = []
    for _ in range(7):
        with pytest.raises(Unreachable):
            reconcile(venue=menu)
        watch = StockWatch.objects.get()
        assert watch.due_at is not None
        waits.append((watch.due_at - datetime.now(UTC)).total_seconds() / 60)
        assert enqueue_due() == 0
        clock.move_to(watch.due_at)
        assert enqueue_due() == 1

    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert "The latest comparison failed" in last_comparison(venue=menu)
    assert orderable(menu)["SALAD"] is True


def test_one_that_takes_too_long_is_given_up_and_nothing_is_written(
    menu: Venue, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.left = {"SALAD": 0}
    monkeypatch.setattr(reconciliation, "_BUDGET_SECONDS", -1.0)

    with pytest.raises(Unreachable, match="too slowly"):
        reconcile(venue=menu)

    assert orderable(menu)["SALAD"] is True


def test_a_broken_webhook_is_put_right_on_the_way(menu: Venue, till: Till, connection: Connection) -> None:
    hook = f"{API}/o/wh/1/webhook/{endpoint_of(connection=connection).id}"
    responses.replace(responses.GET, hook, status=404, json={"message": "gone"})
    responses.put(f"{API}/o/wh/1/webhook", json={})
    responses.put(f"{hook}/business-locations/{connection.business_location_id}", json={"status": "ok"})

    reconcile(venue=menu)

    connection.refresh_from_db()
    assert connection.webhook_found == "It is not registered at Lightspeed. It was registered again."
    assert (connection.webhook_checked_at, connection.pos_ready) == (EVENING, True)


@pytest.mark.parametrize("way", ["refused", "unreachable"])
def test_neither_a_webhook_for_good_broken_nor_an_unknown_readiness_keeps_items_from_being_compared(
    menu: Venue, till: Till, connection: Connection, way: str
) -> None:
    till.left = {"SALAD": 0}
    hook = f"{API}/o/wh/1/webhook/{connection.endpoint_id}"
    responses.replace(responses.GET, hook, status=404 if way == "refused" else 503, json={"message": "gone"})
    responses.put(f"{API}/o/wh/1/webhook", status=400, json={"message": "no"})
    responses.post(f"{API}/o/wh/1/webhook", status=400, json={"message": "no"})
    responses.replace(responses.GET, f"{API}/o/op/1/onlineOrderReadiness", status=503)

    assert reconcile(venue=menu).differences == ("SALAD: 0 left (before: not restricted)",)

    assert orderable(menu)["SALAD"] is False
    assert StockWatch.objects.get().error == ""


def test_another_locations_till_is_believed_whatever_the_first_one_said_at_whatever_time(
    menu: Venue, till: Till, clock: time_machine.Traveller
) -> None:
    apply_item_update(menu, restricted("SALAD", None, EVENING))
    clock.shift(timedelta(hours=1))
    Connection.objects.update(connected_at=datetime.now(UTC))
    till.left, till.counted_at = {"SALAD": 5}, EVENING - timedelta(hours=3)

    reconcile(venue=menu)

    assert orderable(menu)["SALAD"] is True
    older = restricted("SALAD", None, EVENING - timedelta(hours=4))
    assert apply_item_update(menu, older) == "out of date"


# --- When ------------------------------------------------------------------------------------------------------------


def queued() -> int:
    return OrmQ.objects.count()


def compared(venue: Venue, *, minutes_ago: float) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    StockWatch.objects.update_or_create(venue=venue, defaults={"compared_at": at, "due_at": None})


def test_a_venue_that_was_just_connected_is_due(menu: Venue) -> None:
    assert enqueue_due() == 1
    compared(menu, minutes_ago=1)
    assert enqueue_due() == 0
    Connection.objects.update(connected_at=EVENING)
    assert enqueue_due() == 1


def test_after_a_menu_sync_it_is_due(menu: Venue, connection: Connection) -> None:
    compared(menu, minutes_ago=5)
    run = {"connection": connection, "kind": "menu", "lease_until": EVENING}
    SyncRun.objects.create(**run, state="failed", finished_at=EVENING)
    SyncRun.objects.create(**run, state="succeeded", finished_at=EVENING - timedelta(minutes=6))
    assert enqueue_due() == 0
    SyncRun.objects.create(**run, state="succeeded", finished_at=EVENING)
    assert enqueue_due() == 1


@pytest.mark.parametrize(
    ("compared_ago", "heard_ago", "ready", "due"),
    [
        (16, None, True, 1),
        (16, 16, True, 1),
        (16, 3, True, 0),
        (14, None, True, 0),
        (16, 16, False, 1),
        (16, 16, None, 1),
    ],
)
def test_after_a_quiet_quarter_of_an_hour_it_is_due_also_while_the_till_is_not_ready(
    menu: Venue, connection: Connection, compared_ago: int, heard_ago: int | None, ready: bool | None, due: int
) -> None:
    compared(menu, minutes_ago=compared_ago)
    Connection.objects.update(pos_ready=ready)
    if heard_ago is not None:
        Notification.objects.create(connection=connection, type="ORDER", fingerprint="1", body={})
        Notification.objects.update(received_at=EVENING - timedelta(minutes=heard_ago))

    assert enqueue_due() == due


def test_an_order_that_never_reached_the_tills_count_makes_it_due_however_much_else_the_till_says(
    menu: Venue, till: Till, connection: Connection, clock: time_machine.Traveller
) -> None:
    till.left = {"SALAD": 5}
    reconcile(venue=menu)
    take_stock(venue=menu, quantities={"SALAD": 5})
    clock.shift(timedelta(minutes=9))
    Notification.objects.create(connection=connection, type="ORDER", fingerprint="1", body={})
    assert (enqueue_due(), orderable(menu)["SALAD"]) == (0, False)

    clock.shift(timedelta(minutes=1))
    assert enqueue_due() == 1
    reconcile(venue=menu)
    assert (enqueue_due(), orderable(menu)["SALAD"]) == (0, True)


def test_once_the_webhook_is_registered_again_it_is_due_since_what_it_missed_is_lost(
    menu: Venue, till: Till, connection: Connection, clock: time_machine.Traveller
) -> None:
    reconcile(venue=menu)
    Notification.objects.create(connection=connection, type="ORDER", fingerprint="1", body={})
    assert enqueue_due() == 0
    clock.shift(timedelta(seconds=1))
    Connection.objects.update(webhook_registered_at=datetime.now(UTC))

    assert enqueue_due() == 1
    clock.shift(timedelta(seconds=1))
    reconcile(venue=menu)
    assert enqueue_due() == 0


def test_the_button_makes_it_due_and_queues_it(menu: Venue, django_capture_on_commit_callbacks: Any) -> None:
    compared(menu, minutes_ago=1)
    with django_capture_on_commit_callbacks(execute=True):
        request(venue=menu)

    assert queued() == 1
    assert enqueue_due() == 1, "also when the task got lost"


def test_a_venue_that_is_not_connected_is_never_due(menu: Venue) -> None:
    StockWatch.objects.create(venue=menu, due_at=EVENING)
    Connection.objects.update(enabled=False)
    assert enqueue_due() == 0


def test_looking_for_what_is_due_takes_two_queries_however_many_venues(menu: Venue) -> None:
    for _ in range(5):
        factories.ConnectionFactory()
    StockWatch.objects.bulk_create(StockWatch(venue=venue, compared_at=EVENING) for venue in Venue.objects.all())
    with CaptureQueriesContext(database) as queries:
        enqueue_due()
    assert len(queries) == 2
