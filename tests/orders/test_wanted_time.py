"""What can be ordered is judged by the wanted time, and by the stock of the day on which the POS gets the order."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from menus.models import Product, StockLevel
from menus.snoozes.service import HowLong, snooze
from menus.stock.levels import apply_item_update
from orders.checkout.requests import RequestedItem, RequestedModifier
from orders.models import OrderingHours, OrderingRules
from storekit.models import Venue
from tests import factories
from tests.menus.stocked import restricted
from tests.orders.conftest import CopperPotMenu
from tests.orders.placing import PAID, placed, refused

FRIDAY_NIGHT = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
"""23:30 in London."""
NEXT_WEEK = FRIDAY_NIGHT + timedelta(days=7)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(FRIDAY_NIGHT, tick=False) as travelling:
        yield travelling


@pytest.fixture
def buffering(venue: Venue, menu: CopperPotMenu) -> Venue:
    """The Copper Pot, which holds orders for later."""
    factories.ConnectionFactory(venue=venue, settings__buffer_orders=True)
    return venue


def water_left(venue: Venue, left: int | None) -> None:
    apply_item_update(venue, restricted("WATER", left, FRIDAY_NIGHT))


def problems(storefront: APIClient, **basket: Any) -> list[str]:
    answer = storefront.post("/api/v1/venues/copper-pot/basket", {"items": [{"sku": "WATER"}], **basket}, format="json")
    return [problem["code"] for problem in answer.json()["problems"]]


def test_an_item_that_sleeps_until_tomorrow_can_be_had_next_week(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    snooze(venue=venue, skus=["WATER"], how_long=HowLong.TOMORROW)

    assert problems(storefront) == ["unavailable"]
    assert problems(storefront, scheduled_for=(FRIDAY_NIGHT + timedelta(hours=1)).isoformat()) == ["unavailable"]
    assert problems(storefront, scheduled_for=NEXT_WEEK.isoformat()) == []
    assert placed(venue, scheduled_for=NEXT_WEEK).status == "awaiting_payment"


def test_an_item_that_sleeps_until_further_notice_cannot(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    snooze(venue=venue, skus=["WATER"], how_long=HowLong.FURTHER_NOTICE)
    assert problems(storefront, scheduled_for=NEXT_WEEK.isoformat()) == ["unavailable"]


def test_choices_are_judged_by_the_wanted_time_too(venue: Venue, menu: CopperPotMenu) -> None:
    burger = RequestedItem(sku="BURGER", modifiers=tuple(RequestedModifier(str(id)) for id in ids(menu)))
    snooze(venue=venue, skus=["BACON", "STEAK", "SALAD"], how_long=HowLong.TOMORROW)

    assert refused(venue, items=(burger,)) == {("unavailable", "items.0.modifiers.1")}
    steak = RequestedItem(sku="LUNCH", modifiers=(RequestedModifier(str(menu.steak.pk)),))
    assert ("unavailable", "items.0") in refused(venue, items=(steak,)), "its required group has no choices left"
    assert placed(venue, items=(burger, steak), scheduled_for=NEXT_WEEK).total


def test_required_groups_are_judged_by_the_wanted_time_and_that_days_stock(
    buffering: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    snooze(venue=buffering, skus=["STEAK"], how_long=HowLong.TOMORROW)
    apply_item_update(buffering, restricted("SALAD", 0, FRIDAY_NIGHT))
    lunch = {"items": [{"sku": "LUNCH"}]}

    assert set(problems(storefront, **lunch)) == {"unavailable", "too_few"}
    assert problems(storefront, **lunch, scheduled_for=NEXT_WEEK.isoformat()) == ["too_few"]


def test_a_held_order_for_another_day_takes_nothing_of_todays_stock(buffering: Venue, menu: CopperPotMenu) -> None:
    water_left(buffering, 1)

    placed(buffering, scheduled_for=NEXT_WEEK)
    placed(buffering, scheduled_for=NEXT_WEEK, payment=PAID)

    assert StockLevel.objects.get().left == Product.objects.get(sku="WATER").stock == 1
    assert placed(buffering).status == "awaiting_payment", "today's guest gets it"


@pytest.mark.parametrize("left", [0, None])
def test_what_is_sold_out_today_can_be_had_on_another_day(
    buffering: Venue, menu: CopperPotMenu, storefront: APIClient, left: int | None
) -> None:
    water_left(buffering, left)
    assert problems(storefront) == ["unavailable"]
    assert problems(storefront, scheduled_for=NEXT_WEEK.isoformat()) == []


def test_an_order_after_midnight_takes_from_the_same_evenings_stock(buffering: Venue, menu: CopperPotMenu) -> None:
    water_left(buffering, 1)
    placed(buffering, scheduled_for=FRIDAY_NIGHT + timedelta(hours=1))
    assert StockLevel.objects.get().left == 0


def test_hours_that_end_late_in_the_morning_are_one_evenings_service(buffering: Venue, menu: CopperPotMenu) -> None:
    rules = OrderingRules.objects.create(venue=buffering)
    OrderingHours.objects.create(rules=rules, weekday=4, opens=time(20), closes=time(8))
    OrderingHours.objects.create(rules=rules, weekday=5, opens=time(9), closes=time(8))
    water_left(buffering, 1)

    placed(buffering, scheduled_for=datetime(2026, 5, 2, 9, 0, tzinfo=UTC))
    assert StockLevel.objects.get().left == 1
    placed(buffering, scheduled_for=datetime(2026, 5, 2, 6, 30, tzinfo=UTC))
    assert StockLevel.objects.get().left == 0


def test_an_order_that_the_pos_gets_and_counts_today_takes_todays_stock(venue: Venue, menu: CopperPotMenu) -> None:
    """Without holding, an order for next week goes to the POS at once, which takes it off its count at once."""
    water_left(venue, 1)
    placed(venue, scheduled_for=NEXT_WEEK, payment=PAID)
    assert StockLevel.objects.get().left == 0


def test_a_time_at_the_end_of_the_calendar_is_refused_like_any_other(buffering: Venue, menu: CopperPotMenu) -> None:
    water_left(buffering, 1)
    assert refused(buffering, scheduled_for=datetime.max.replace(tzinfo=UTC)) == {("too_far_ahead", "scheduled_for")}


def ids(menu: CopperPotMenu) -> list[object]:
    return [menu.rare.pk, menu.bacon.pk]
