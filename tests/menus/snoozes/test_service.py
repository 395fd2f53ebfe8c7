"""Snoozes: for an hour, until tomorrow or until further notice, and how they end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection as database
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from menus.models import Menu, Modifier, Product, Snooze
from menus.snoozes.service import (
    ENDED_BY_EXPIRY,
    HowLong,
    enqueue_newly_due,
    snooze,
    snooze_end,
    snooze_until_tomorrow,
    wake,
    wake_due,
)
from menus.stock.levels import apply_item_update
from menus.versions import version_of
from orders.models import OrderingHours, OrderingRules
from storekit.models import Venue
from tests import factories
from tests.menus.snapshots import category, product, snapshot, sync_snapshot
from tests.menus.stocked import orderable, restricted, shown, stocked_menu

EVENING = datetime(2026, 10, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EVENING, tick=False) as clock:
        yield clock


@pytest.fixture
def menu(venue: Venue) -> Venue:
    cache.clear()
    sync_snapshot(venue, stocked_menu())
    return venue


def snooze_by_hand(venue: Venue, *skus: str, how_long: HowLong = HowLong.HOUR) -> list[Snooze]:
    return snooze(venue=venue, skus=skus, how_long=how_long, by="Anna", reason="Run out")


def test_a_snoozed_item_is_unavailable_everywhere_in_one_new_version(menu: Venue, client: Client) -> None:
    version = version_of(venue=menu)

    (row,) = snooze_by_hand(menu, "SALAD")

    seen = shown(client)
    assert seen["available"] == orderable(menu) == {"BURGER": True, "SALAD": False, "MEAL": True}
    assert seen["choices"]["SALAD"] is False
    assert seen["version"] == version + 1
    assert (row.name, row.sku, row.source, row.by, row.reason) == ("Salad", "SALAD", "staff", "Anna", "Run out")
    assert (row.starts_at, row.until, row.ended_at) == (EVENING, EVENING + HOUR, None)


def test_several_products_and_choices_are_snoozed_in_one_new_version(menu: Venue, client: Client) -> None:
    version = version_of(venue=menu)

    rows = snooze_by_hand(menu, "SALAD", "BURGER", "MAYO", "NO-SUCH-ITEM", "")

    assert [(row.sku, bool(row.product_id), bool(row.modifier_id)) for row in rows] == [
        ("BURGER", True, False),
        ("MAYO", False, True),
        ("SALAD", True, False),
    ]
    assert shown(client)["available"] == {"BURGER": False, "SALAD": False, "MEAL": False}
    assert version_of(venue=menu) == version + 1


def test_a_snooze_expires_and_the_version_goes_up_when_it_is_ended(
    menu: Venue, client: Client, clock: time_machine.Traveller
) -> None:
    snooze_by_hand(menu, "SALAD")
    version = version_of(venue=menu)
    clock.shift(HOUR - timedelta(seconds=1))
    assert wake_due() == 0

    clock.shift(timedelta(seconds=1))
    assert orderable(menu)["SALAD"] is True, "an order need not wait until the snooze is ended"
    assert enqueue_newly_due(since=EVENING + HOUR - timedelta(seconds=2), until=EVENING + HOUR) == 1
    assert OrmQ.objects.count() == 1
    assert wake_due() == 1

    assert shown(client)["available"]["SALAD"] is True
    assert version_of(venue=menu) == version + 1
    row = Snooze.objects.get()
    assert (row.ended_at, row.ended_by) == (EVENING + HOUR, ENDED_BY_EXPIRY)
    assert wake_due() == 0


def test_a_snooze_until_further_notice_never_expires(menu: Venue, clock: time_machine.Traveller) -> None:
    (row,) = snooze_by_hand(menu, "SALAD", how_long=HowLong.FURTHER_NOTICE)
    clock.shift(timedelta(days=3000))

    assert row.until is None
    assert wake_due() == 0
    assert orderable(menu)["SALAD"] is False


def test_staff_wake_an_item_early(menu: Venue) -> None:
    snooze_by_hand(menu, "SALAD", how_long=HowLong.FURTHER_NOTICE)
    snooze_by_hand(menu, "SALAD", "MAYO")

    assert wake(venue=menu, skus=["SALAD"], by="Ben") == 2

    assert orderable(menu)["SALAD"] is True
    assert set(Snooze.objects.filter(sku="SALAD").values_list("ended_by", flat=True)) == {"Ben"}
    assert Modifier.objects.get(sku="MAYO").snoozed_until is not None
    assert wake(venue=menu, skus=["SALAD"], by="Ben") == 0


def test_waking_leaves_an_item_sold_out_that_is_sold_out_on_the_till(menu: Venue) -> None:
    apply_item_update(menu, restricted("SALAD", None, EVENING))
    snooze_by_hand(menu, "SALAD")

    assert wake(venue=menu, skus=["SALAD"], by="Ben") == 1

    assert orderable(menu)["SALAD"] is False
    assert Snooze.objects.get(cause="till").ended_at is None


def test_the_longest_snooze_of_an_item_counts(menu: Venue, clock: time_machine.Traveller) -> None:
    snooze_by_hand(menu, "SALAD", how_long=HowLong.TOMORROW)
    snooze_by_hand(menu, "SALAD", how_long=HowLong.HOUR)
    clock.shift(HOUR)

    assert wake_due() == 1
    assert orderable(menu)["SALAD"] is False
    clock.shift(timedelta(hours=13))
    assert wake_due() == 1
    assert orderable(menu)["SALAD"] is True


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("Europe/London", "2026-10-24T20:00:00+01:00", "2026-10-25T08:00:00+00:00"),  # clocks go back that night
        ("Europe/London", "2026-03-28T20:00:00+00:00", "2026-03-29T08:00:00+01:00"),  # and forward that one
        ("America/New_York", "2026-10-31T23:30:00-04:00", "2026-11-01T08:00:00-05:00"),
        ("Australia/Lord_Howe", "2026-10-03T22:00:00+10:30", "2026-10-04T08:00:00+11:00"),
        ("Europe/London", "2026-05-02T00:20:00+01:00", "2026-05-02T08:00:00+01:00"),  # still Friday's service
        ("Europe/London", "2026-05-02T04:59:00+01:00", "2026-05-02T08:00:00+01:00"),
        ("Europe/London", "2026-05-02T05:00:00+01:00", "2026-05-03T08:00:00+01:00"),  # Saturday's
        ("Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"),  # in the repeated hour
        ("Pacific/Auckland", "2026-06-30T11:59:00+00:00", "2026-07-01T08:00:00+12:00"),  # already tomorrow there
    ],
)
def test_tomorrow_is_eight_oclock_of_the_next_service_day_in_the_venues_zone_across_clock_changes(
    venue: Venue, zone: str, now: str, until: str
) -> None:
    venue.timezone = zone

    found = snooze_end(venue=venue, how_long=HowLong.TOMORROW, now=datetime.fromisoformat(now).astimezone(UTC))

    assert found == datetime.fromisoformat(until)
    assert found is not None
    assert found.astimezone(ZoneInfo(zone)).hour == 8


FRIDAY, SATURDAY = 4, 5


@pytest.mark.parametrize(
    ("weekday", "opens", "closes", "now", "until"),
    [
        (FRIDAY, 17, 2, "2026-05-02T00:20", "2026-05-02T08:00"),
        (FRIDAY, 17, 2, "2026-05-02T03:00", "2026-05-02T08:00"),  # staff clear up
        (FRIDAY, 20, 7, "2026-05-02T06:59", "2026-05-02T08:00"),  # still Friday's, though after 5:00
        (FRIDAY, 20, 7, "2026-05-02T07:00", "2026-05-03T08:00"),
        (FRIDAY, 20, 9, "2026-05-01T21:00", "2026-05-03T08:00"),  # 8:00 on Saturday is Friday's service
        (FRIDAY, 20, 9, "2026-05-02T08:30", "2026-05-03T08:00"),
        (SATURDAY, 4, 14, "2026-05-02T04:30", "2026-05-03T08:00"),  # Saturday's already, though before 5:00
        (FRIDAY, 12, 22, "2026-05-01T23:30", "2026-05-02T08:00"),
    ],
)
def test_a_service_day_lasts_as_long_as_the_venues_hours_of_that_night(
    menu: Venue, clock: time_machine.Traveller, weekday: int, opens: int, closes: int, now: str, until: str
) -> None:
    rules = OrderingRules.objects.create(venue=menu)
    OrderingHours.objects.create(rules=rules, weekday=weekday, opens=time(opens), closes=time(closes))
    clock.move_to(datetime.fromisoformat(f"{now}+01:00"))

    (by_hand,) = snooze_by_hand(menu, "SALAD", how_long=HowLong.TOMORROW)
    (refused,) = snooze_until_tomorrow(venue=menu, skus=["BURGER"], order="1007", reason="restricted")

    assert by_hand.until == refused.until == datetime.fromisoformat(f"{until}+01:00")


def test_a_snooze_over_a_clock_change_ends_to_the_minute(menu: Venue, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2026, 10, 24, 19, tzinfo=UTC))
    snooze_by_hand(menu, "SALAD", how_long=HowLong.TOMORROW)

    clock.move_to(datetime(2026, 10, 25, 7, 59, 59, tzinfo=UTC))
    assert (wake_due(), orderable(menu)["SALAD"]) == (0, False)
    clock.move_to(datetime(2026, 10, 25, 8, tzinfo=UTC))
    assert (wake_due(), orderable(menu)["SALAD"]) == (1, True)


def test_an_hour_is_an_hour_across_a_clock_change(venue: Venue) -> None:
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert snooze_end(venue=venue, how_long=HowLong.HOUR, now=now) == now + HOUR


# --- After a refused order -------------------------------------------------------------------------------------------


def test_a_refused_order_snoozes_its_items_until_tomorrow_once(menu: Venue) -> None:
    first = snooze_until_tomorrow(venue=menu, skus=["SALAD", "STOREKIT_DELIVERY"], order="1007", reason="restricted")
    again = snooze_until_tomorrow(venue=menu, skus=["SALAD", "BURGER"], order="1007", reason="restricted")

    assert [row.sku for row in first] == ["SALAD"]
    assert [row.sku for row in again] == ["BURGER", "SALAD"]
    assert Snooze.objects.count() == 2
    row = Snooze.objects.get(sku="SALAD")
    assert (row.source, row.cause, row.order, row.reason) == ("lightspeed", "order_failure", "1007", "restricted")
    assert row.until == datetime(2026, 10, 2, 7, tzinfo=UTC)
    assert snooze_until_tomorrow(venue=menu, skus=["SALAD"], order="1008") != first


# --- Syncs -----------------------------------------------------------------------------------------------------------


def test_a_snooze_survives_the_item_leaving_the_menu_and_returning(menu: Venue, clock: time_machine.Traveller) -> None:
    snooze_by_hand(menu, "SALAD", how_long=HowLong.FURTHER_NOTICE)
    sync_snapshot(menu, snapshot(categories=(category("mains", "BURGER"),), products=(product("BURGER"),)))
    clock.shift(HOUR)

    sync_snapshot(menu, stocked_menu())

    assert orderable(menu)["SALAD"] is False
    wake(venue=menu, skus=["SALAD"], by="Anna")
    assert orderable(menu)["SALAD"] is True


def test_an_item_whose_snooze_expired_off_the_menu_returns_awake(menu: Venue, clock: time_machine.Traveller) -> None:
    snooze_by_hand(menu, "SALAD")
    sync_snapshot(menu, snapshot(categories=(category("mains", "BURGER"),), products=(product("BURGER"),)))
    clock.shift(HOUR)
    wake_due()

    sync_snapshot(menu, stocked_menu())

    assert Product.objects.get(sku="SALAD").snoozed_until is None


def test_a_choice_recreated_by_a_sync_is_snoozed_by_its_sku(menu: Venue) -> None:
    snooze_by_hand(menu, "MAYO")
    Modifier.objects.filter(sku="MAYO").delete()

    sync_snapshot(menu, stocked_menu())

    assert Modifier.objects.get(sku="MAYO").snoozed_until == EVENING + HOUR


def test_a_choice_with_a_new_sku_follows_the_snoozes_of_that_sku(menu: Venue) -> None:
    snooze_by_hand(menu, "MAYO")
    kept = Modifier.objects.get(sku="MAYO")
    renumbered = replace(
        stocked_menu(),
        groups=tuple(
            replace(one, modifiers=tuple(replace(each, sku=f"{each.sku}-2") for each in one.modifiers))
            if one.key == "sauces"
            else one
            for one in stocked_menu().groups
        ),
    )

    sync_snapshot(menu, renumbered)

    now = Modifier.objects.get(pk=kept.pk)
    assert (now.sku, now.snoozed_until) == ("MAYO-2", None)


# --- Isolation, queries, concurrency ---------------------------------------------------------------------------------


def test_a_snooze_affects_only_its_own_venue(menu: Venue, other_venue: Venue) -> None:
    sync_snapshot(other_venue, stocked_menu())

    snooze_by_hand(other_venue, "SALAD")
    wake(venue=menu, skus=["SALAD"], by="Anna")

    assert orderable(menu)["SALAD"] is True
    assert orderable(other_venue)["SALAD"] is False


def test_finding_nothing_due_costs_one_query(menu: Venue) -> None:
    snooze_by_hand(menu, "SALAD", "BURGER")
    with CaptureQueriesContext(database) as queries:
        assert wake_due() == 0
    assert len(queries) == 1


def test_the_number_of_queries_does_not_grow_with_the_items(menu: Venue) -> None:
    numbers = []
    for size in (1, 60):
        skus = [f"{size}-{n}" for n in range(size)]
        for sku in skus:
            factories.ProductFactory(venue=menu, sku=sku)
        with CaptureQueriesContext(database) as queries:
            assert len(snooze(venue=menu, skus=skus, how_long=HowLong.HOUR)) == size
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


@pytest.mark.django_db(transaction=True)
def test_concurrent_waking_raises_the_version_once(menu: Venue, clock: time_machine.Traveller) -> None:
    snooze_by_hand(menu, "SALAD", "BURGER", "MAYO")
    version = version_of(venue=menu)
    clock.shift(HOUR)

    def worker(_: int) -> int:
        try:
            return wake_due()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as workers:
        woken = list(workers.map(worker, range(8)))

    assert sum(woken) == 3
    assert Menu.objects.get().version == version + 1
