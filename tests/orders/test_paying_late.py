"""An order that is paid later is judged again: by hours, order types, tables, menu and stock."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from menus.models import Modifier, Product, StockLevel
from menus.snoozes.service import HowLong, snooze
from menus.stock.levels import apply_item_update
from orders.checkout.requests import RequestedItem, RequestedModifier
from orders.models import Injection, Order, OrderingHours, OrderingRules
from storekit.models import Venue
from tests import factories
from tests.menus.stocked import restricted
from tests.orders.conftest import CopperPotMenu
from tests.orders.placing import HOME, placed

EVENING = datetime(2026, 5, 4, 20, 50, tzinfo=UTC)
"""Monday, 21:50 in London."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EVENING, tick=False) as travelling:
        yield travelling


@pytest.fixture
def rules(venue: Venue, menu: CopperPotMenu) -> OrderingRules:
    """Open from 17:00 to 22:00 every day; guests have a day to pay."""
    rules = OrderingRules.objects.create(venue=venue, minutes_to_pay=24 * 60)
    for weekday in range(7):
        OrderingHours.objects.create(rules=rules, weekday=weekday, opens=time(17), closes=time(22))
    return rules


def pay(storefront: APIClient, order: Order) -> str:
    """Pay for the order; return "paid", or the code of the refusal."""
    address = f"/api/v1/venues/copper-pot/orders/{order.pk}"
    answer = storefront.post(
        f"{address}/payment", {"reference": "web-9", "amount": str(order.total)[:-1]}, format="json"
    )
    seen = storefront.get(address).json()
    if answer.status_code == 200:
        assert answer.json() == seen
        return "paid"
    assert answer.status_code == 409
    (error,) = answer.json()["errors"]
    assert "Refund the payment" in error["detail"]
    assert (seen["status"], seen["payment"]["status"]) == ("cancelled", "unpaid"), "it stays visible"
    assert Injection.objects.get(order=order).next_attempt_at is None
    code: str = error["code"]
    return code


def test_an_order_that_is_paid_in_time_is_sent(rules: OrderingRules, storefront: APIClient) -> None:
    assert pay(storefront, placed(rules.venue)) == "paid"


def test_an_order_that_is_paid_after_closing_time_is_refused(
    rules: OrderingRules, storefront: APIClient, clock: time_machine.Traveller
) -> None:
    order = placed(rules.venue)
    clock.shift(timedelta(hours=5, minutes=10))
    assert pay(storefront, order) == "closed"


def test_a_payment_that_was_refused_and_refunded_does_not_count_when_it_is_posted_again(
    rules: OrderingRules, storefront: APIClient, clock: time_machine.Traveller
) -> None:
    order = placed(rules.venue)
    clock.shift(timedelta(hours=5))
    assert pay(storefront, order) == "closed"
    clock.shift(timedelta(hours=18))
    assert pay(storefront, order) == "too_late"


def test_an_order_for_tomorrow_can_be_paid_at_night(
    rules: OrderingRules, storefront: APIClient, clock: time_machine.Traveller
) -> None:
    order = placed(rules.venue, scheduled_for=EVENING + timedelta(hours=22))
    clock.shift(timedelta(hours=5))
    assert pay(storefront, order) == "paid"


def test_an_order_for_a_time_at_which_the_venue_is_closed_by_now_is_refused(
    rules: OrderingRules, storefront: APIClient
) -> None:
    order = placed(rules.venue, scheduled_for=EVENING + timedelta(hours=22))
    rules.hours.filter(weekday=OrderingHours.Weekday.TUESDAY).delete()
    assert pay(storefront, order) == "closed"


def test_an_order_whose_time_has_come_is_judged_by_now(
    rules: OrderingRules, storefront: APIClient, clock: time_machine.Traveller
) -> None:
    order = placed(rules.venue, scheduled_for=EVENING + timedelta(minutes=5))
    clock.shift(timedelta(minutes=30))
    assert pay(storefront, order) == "closed"


def test_an_order_of_a_type_that_is_switched_off_since_is_refused(rules: OrderingRules, storefront: APIClient) -> None:
    order = placed(rules.venue, type=Order.Type.DELIVERY, address=HOME)
    OrderingRules.objects.update(delivery=False)
    assert pay(storefront, order) == "closed"


@pytest.mark.parametrize("sku", ["BURGER", "CHEESE", "MATURE"])
def test_an_order_with_something_that_is_snoozed_since_is_refused(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient, sku: str
) -> None:
    order = placed(venue, items=(burger(menu),))
    snooze(venue=venue, skus=[sku], how_long=HowLong.HOUR)
    assert pay(storefront, order) == "unavailable"


def test_a_snooze_that_is_over_by_the_orders_time_does_not_matter(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    order = placed(venue, items=(burger(menu),), scheduled_for=EVENING + timedelta(hours=2))
    snooze(venue=venue, skus=["BURGER"], how_long=HowLong.HOUR)
    assert pay(storefront, order) == "paid"


def test_an_order_with_something_that_left_the_menu_is_refused(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    with_a_choice, plain = placed(venue, items=(burger(menu),)), placed(venue)
    Modifier.objects.filter(sku="CHEESE").update(archived_at=EVENING)
    Product.objects.filter(sku="WATER").update(archived_at=EVENING)
    assert (pay(storefront, with_a_choice), pay(storefront, plain)) == ("unavailable", "unavailable")


def test_an_order_to_a_table_that_is_gone_is_refused(venue: Venue, menu: CopperPotMenu, storefront: APIClient) -> None:
    table = factories.TableFactory(venue=venue, number=12)
    order = placed(venue, type=Order.Type.DINE_IN, table="12")
    table.archived_at = EVENING
    table.save()
    assert pay(storefront, order) == "unavailable"


def test_the_last_portion_is_the_orders_own(venue: Venue, menu: CopperPotMenu, storefront: APIClient) -> None:
    apply_item_update(venue, restricted("WATER", 1, EVENING))
    order = placed(venue)
    assert not Product.objects.exclude(sold_out=False).exclude(sku="WATER").exists()

    assert pay(storefront, order) == "paid"

    assert StockLevel.objects.values_list("taken", "held").get() == (1, 0)


@pytest.mark.parametrize("left", [0, None])
def test_an_order_whose_last_portion_was_sold_on_the_till_is_refused(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient, left: int | None
) -> None:
    apply_item_update(venue, restricted("WATER", 1, EVENING))
    order = placed(venue)
    apply_item_update(venue, restricted("WATER", left, EVENING + timedelta(seconds=1)))
    assert pay(storefront, order) == "unavailable"
    assert StockLevel.objects.get().held == 0


def test_something_that_is_counted_only_since_then_is_judged_too(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    first, second = placed(venue), placed(venue)
    apply_item_update(venue, restricted("WATER", 1, EVENING))
    assert (pay(storefront, first), pay(storefront, second)) == ("paid", "unavailable")


def test_the_price_stays_what_the_guest_agreed_to(venue: Venue, menu: CopperPotMenu, storefront: APIClient) -> None:
    order = placed(venue)
    Product.objects.update(price=99)
    assert pay(storefront, order) == "paid"


def test_every_code_is_in_the_description_of_the_api(storefront: APIClient) -> None:
    schema: dict[str, Any] = storefront.get("/api/schema/?format=json").json()
    description = schema["paths"]["/api/v1/venues/{slug}/orders/{order_id}/payment"]["post"]["description"]
    for code in ("already_paid", "cancelled", "too_late", "on_the_bill", "closed", "unavailable"):
        assert f"`{code}`" in description


def burger(menu: CopperPotMenu) -> RequestedItem:
    cheese = RequestedModifier(str(menu.cheese.pk), modifiers=(RequestedModifier(str(menu.mature.pk)),))
    return RequestedItem(sku="BURGER", modifiers=(RequestedModifier(str(menu.rare.pk)), cheese))
