"""Our own orders use up what is left, before the till has counted them, however many are placed at once."""

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
from menus.stock.levels import forget_what_never_arrived, never_arrived, propagate_to_menu
from menus.stock.reservations import Shortage, SoldOut, apply_item_update, take_stock
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.snapshots import bring_in_step
from tests.menus.stocked import lifted, orderable, restricted, shown, stocked_menu

EVENING = datetime(2026, 10, 1, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EVENING, tick=False) as clock:
        yield clock


@pytest.fixture
def menu(venue: Venue) -> Venue:
    cache.clear()
    bring_in_step(venue, stocked_menu())
    return venue


def says(venue: Venue, left: int | None, *, second: float) -> None:
    apply_item_update(venue, restricted("SALAD", left, EVENING + timedelta(seconds=second)))


def left(sku: str = "SALAD") -> int | None:
    return StockLevel.objects.get(sku=sku).left


def test_an_order_takes_its_items_off_at_once_and_guests_see_it(menu: Venue, client: Client) -> None:
    says(menu, 5, second=0)
    version = version_of(venue=menu)

    take_stock(venue=menu, quantities={"SALAD": 2, "BURGER": 9})

    assert shown(client)["stock"] == {"SALAD": 3}
    assert version_of(venue=menu) == version + 1


def test_the_last_ones_take_the_item_and_its_deal_off_the_menu(menu: Venue, client: Client) -> None:
    says(menu, 2, second=0)
    apply_item_update(menu, restricted("BURGER", None, EVENING))

    take_stock(venue=menu, quantities={"SALAD": 2})

    assert shown(client)["available"] == orderable(menu) == {"BURGER": False, "SALAD": False, "MEAL": False}


def test_more_than_is_left_is_refused_with_every_item_that_does_not_go_round(menu: Venue) -> None:
    says(menu, 2, second=0)
    apply_item_update(menu, restricted("BURGER", None, EVENING))
    apply_item_update(menu, restricted("MAYO", 9, EVENING))
    version = version_of(venue=menu)

    with pytest.raises(SoldOut) as refused:
        take_stock(venue=menu, quantities={"SALAD": 3, "BURGER": 1, "MAYO": 1})

    assert refused.value.shortages == (Shortage("BURGER", 1, 0), Shortage("SALAD", 3, 2))
    assert (left(), left("MAYO"), version_of(venue=menu)) == (2, 9, version)


def test_an_order_that_is_not_stored_after_all_takes_nothing(menu: Venue) -> None:
    says(menu, 5, second=0)

    with transaction.atomic():
        take_stock(venue=menu, quantities={"SALAD": 2})
        transaction.set_rollback(True)

    assert left() == 5
    assert Product.objects.get(sku="SALAD").stock == 5


def test_what_is_not_counted_costs_one_query_and_no_lock(menu: Venue) -> None:
    with CaptureQueriesContext(database) as queries:
        take_stock(venue=menu, quantities={"SALAD": 1, "BURGER": 2, "": 3})

    assert len(queries) == 1


def test_the_number_of_queries_does_not_grow_with_the_menu_or_the_groups_that_an_item_stands_in(menu: Venue) -> None:
    says(menu, 50, second=0)
    with CaptureQueriesContext(database) as queries:
        take_stock(venue=menu, quantities={"SALAD": 1})

    assert len(queries) < 15


# --- Whose word counts -----------------------------------------------------------------------------------------------


def test_the_tills_count_of_our_own_order_is_not_taken_off_twice(menu: Venue) -> None:
    says(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 2})

    says(menu, 3, second=2)

    assert left() == 3


def test_a_count_that_does_not_show_the_second_order_yet_does_not_give_it_back(menu: Venue) -> None:
    says(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 1})
    take_stock(venue=menu, quantities={"SALAD": 1})

    says(menu, 4, second=2)
    assert left() == 3

    says(menu, 3, second=3)
    assert left() == 3


@pytest.mark.parametrize(("ahead", "counted_for"), [(3, 3), (72, 24)])
def test_an_order_that_is_held_back_keeps_its_portions_until_the_till_can_have_counted_it(
    menu: Venue, ahead: int, counted_for: int
) -> None:
    says(menu, 5, second=0)
    now = datetime.now(UTC)
    take_stock(venue=menu, quantities={"SALAD": 2}, sent_at=now + timedelta(hours=ahead))
    take_stock(venue=menu, quantities={"SALAD": 1})

    counted = now + timedelta(hours=counted_for, minutes=10)
    assert not never_arrived(now=counted - timedelta(seconds=1)).exists()
    assert never_arrived(now=counted + timedelta(seconds=1)).exists()


def test_five_orders_for_the_last_five_leave_none_while_the_till_counts_them_one_by_one(menu: Venue) -> None:
    says(menu, 5, second=0)
    for _ in range(5):
        take_stock(venue=menu, quantities={"SALAD": 1})

    for second, count in enumerate((4, 3, 2, 1, 0), start=1):
        says(menu, count, second=second)
        assert left() == 0


def test_a_sale_at_the_till_and_a_restock_are_the_tills_own(menu: Venue) -> None:
    says(menu, 5, second=0)
    says(menu, 4, second=1)
    assert left() == 4

    take_stock(venue=menu, quantities={"SALAD": 1})
    says(menu, 20, second=2)
    assert left() == 19

    says(menu, 19, second=3)
    assert left() == 19


def test_lifted_and_restricted_anew_it_begins_from_the_tills_count(menu: Venue) -> None:
    says(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 3})

    apply_item_update(menu, lifted("SALAD", EVENING + timedelta(seconds=1)))
    assert left() is None
    says(menu, 5, second=2)

    assert left() == 5


def test_an_order_that_never_arrives_counts_for_ten_minutes(menu: Venue, clock: time_machine.Traveller) -> None:
    says(menu, 5, second=0)
    take_stock(venue=menu, quantities={"SALAD": 2})

    clock.shift(timedelta(minutes=9))
    assert forget_what_never_arrived(venue=menu) == 0
    clock.shift(timedelta(minutes=1))
    assert forget_what_never_arrived(venue=menu) == 1
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
def test_fifty_at_once_for_the_last_five_sell_five(menu: Venue) -> None:
    says(menu, 5, second=0)
    apply_item_update(menu, restricted("MAYO", 40, EVENING))
    version = version_of(venue=menu)

    with ThreadPoolExecutor(50) as guests:
        answers = list(guests.map(lambda _: order_one(menu), range(50)))

    assert answers.count("accepted") == 5
    assert answers.count("SALAD 0") == 45
    assert (left(), left("MAYO")) == (0, 35)
    assert Menu.objects.get().version == version + 5
    assert not orderable(menu)["SALAD"]


@pytest.mark.django_db(transaction=True)
def test_orders_the_tills_word_and_syncs_at_once_wait_for_each_other_and_none_for_ever(menu: Venue) -> None:
    """Items in either order, and the till counting in between: nothing deadlocks, and nothing is sold twice."""
    for sku in ("SALAD", "MAYO", "BURGER"):
        apply_item_update(menu, restricted(sku, 30, EVENING))

    def guest(number: int) -> str:
        skus = ["SALAD", "MAYO", "BURGER"][:: 1 if number % 2 else -1]
        try:
            with transaction.atomic():
                take_stock(venue=menu, quantities=dict.fromkeys(skus, 1))
                return "accepted"
        except SoldOut:
            return "refused"
        finally:
            connections.close_all()

    def till(number: int) -> str:
        try:
            apply_item_update(menu, restricted("BROWNIE", number, EVENING + timedelta(seconds=number)))
            return "said"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(24) as people:
        answers = list(people.map(lambda number: till(number) if number % 4 == 0 else guest(number), range(48)))

    assert (answers.count("accepted"), answers.count("refused"), answers.count("said")) == (30, 6, 12)
    assert {level.left for level in StockLevel.objects.exclude(sku="BROWNIE")} == {0}
