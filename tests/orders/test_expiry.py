"""Unpaid orders expire by themselves, visibly, and give back the stock and the code that they kept."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from menus.models import Product, StockLevel
from menus.stock.levels import apply_item_update
from orders.checkout.problems import OrderRefused
from orders.checkout.requests import Payment
from orders.expiry import expire_unpaid_orders
from orders.injection.claims import claim_injection
from orders.models import DiscountCode, Injection, Order, OrderingRules, StaffAction
from orders.payments import PaymentTooLate, pay_order
from orders.placing import place_order
from orders.staff_actions import cancel, mark_entered_by_hand
from orders.tasks import sweep_unpaid
from storekit.models import Venue
from storekit.queue.registry import PERIODIC_TASKS
from tests import factories
from tests.menus.stocked import restricted
from tests.orders.conftest import CopperPotMenu
from tests.orders.orders_in_state import UNPAID, State, order_in, put_on_the_menu
from tests.orders.placing import placed, request_for
from tests.orders.test_simultaneous_actions import wait_until_somebody_waits

NOON = datetime(2026, 5, 4, 11, 0, tzinfo=UTC)
"""Noon in London."""
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture
def last_water(clock: time_machine.Traveller, venue: Venue, menu: CopperPotMenu) -> Venue:
    """The Copper Pot with one water left."""
    apply_item_update(venue, restricted("WATER", 1, NOON))
    return venue


def left() -> int | None:
    return StockLevel.objects.get(sku="WATER").left


def test_an_order_that_is_never_paid_gives_back_its_stock_and_its_code(
    clock: time_machine.Traveller, last_water: Venue
) -> None:
    code = factories.DiscountCodeFactory(venue=last_water, code="ONCE", usage_limit=1)
    order = placed(last_water, discount_code="ONCE")
    assert (left(), order.pay_by) == (0, NOON + HOUR)
    clock.shift(HOUR - timedelta(seconds=1))
    assert expire_unpaid_orders() == 0

    clock.shift(timedelta(seconds=1))
    assert sweep_unpaid() == "1 expired"

    order.refresh_from_db()
    code.refresh_from_db()
    assert (order.status, order.held_stock, code.times_used, left()) == ("cancelled", None, 0, 1)
    assert Product.objects.get(sku="WATER").stock == 1
    assert (order.injection.state, order.injection.error_code) == ("failed", "expired")
    assert placed(last_water, discount_code="once").discount == Decimal("0.24")
    assert sweep_unpaid() == "0 expired"


def test_the_sweep_runs_every_minute() -> None:
    assert PERIODIC_TASKS["orders.tasks.sweep_unpaid"] == 1


def test_an_unpaid_order_keeps_its_items_until_it_expires(clock: time_machine.Traveller, last_water: Venue) -> None:
    placed(last_water)
    clock.shift(timedelta(minutes=59))
    apply_item_update(last_water, restricted("WATER", 1, NOON + timedelta(minutes=58)))

    with pytest.raises(OrderRefused) as refused:
        place_order(venue=last_water, request=request_for())

    assert [problem.code for problem in refused.value.problems] == ["unavailable"]


def test_orders_that_are_paid_or_need_no_payment_do_not_expire(
    clock: time_machine.Traveller, venue: Venue, menu: CopperPotMenu
) -> None:
    order = placed(venue)
    pay_order(venue=venue, order_id=order.pk, reference="web-9", amount=order.total)
    placed(venue, payment=Payment(paid=True, amount=Decimal("2.35")))
    placed(venue, type=Order.Type.DINE_IN, account="A78094.48")
    factories.DiscountCodeFactory(venue=venue, code="FREE", percent=Decimal(100))
    placed(venue, discount_code="FREE")
    clock.shift(timedelta(days=30))

    assert expire_unpaid_orders() == 0
    assert set(Order.objects.values_list("status", "pay_by")) == {("placed", None)}


def test_a_venue_decides_how_long_its_guests_may_take(
    clock: time_machine.Traveller, venue: Venue, menu: CopperPotMenu
) -> None:
    OrderingRules.objects.create(venue=venue, minutes_to_pay=10)

    assert placed(venue).pay_by == NOON + timedelta(minutes=10)


def test_an_order_for_later_expires_an_hour_after_its_time_at_the_latest(
    clock: time_machine.Traveller, venue: Venue, menu: CopperPotMenu
) -> None:
    OrderingRules.objects.create(venue=venue, minutes_to_pay=7 * 24 * 60)

    assert placed(venue, scheduled_for=NOON + 2 * HOUR).pay_by == NOON + 3 * HOUR


def test_storefronts_and_staff_see_that_it_expired(
    clock: time_machine.Traveller, venue: Venue, menu: CopperPotMenu, storefront: APIClient, annas_browser: Client
) -> None:
    order = placed(venue)
    address = f"/api/v1/venues/copper-pot/orders/{order.pk}"
    waiting = storefront.get(address).json()
    page = annas_browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "It expires if it is not paid by today, 13:00." in page
    clock.shift(HOUR)
    expire_unpaid_orders()

    gone = storefront.get(address).json()

    seen = ("status", "expired", "pay_by")
    assert [waiting[name] for name in seen] == ["awaiting_payment", False, "2026-05-04T13:00:00+01:00"]
    assert [gone[name] for name in seen] == ["cancelled", True, "2026-05-04T13:00:00+01:00"]
    assert (gone["pos"]["state"], gone["pos"]["error"]) == ("failed", "The order was not paid in time, so it expired.")
    assert StaffAction.objects.values_list("action", "by").get() == ("expired", "storekit")
    page = annas_browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "It was not paid by today, 13:00." in page
    assert "Expired by storekit" in page
    assert "Expired" in annas_browser.get("/admin/orders/order/").content.decode()


@pytest.mark.parametrize("swept", [True, False])
def test_a_payment_that_comes_too_late_is_refused_with_a_code(
    clock: time_machine.Traveller, venue: Venue, menu: CopperPotMenu, storefront: APIClient, swept: bool
) -> None:
    order = placed(venue)
    clock.shift(HOUR)
    if swept:
        expire_unpaid_orders()

    answer = storefront.post(
        f"/api/v1/venues/copper-pot/orders/{order.pk}/payment", {"reference": "web-9", "amount": "2.35"}, format="json"
    )

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "too_late")
    assert Order.objects.get().payment_status == "unpaid"


# --- At the same moment ----------------------------------------------------------------------------------------------


def in_a_thread(verb: Callable[[], Any]) -> Any:
    try:
        return verb()
    except PaymentTooLate:
        return "too late"
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_locked_the_order_first_wins(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_in(State.WAITING, venue, order={**UNPAID, "pay_by": timezone.now() + timedelta(seconds=30)})
    put_on_the_menu(order)
    a_minute_later = timezone.now() + timedelta(minutes=1)

    def expire() -> int:
        monkeypatch.setattr("orders.expiry.clock.now", lambda: a_minute_later)
        return expire_unpaid_orders()

    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        with transaction.atomic():
            pay_order(venue=venue, order_id=order.pk, reference="web-9", amount=order.total)
            expiring = elsewhere.submit(in_a_thread, expire)
            wait_until_somebody_waits()
        assert expiring.result(timeout=30) == 0

    assert Order.objects.values_list("status", "payment_status").get() == ("placed", "paid")


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_waited_for_the_expiry_is_refused(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_in(State.WAITING, venue, order={**UNPAID, "pay_by": timezone.now()})
    put_on_the_menu(order)
    # By the clock of the host that takes the payment it is in time.
    earlier = timezone.now() - timedelta(minutes=1)

    def pay() -> Order:
        monkeypatch.setattr("orders.payments.clock.now", lambda: earlier)
        return pay_order(venue=venue, order_id=order.pk, reference="web-9", amount=order.total)

    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        with transaction.atomic():
            assert expire_unpaid_orders() == 1
            paying = elsewhere.submit(in_a_thread, pay)
            wait_until_somebody_waits()
        assert paying.result(timeout=30) == "too late"

    assert Order.objects.values_list("status", "payment_status").get() == ("cancelled", "unpaid")


# --- Siblings: other orders that are not sent yet --------------------------------------------------------------------


@pytest.fixture
def held_back(last_water: Venue) -> Order:
    """A paid order for tonight, which the venue sends shortly before its time, with the last water."""
    factories.ConnectionFactory(venue=last_water, settings__buffer_orders=True)
    paid = Payment(paid=True, reference="web-1", amount=Decimal("2.35"))
    order = placed(last_water, scheduled_for=NOON + 8 * HOUR, payment=paid)
    assert (left(), order.injection.state) == (0, "scheduled")
    return order


def test_a_held_back_order_that_is_cancelled_gives_back_its_stock_at_once(held_back: Order) -> None:
    cancel(order=held_back, by="Anna")

    assert left() == 1


def test_a_held_back_order_keeps_its_stock_until_it_is_sent(clock: time_machine.Traveller, held_back: Order) -> None:
    clock.shift(7 * HOUR + timedelta(minutes=40))

    assert claim_injection(Injection.objects.get().pk) is not None

    level = StockLevel.objects.get(sku="WATER")
    assert (level.taken, level.held, level.left) == (1, 0, 0)
    assert Order.objects.get().held_stock is None


def test_a_held_back_order_that_staff_enter_by_hand_counts_as_sent(held_back: Order) -> None:
    mark_entered_by_hand(order=held_back, by="Anna")

    level = StockLevel.objects.get(sku="WATER")
    assert (level.taken, level.held, Order.objects.get().held_stock) == (1, 0, None)


def test_an_unpaid_order_that_staff_cancel_gives_back_its_stock_and_its_code(last_water: Venue) -> None:
    factories.DiscountCodeFactory(venue=last_water, code="ONCE", usage_limit=1)
    order = placed(last_water, discount_code="ONCE")

    cancel(order=order, by="Anna")

    assert (left(), DiscountCode.objects.get().times_used) == (1, 0)
