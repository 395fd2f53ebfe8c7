"""Reconciliation: asking the POS makes up for lost notifications."""

from datetime import UTC, datetime, timedelta

import pytest
import responses
import time_machine
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from integrations.connect.service import endpoint_of
from integrations.models import Connection
from integrations.pos import Throttled, Unreachable
from menus.models import Product, Snooze, StockLevel, StockWatch
from menus.stock import pos_levels
from menus.stock.levels import apply_item_update
from menus.stock.reconciliation import AlreadyComparing, enqueue_due, reconcile
from menus.stock.reconciliation_report import last_comparison
from menus.stock.reservations import take_stock
from menus.tasks import reconcile as reconcile_task
from menus.versions import version_of
from storekit.models import Venue
from tests import factories
from tests.menus.snapshots import category, product, snapshot, sync_snapshot
from tests.menus.stock.conftest import API, AVAILABILITY, EVENING, StockedPos
from tests.menus.stocked import orderable, restricted, shown

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def menu(connected_menu: Venue) -> Venue:
    return connected_menu


def queued() -> int:
    return OrmQ.objects.count()


def test_lost_notifications_are_made_up_for_in_one_version(menu: Venue, pos: StockedPos, client: Client) -> None:
    apply_item_update(menu, restricted("BURGER", None, EVENING - timedelta(hours=1)))
    version = version_of(venue=menu)
    pos.left = {"SALAD": 3, "MAYO": 0}

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


def test_nothing_is_written_if_nothing_differs(menu: Venue, pos: StockedPos) -> None:
    pos.left = {"SALAD": 3}
    reconcile(venue=menu)
    version = version_of(venue=menu)

    assert reconcile(venue=menu).differences == ()

    assert version_of(venue=menu) == version
    assert len(StockWatch.objects.get().differences) == 1


def test_a_notification_during_the_request_wins(menu: Venue, pos: StockedPos, clock: time_machine.Traveller) -> None:
    def notify() -> None:
        clock.shift(timedelta(seconds=2))
        apply_item_update(menu, restricted("SALAD", None, EVENING + timedelta(seconds=1)))

    pos.during = notify

    reconcile(venue=menu)

    assert orderable(menu)["SALAD"] is False


def test_a_lift_found_by_reconciling_is_not_undone_by_a_repeated_notification(
    menu: Venue, pos: StockedPos, clock: time_machine.Traveller
) -> None:
    update = restricted("SALAD", None, EVENING - timedelta(minutes=5))
    apply_item_update(menu, update)
    clock.shift(timedelta(seconds=1))
    reconcile(venue=menu)

    assert apply_item_update(menu, update) == "out of date"
    assert orderable(menu)["SALAD"] is True
    apply_item_update(menu, restricted("SALAD", None, EVENING - timedelta(minutes=4)))
    assert orderable(menu)["SALAD"] is False


def test_recent_orders_still_count_and_those_that_never_arrived_do_not(
    menu: Venue, pos: StockedPos, clock: time_machine.Traveller
) -> None:
    pos.left = {"SALAD": 5}
    reconcile(venue=menu)
    take_stock(venue=menu, quantities={"SALAD": 2})

    reconcile(venue=menu)
    assert StockLevel.objects.get().left == 3

    clock.shift(timedelta(minutes=11))
    reconcile(venue=menu)
    assert (StockLevel.objects.get().left, Product.objects.get(sku="SALAD").stock) == (5, 5)


def test_five_thousand_items_are_requested_in_fifties_with_few_queries(
    menu: Venue, pos: StockedPos, client: Client
) -> None:
    numbers = []
    for size in (60, 5000):
        skus = [f"P{n:04}" for n in range(size)]
        sync_snapshot(menu, snapshot(categories=(category("c", *skus),), products=tuple(map(product, skus))))
        pos.requests.clear()
        pos.left = {sku: number % 3 for number, sku in enumerate(skus) if number % 7 == size % 7}
        pos.counted_at += timedelta(seconds=1)
        with CaptureQueriesContext(database) as queries:
            found = reconcile(venue=menu)
        # The token is read for each call.
        numbers.append(len([one for one in queries if "integrations_tokenpair" not in one["sql"]]))

        assert sorted(sku for batch in pos.requests for sku in batch) == skus
        assert max(map(len, pos.requests)) == 50
        assert (found.items, len(pos.requests)) == (size, -(-size // 50))
        off = {sku for sku, left in pos.left.items() if not left}
        assert {sku for sku, available in orderable(menu).items() if not available} == off
        assert set(Product.objects.filter(stock__gt=0).values_list("sku", flat=True)) == set(pos.left) - off
    assert numbers[1] - numbers[0] <= 2, numbers


def test_one_reconciliation_at_a_time_and_a_crashed_one_blocks_only_until_its_lease_expires(
    menu: Venue, pos: StockedPos, clock: time_machine.Traveller
) -> None:
    def another() -> None:
        pos.during = None
        with pytest.raises(AlreadyComparing):
            reconcile(venue=menu)

    pos.during = another
    reconcile(venue=menu)

    StockWatch.objects.update(lease_until=EVENING + timedelta(minutes=4))
    StockWatch.objects.update(due_at=EVENING)
    assert reconcile_task(menu.pk) == "nothing to do"
    clock.shift(timedelta(minutes=4))
    assert reconcile_task(menu.pk) == "0 of 6 differed"


def test_a_reconciliation_queued_twice_runs_once(menu: Venue, pos: StockedPos) -> None:
    assert [reconcile_task(menu.pk), reconcile_task(menu.pk)] == ["0 of 6 differed", "nothing to do"]
    assert len(pos.requests) == 1


def test_reconciliations_never_occupy_every_worker(menu: Venue, pos: StockedPos) -> None:
    """Of two workers one stays free for orders and notifications, and each reconciliation queues the next."""
    other = factories.ConnectionFactory(connected_at=EVENING)
    assert [enqueue_due(), queued()] == [1, 1]
    StockWatch.objects.create(venue=other.venue, lease_until=EVENING + timedelta(minutes=1))
    assert [enqueue_due(), queued()] == [0, 1]

    StockWatch.objects.update(lease_until=None)
    reconcile_task(menu.pk)
    assert queued() == 2


@pytest.mark.parametrize(("wait", "retried"), [("3", True), ("600", False)])
def test_a_throttled_request_is_repeated_after_a_short_pause_but_not_after_a_long_one(
    menu: Venue, pos: StockedPos, monkeypatch: pytest.MonkeyPatch, wait: str, retried: bool
) -> None:
    paused: list[float] = []
    monkeypatch.setattr("menus.stock.pos_levels.time.sleep", paused.append)
    sync_snapshot(menu, snapshot(products=tuple(product(f"P{n:03}") for n in range(60))))
    pos.throttled_once = wait
    pos.left = {"P059": 0}

    if retried:
        assert len(reconcile(venue=menu).differences) == 1
    else:
        with pytest.raises(Throttled):
            reconcile(venue=menu)

    assert paused == ([3.0] if retried else [])
    assert orderable(menu)["P059"] is not retried


def test_a_failed_reconciliation_is_retried_after_growing_delays(
    menu: Venue, pos: StockedPos, clock: time_machine.Traveller
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


def test_a_reconciliation_that_takes_too_long_changes_nothing(
    menu: Venue, pos: StockedPos, monkeypatch: pytest.MonkeyPatch
) -> None:
    pos.left = {"SALAD": 0}
    monkeypatch.setattr(pos_levels, "_BUDGET_SECONDS", -1.0)

    with pytest.raises(Unreachable, match="too slow"):
        reconcile(venue=menu)

    assert orderable(menu)["SALAD"] is True


def test_a_broken_webhook_is_repaired(menu: Venue, pos: StockedPos, connection: Connection) -> None:
    hook = f"{API}/o/wh/1/webhook/{endpoint_of(connection=connection).id}"
    responses.replace(responses.GET, hook, status=404, json={"message": "gone"})
    responses.put(f"{API}/o/wh/1/webhook", json={})
    responses.put(f"{hook}/business-locations/{connection.business_location_id}", json={"status": "ok"})

    reconcile(venue=menu)

    connection.refresh_from_db()
    assert connection.webhook_found == "It is not registered with Lightspeed. It was registered again."
    assert (connection.webhook_checked_at, connection.pos_ready) == (EVENING, True)


@pytest.mark.parametrize("way", ["refused", "unreachable"])
def test_items_are_compared_even_if_the_webhook_and_readiness_checks_fail(
    menu: Venue, pos: StockedPos, connection: Connection, way: str
) -> None:
    pos.left = {"SALAD": 0}
    hook = f"{API}/o/wh/1/webhook/{connection.endpoint_id}"
    responses.replace(responses.GET, hook, status=404 if way == "refused" else 503, json={"message": "gone"})
    responses.put(f"{API}/o/wh/1/webhook", status=400, json={"message": "no"})
    responses.post(f"{API}/o/wh/1/webhook", status=400, json={"message": "no"})
    responses.replace(responses.GET, f"{API}/o/op/1/onlineOrderReadiness", status=503)

    assert reconcile(venue=menu).differences == ("SALAD: 0 left (before: not restricted)",)

    assert orderable(menu)["SALAD"] is False
    assert StockWatch.objects.get().error == ""


def test_a_newly_connected_location_overrides_the_times_of_the_previous_one(
    menu: Venue, pos: StockedPos, clock: time_machine.Traveller
) -> None:
    apply_item_update(menu, restricted("SALAD", None, EVENING))
    clock.shift(timedelta(hours=1))
    Connection.objects.update(connected_at=datetime.now(UTC))
    pos.left, pos.counted_at = {"SALAD": 5}, EVENING - timedelta(hours=3)

    reconcile(venue=menu)

    assert orderable(menu)["SALAD"] is True
    older = restricted("SALAD", None, EVENING - timedelta(hours=4))
    assert apply_item_update(menu, older) == "out of date"
