"""Our own orders reduce what is left before the POS has counted them, however many are placed at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection as database
from django.db import connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from menus.models import Menu, Product, StockLevel
from menus.stock.levels import apply_item_update, expired_reservations, propagate_to_menu, release_expired_reservations
from menus.stock.reservations import Shortage, SoldOut, release_held, send_held, take_stock
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.snapshots import sync_snapshot
from tests.menus.stocked import lifted, orderable, restricted, shown, stocked_menu

EVENING = datetime(2026, 10, 1, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EVENING, tick=False) as clock:
        yield clock


@pytest.fixture
def menu(venue: Venue) -> Venue:
    cache.clear()
    sync_snapshot(venue, stocked_menu())
    return venue


def pos_reports(venue: Venue, left: int | None, *, second: float) -> None:
    apply_item_update(venue, restricted("SALAD", left, EVENING + timedelta(seconds=second)))


def left(sku: str = "SALAD") -> int | None:
    return StockLevel.objects.get(sku=sku).left


def test_an_order_reduces_stock_at_once_and_guests_see_it(menu: Venue, client: Client) -> None:
    pos_reports(menu, 5, second=0)
    version = version_of(venue=menu)

    take_stock(venue=menu, quantities={"SALAD": 2, "BURGER": 9})

    assert shown(client)["stock"] == {"SALAD": 3}
    assert version_of(venue=menu) == version + 1


def test_the_last_portions_take_the_item_and_its_deal_off_sale(menu: Venue, client: Client) -> None:
    pos_reports(menu, 2, second=0)
    apply_item_update(menu, restricted("BURGER", None, EVENING))

    take_stock(venue=menu, quantities={"SALAD": 2})

    assert shown(client)["available"] == orderable(menu) == {"BURGER": False, "SALAD": False, "MEAL": False}


def test_an_order_for_more_than_is_left_is_refused_and_every_shortage_is_listed(menu: Venue) -> None:
    pos_reports(menu, 2, second=0)
    apply_item_update(menu, restricted("BURGER", None, EVENING))
    apply_item_update(menu, restricted("MAYO", 9, EVENING))
    version = version_of(venue=menu)

    with pytest.raises(SoldOut) as refused:
        take_stock(venue=menu, quantities={"SALAD": 3, "BURGER": 1, "MAYO": 1})

    assert refused.value.shortages == (Shortage("BURGER", 1, 0), Shortage("SALAD", 3, 2))
    assert (left(), left("MAYO"), version_of(venue=menu)) == (2, 9, version)


def test_an_order_that_is_rolled_back_takes_nothing(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)

    with transaction.atomic():
        take_stock(venue=menu, quantities={"SALAD": 2})
        transaction.set_rollback(True)

    assert left() == 5
    assert Product.objects.get(sku="SALAD").stock == 5


def test_items_without_a_count_cost_one_query_and_no_lock(menu: Venue) -> None:
    with CaptureQueriesContext(database) as queries:
        take_stock(venue=menu, quantities={"SALAD": 1, "BURGER": 2, "": 3})

    assert len(queries) == 1


def test_the_number_of_queries_does_not_grow_with_the_menu_or_with_an_items_groups(menu: Venue) -> None:
    pos_reports(menu, 50, second=0)
    with CaptureQueriesContext(database) as queries:
        take_stock(venue=menu, quantities={"SALAD": 1})

    assert len(queries) < 15


# --- The POS's count and ours ----------------------------------------------------------------------------------------


def test_our_order_is_not_taken_off_twice_once_the_pos_counts_it(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 2})

    pos_reports(menu, 3, second=2)

    assert left() == 3


def test_a_count_without_the_second_order_does_not_give_its_items_back(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 1})
    take_stock(venue=menu, quantities={"SALAD": 1})

    pos_reports(menu, 4, second=2)
    assert left() == 3

    pos_reports(menu, 3, second=3)
    assert left() == 3


def test_an_order_on_hold_keeps_its_items_however_long_and_whatever_the_pos_counts(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    assert take_stock(venue=menu, quantities={"SALAD": 2, "BURGER": 1}, on_hold=True) == {"SALAD": 2}
    take_stock(venue=menu, quantities={"SALAD": 1})

    pos_reports(menu, 4, second=2)

    assert left() == 2, "the order for one has arrived"
    assert not expired_reservations(now=EVENING + timedelta(days=1)).exists()


def test_an_order_on_hold_that_is_sent_counts_until_the_pos_has_counted_it(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    held = take_stock(venue=menu, quantities={"SALAD": 2}, on_hold=True)
    version = version_of(venue=menu)

    send_held(venue=menu, held=held)

    assert (left(), version_of(venue=menu)) == (3, version)
    pos_reports(menu, 3, second=2)
    assert left() == 3


def test_an_order_on_hold_that_ends_gives_back_its_own_items_and_no_others(menu: Venue, client: Client) -> None:
    pos_reports(menu, 3, second=0)
    held = take_stock(venue=menu, quantities={"SALAD": 2}, on_hold=True)
    take_stock(venue=menu, quantities={"SALAD": 1})
    assert not orderable(menu)["SALAD"]

    release_held(venue=menu, held=held)

    assert shown(client)["stock"] == {"SALAD": 2}
    assert orderable(menu)["SALAD"]


def test_an_order_may_exchange_the_last_items_that_it_holds(menu: Venue) -> None:
    pos_reports(menu, 2, second=0)
    held = take_stock(venue=menu, quantities={"SALAD": 2}, on_hold=True)
    version = version_of(venue=menu)

    assert take_stock(venue=menu, quantities={"SALAD": 2}, held=held) == {"SALAD": 2}

    assert (left(), version_of(venue=menu)) == (0, version)
    assert StockLevel.objects.values_list("taken", "held").get(sku="SALAD") == (2, 0)


def test_an_order_whose_held_items_were_sold_on_the_till_keeps_its_hold_when_it_is_refused(menu: Venue) -> None:
    pos_reports(menu, 2, second=0)
    held = take_stock(venue=menu, quantities={"SALAD": 2}, on_hold=True)
    pos_reports(menu, 1, second=1)

    with pytest.raises(SoldOut) as refused:
        take_stock(venue=menu, quantities={"SALAD": 2}, held=held)

    assert refused.value.shortages == (Shortage("SALAD", 2, 1),)
    assert StockLevel.objects.values_list("taken", "held").get(sku="SALAD") == (0, 2)


def test_five_orders_for_the_last_five_leave_none_while_the_pos_counts_them_one_by_one(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    for _ in range(5):
        take_stock(venue=menu, quantities={"SALAD": 1})

    for second, count in enumerate((4, 3, 2, 1, 0), start=1):
        pos_reports(menu, count, second=second)
        assert left() == 0


def test_sales_and_restocking_on_the_till_follow_the_pos_count(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    pos_reports(menu, 4, second=1)
    assert left() == 4

    take_stock(venue=menu, quantities={"SALAD": 1})
    pos_reports(menu, 20, second=2)
    assert left() == 19

    pos_reports(menu, 19, second=3)
    assert left() == 19


def test_after_lifting_and_restricting_again_the_pos_count_applies_in_full(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 3})

    apply_item_update(menu, lifted("SALAD", EVENING + timedelta(seconds=1)))
    assert left() is None
    pos_reports(menu, 5, second=2)

    assert left() == 5


def test_an_order_that_never_arrives_counts_for_only_ten_minutes(menu: Venue, clock: time_machine.Traveller) -> None:
    pos_reports(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 2})

    clock.shift(timedelta(minutes=9))
    assert release_expired_reservations(venue=menu) == 0
    clock.shift(timedelta(minutes=1))
    assert release_expired_reservations(venue=menu) == 1
    propagate_to_menu(venue=menu)

    assert (left(), Product.objects.get(sku="SALAD").stock) == (5, 5)


# --- Many at once ----------------------------------------------------------------------------------------------------


def order_one(venue: Venue) -> str:
    try:
        with transaction.atomic():
            take_stock(venue=venue, quantities={"SALAD": 1, "MAYO": 1})
    except SoldOut as refused:
        return ", ".join(f"{one.sku} {one.left}" for one in refused.shortages)
    finally:
        connections.close_all()
    return "accepted"


@pytest.mark.django_db(transaction=True)
def test_fifty_concurrent_orders_for_the_last_five_sell_five(menu: Venue) -> None:
    pos_reports(menu, 5, second=0)
    apply_item_update(menu, restricted("MAYO", 40, EVENING))
    version = version_of(venue=menu)

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(lambda _: order_one(menu), range(50)))

    assert outcomes.count("accepted") == 5
    assert outcomes.count("SALAD 0") == 45
    assert (left(), left("MAYO")) == (0, 35)
    assert Menu.objects.get().version == version + 5
    assert not orderable(menu)["SALAD"]


@pytest.mark.django_db(transaction=True)
def test_concurrent_orders_and_notifications_neither_deadlock_nor_oversell(menu: Venue) -> None:
    """The orders name their items in either order, and notifications come in between."""
    for sku in ("SALAD", "MAYO", "BURGER"):
        apply_item_update(menu, restricted(sku, 30, EVENING))

    def order(number: int) -> str:
        skus = ["SALAD", "MAYO", "BURGER"][:: 1 if number % 2 else -1]
        try:
            with transaction.atomic():
                take_stock(venue=menu, quantities=dict.fromkeys(skus, 1))
                return "accepted"
        except SoldOut:
            return "refused"
        finally:
            connections.close_all()

    def notify(number: int) -> str:
        try:
            apply_item_update(menu, restricted("BROWNIE", number, EVENING + timedelta(seconds=number)))
            return "notified"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(24) as pool:
        outcomes = list(pool.map(lambda number: notify(number) if number % 4 == 0 else order(number), range(48)))

    assert (outcomes.count("accepted"), outcomes.count("refused"), outcomes.count("notified")) == (30, 6, 12)
    assert {level.left for level in StockLevel.objects.exclude(sku="BROWNIE")} == {0}
