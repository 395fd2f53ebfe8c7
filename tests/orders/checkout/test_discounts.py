"""Discount codes: the amount off, when they apply, and that their usage limit holds."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.db import connection, connections, transaction

from orders.checkout.discounts import amount_off, release_use
from orders.checkout.problems import OrderRefused
from orders.checkout.requests import Guest, OrderRequest, Payment, RequestedItem
from orders.models import DiscountCode, Order, OrderingHours, OrderingRules
from orders.placing import place_order
from storekit.models import Venue
from tests import factories
from tests.orders.conftest import CopperPotMenu

TWO_WATERS = OrderRequest(
    type=Order.Type.PICKUP,
    customer=Guest(first_name="Ada"),
    items=(RequestedItem(sku="WATER", quantity=2),),
    payment=Payment(paid=False),
    discount_code="SPRING",
)
"""4.70 before the discount."""


def discount(venue: Venue, **columns: Any) -> DiscountCode:
    return factories.DiscountCodeFactory(venue=venue, **({"code": "SPRING"} | columns))


def refused(venue: Venue, request: OrderRequest = TWO_WATERS) -> list[str]:
    with pytest.raises(OrderRefused) as caught:
        place_order(venue=venue, request=request)
    assert {problem.attr for problem in caught.value.problems} == {"discount_code"}
    assert not Order.objects.exists()
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("columns", "items", "off"),
    [
        ({"percent": Decimal("10.00")}, "10.00", "1.00"),
        ({"percent": Decimal("10.00")}, "0.05", "0.01"),
        ({"percent": Decimal("10.00")}, "0.04", "0.00"),
        ({"percent": Decimal("33.33")}, "10.00", "3.33"),
        ({"percent": Decimal("100.00")}, "43.35", "43.35"),
        ({"amount": Decimal("5.00"), "percent": None}, "43.35", "5.00"),
        ({"amount": Decimal("5.00"), "percent": None}, "4.70", "4.70"),
        ({"amount": Decimal("5.00"), "percent": None}, "0.00", "0.00"),
    ],
)
def test_half_a_penny_rounds_up_and_the_discount_never_exceeds_the_items(
    columns: dict[str, Any], items: str, off: str
) -> None:
    code = DiscountCode(code="SPRING", **columns)
    assert amount_off(discount=code, items=Decimal(items), currency="GBP") == Decimal(off)


def test_an_order_with_a_discount_is_cheaper_and_stores_the_code(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue, pos_id="STAFF10")
    order = place_order(venue=venue, request=replace(TWO_WATERS, tip=Decimal("1.00"), discount_code="spring")).order
    assert (order.items_total, order.discount, order.total) == (Decimal("4.70"), Decimal("0.47"), Decimal("5.23"))
    assert (order.discount_code, order.discount_pos_id, order.discount_used) == ("SPRING", "STAFF10", code)
    code.refresh_from_db()
    assert code.times_used == 1


def test_a_fully_discounted_order_costs_nothing(venue: Venue, menu: CopperPotMenu) -> None:
    discount(venue, amount=Decimal("50.00"), percent=None)
    paid = replace(TWO_WATERS, payment=Payment(paid=True, amount=Decimal("0.00")))
    order = place_order(venue=venue, request=paid).order
    assert (order.discount, order.total, order.status) == (Decimal("4.70"), Decimal("0.00"), "placed")


def test_a_discount_takes_nothing_off_fees_and_tips(venue: Venue, menu: CopperPotMenu) -> None:
    discount(venue, percent=Decimal("100.00"))
    order = place_order(
        venue=venue, request=replace(TWO_WATERS, service_charge=Decimal("2.00"), tip=Decimal("1.00"))
    ).order
    assert order.total == Decimal("3.00")


def test_a_missing_or_switched_off_code_is_unknown(venue: Venue, other_venue: Venue, menu: CopperPotMenu) -> None:
    assert refused(venue) == ["unknown_discount"]
    discount(venue, active=False)
    discount(other_venue)
    assert refused(venue) == ["unknown_discount"]


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        ("2026-07-01T04:59:59+01:00", ["discount_not_yet_valid"]),
        ("2026-07-01T05:00:00+01:00", []),
        ("2026-08-01T00:30:00+01:00", []),
        ("2026-08-01T04:59:59+01:00", []),
        ("2026-08-01T05:00:00+01:00", ["discount_expired"]),
    ],
)
def test_the_first_and_the_last_day_of_a_venue_that_is_always_open_are_its_service_days(
    venue: Venue, menu: CopperPotMenu, now: str, codes: list[str]
) -> None:
    discount(venue, valid_from=date(2026, 7, 1), valid_until=date(2026, 7, 31))
    with time_machine.travel(datetime.fromisoformat(now).astimezone(UTC), tick=False):
        if codes:
            assert refused(venue) == codes
        else:
            assert place_order(venue=venue, request=TWO_WATERS).order.discount == Decimal("0.47")


def test_the_items_must_reach_the_minimum_spend(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue, minimum_spend=Decimal("4.71"))
    assert refused(venue, replace(TWO_WATERS, tip=Decimal("5.00"))) == ["minimum_spend"]
    code.minimum_spend = Decimal("4.70")
    code.save()
    assert place_order(venue=venue, request=TWO_WATERS).order.discount == Decimal("0.47")


def test_the_minimum_spend_is_not_checked_while_the_total_is_unknown(venue: Venue, menu: CopperPotMenu) -> None:
    discount(venue, minimum_spend=Decimal("10.00"))
    with pytest.raises(OrderRefused) as caught:
        place_order(venue=venue, request=replace(TWO_WATERS, items=(RequestedItem(sku="PIZZA"),)))
    assert [problem.code for problem in caught.value.problems] == ["unknown_product"]


def test_a_code_can_be_used_up_to_its_limit(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue, usage_limit=2)
    for _ in range(2):
        place_order(venue=venue, request=TWO_WATERS)
    with pytest.raises(OrderRefused) as caught:
        place_order(venue=venue, request=TWO_WATERS)
    assert [problem.code for problem in caught.value.problems] == ["discount_used_up"]
    code.refresh_from_db()
    assert (code.times_used, Order.objects.count()) == (2, 2)


def test_a_refused_order_takes_no_use(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue)
    with pytest.raises(OrderRefused):
        place_order(venue=venue, request=replace(TWO_WATERS, payment=Payment(paid=True, amount=Decimal("4.70"))))
    code.refresh_from_db()
    assert code.times_used == 0


def test_a_cancelled_order_gives_its_use_back(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue, usage_limit=1)
    order = place_order(venue=venue, request=TWO_WATERS).order
    release_use(order_id=order.pk)
    code.refresh_from_db()
    assert code.times_used == 0
    assert place_order(venue=venue, request=TWO_WATERS).order.discount_used == code


def test_an_order_without_a_code_gives_nothing_back(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue, times_used=3)
    release_use(order_id=place_order(venue=venue, request=replace(TWO_WATERS, discount_code="")).order.pk)
    code.refresh_from_db()
    assert code.times_used == 3


def test_releasing_the_use_of_a_deleted_code_does_nothing(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue)
    order = place_order(venue=venue, request=TWO_WATERS).order
    code.delete()
    order.refresh_from_db()
    release_use(order_id=order.pk)
    assert (order.discount_code, order.discount, order.discount_used) == ("SPRING", Decimal("0.47"), None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one connection in at a time")
def test_concurrent_orders_do_not_exceed_the_usage_limit(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue, usage_limit=5)

    def place(_: int) -> str:
        try:
            place_order(venue=venue, request=TWO_WATERS)
        except OrderRefused as refusal:
            return refusal.problems[0].code
        finally:
            connections.close_all()
        return "placed"

    with ThreadPoolExecutor(max_workers=16) as pool:
        outcomes = list(pool.map(place, range(16)))

    assert sorted(outcomes) == ["discount_used_up"] * 11 + ["placed"] * 5
    code.refresh_from_db()
    assert (code.times_used, Order.objects.filter(discount_used=code).count()) == (5, 5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one connection in at a time")
def test_an_order_waits_while_another_takes_the_last_use(venue: Venue, menu: CopperPotMenu) -> None:
    code = discount(venue, usage_limit=1)

    def place_and_close() -> None:
        try:
            place_order(venue=venue, request=TWO_WATERS)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        with transaction.atomic():
            place_order(venue=venue, request=TWO_WATERS)
            second = pool.submit(place_and_close)
            transaction.set_rollback(True)
        second.result(timeout=30)

    code.refresh_from_db()
    assert (code.times_used, Order.objects.count()) == (1, 1)


# --- Whose day it is -------------------------------------------------------------------------------------------------


@pytest.fixture
def open_late(venue: Venue, menu: CopperPotMenu) -> Venue:
    """The Copper Pot, open from 18:00 to 02:00 on Fridays and Saturdays."""
    rules = OrderingRules.objects.create(venue=venue)
    for weekday in (OrderingHours.Weekday.FRIDAY, OrderingHours.Weekday.SATURDAY):
        OrderingHours.objects.create(rules=rules, weekday=weekday, opens=time(18), closes=time(2))
    return venue


@pytest.mark.parametrize(
    ("now", "codes", "shown"),
    [
        ("2026-05-01T19:00:00+01:00", [], "Active"),
        ("2026-05-02T00:30:00+01:00", [], "Active"),
        ("2026-05-02T18:00:00+01:00", ["discount_expired"], "Expired"),
    ],
)
def test_a_code_valid_until_friday_is_valid_until_fridays_service_ends(
    open_late: Venue, now: str, codes: list[str], shown: str
) -> None:
    code = discount(open_late, valid_until=date(2026, 5, 1))
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        assert admin.site._registry[DiscountCode].state(code) == shown  # type: ignore[attr-defined]
        if codes:
            assert refused(open_late) == codes
        else:
            assert place_order(venue=open_late, request=TWO_WATERS).order.discount == Decimal("0.47")


@pytest.mark.parametrize(
    ("now", "codes", "shown"),
    [
        ("2026-05-02T00:30:00+01:00", ["discount_not_yet_valid"], "Upcoming"),
        ("2026-05-02T18:00:00+01:00", [], "Active"),
    ],
)
def test_a_code_valid_from_saturday_is_not_valid_in_fridays_service(
    open_late: Venue, now: str, codes: list[str], shown: str
) -> None:
    code = discount(open_late, valid_from=date(2026, 5, 2))
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        assert admin.site._registry[DiscountCode].state(code) == shown  # type: ignore[attr-defined]
        if codes:
            assert refused(open_late) == codes
        else:
            assert place_order(venue=open_late, request=TWO_WATERS).order.discount == Decimal("0.47")
