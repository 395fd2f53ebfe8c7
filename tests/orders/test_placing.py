"""Placing an order stores everything needed to send it to the till, in one transaction, or nothing."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from integrations.models import LightspeedSettings
from integrations.pos import ItemUpdate
from menus.models import StockLevel
from menus.stock.levels import apply_item_update
from orders import placing
from orders.api.mapping import order_request
from orders.api.serializers import PostedOrderSerializer
from orders.checkout import numbering
from orders.checkout.problems import OrderRefused
from orders.checkout.requests import Guest, OrderRequest, Payment, RequestedItem
from orders.models import Injection, Order, OrderingHours, OrderingRules, OrderLine
from orders.placing import place_order
from storekit.db import due_rows
from storekit.models import Venue
from tests import factories
from tests.orders.conftest import CopperPotMenu
from tests.orders.placing import HOME, UNPAID, refused, request_for


@pytest.fixture
def whole_request(posted: dict[str, Any]) -> OrderRequest:
    serializer = PostedOrderSerializer(data=posted, context={"currency": "GBP"})
    serializer.is_valid(raise_exception=True)
    return order_request(serializer.validated_data)


def test_a_paid_order_is_placed_and_due_at_once(
    venue: Venue,
    menu: CopperPotMenu,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    before = timezone.now()
    with django_capture_on_commit_callbacks(execute=True) as queued:
        order = place_order(venue=venue, request=request_for()).order
    order.refresh_from_db()
    assert (order.status, order.payment_status, order.total) == ("placed", "paid", Decimal("2.35"))
    assert (order.menu_version, order.number, len(order.collection_code)) == (7, 1, 8)
    injection = order.injection
    assert (injection.state, injection.attempts, injection.revision) == (Injection.State.WAITING, 0, 1)
    assert injection.reference == f"{order.pk.hex}-1"
    assert injection.next_attempt_at is not None
    assert injection.next_attempt_at <= before, "also by a clock that is behind"
    assert len(queued) == 1
    (task,) = OrmQ.objects.all()
    assert (task.func(), task.args()) == ("orders.tasks.inject", (injection.pk,))


def test_a_dinner_of_eight_digits_is_stored_as_it_was_paid(venue: Venue, menu: CopperPotMenu) -> None:
    venue.currency = "VND"
    venue.save()
    menu.water.price = Decimal(25_000_000)
    menu.water.save()
    dinner = request_for(payment=Payment(paid=True, amount=Decimal("25000000")))
    order = place_order(venue=venue, request=dinner).order
    order.refresh_from_db()
    assert (order.items_total, order.total, order.payment_amount) == (25_000_000,) * 3


def test_an_unpaid_order_waits_for_its_payment(
    venue: Venue,
    menu: CopperPotMenu,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as queued:
        order = place_order(venue=venue, request=request_for(payment=Payment(paid=False))).order
    assert (order.status, order.payment_amount) == ("awaiting_payment", 0)
    assert (order.injection.state, order.injection.next_attempt_at) == (Injection.State.WAITING, None)
    assert queued == []
    assert not Injection.objects.due(timezone.now() + timedelta(days=365)).exists()


def test_lines_are_stored_as_a_tree_with_the_prices_of_the_menu(venue: Venue, whole_request: OrderRequest) -> None:
    order = place_order(venue=venue, request=whole_request).order
    rows = list(OrderLine.objects.filter(order=order).select_related("parent"))
    assert [(row.name, row.parent.name if row.parent else None, row.unit_price) for row in rows] == [
        ("Burger", None, Decimal("10.00")),
        ("Rare", "Burger", Decimal("0.00")),
        ("Cheese", "Burger", Decimal("1.50")),
        ("Mature", "Cheese", Decimal("0.75")),
        ("Lunch", None, Decimal("12.00")),
        ("Steak", "Lunch", Decimal("4.50")),
        ("Water", None, Decimal("2.35")),
    ]
    assert (order.items_total, order.tip, order.total) == (Decimal("43.35"), Decimal("1.50"), Decimal("44.85"))
    assert rows[1].instruction_id == "501"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"items": (RequestedItem(sku="PIZZA"),)}, ("unknown_product", "items.0")),
        ({"payment": Payment(paid=True, amount=Decimal("2.34"))}, ("amount_mismatch", "payment.amount")),
        ({"payment": Payment(paid=True, amount=None)}, ("amount_mismatch", "payment.amount")),
        ({"payment": Payment(paid=False, amount=Decimal("9.00"))}, ("amount_mismatch", "payment.amount")),
        ({"tip": Decimal("1.00")}, ("amount_mismatch", "payment.amount")),
    ],
)
def test_a_bad_order_is_refused_and_leaves_nothing(
    venue: Venue, menu: CopperPotMenu, changes: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert problem in refused(venue, **changes)


def test_the_refusal_of_a_wrong_amount_gives_the_total(venue: Venue, menu: CopperPotMenu) -> None:
    with pytest.raises(OrderRefused) as caught:
        place_order(venue=venue, request=request_for(payment=Payment(paid=True, amount=Decimal("0.01"))))
    assert [problem.detail for problem in caught.value.problems] == ["The total is 2.35 GBP."]


def test_every_problem_is_reported_at_once(venue: Venue, menu: CopperPotMenu) -> None:
    changes = {
        "type": Order.Type.DELIVERY,
        "discount_code": "SPRING",
        "items": (RequestedItem(sku="PIZZA"), RequestedItem(sku="WATER", quantity=0)),
        "scheduled_for": timezone.now() - timedelta(seconds=1),
    }
    assert refused(venue, **changes) == {
        ("required", "delivery_address"),
        ("unknown_discount", "discount_code"),
        ("in_the_past", "scheduled_for"),
        ("unknown_product", "items.0"),
        ("min_value", "items.1.quantity"),
    }


def test_a_product_of_another_venue_is_unknown(venue: Venue, other_venue: Venue, menu: CopperPotMenu) -> None:
    theirs = factories.ProductFactory(venue=other_venue, price="2.35")
    assert refused(venue, items=(RequestedItem(product=str(theirs.pk)),)) == {("unknown_product", "items.0")}


def test_a_time_years_ahead_is_refused(venue: Venue, menu: CopperPotMenu) -> None:
    assert refused(venue, scheduled_for=timezone.now() + timedelta(days=366)) == {("too_far_ahead", "scheduled_for")}


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("GB", "020 7946 0018", "+442079460018"),
        ("GB", "+33 6 12 34 56 78", "+33612345678"),
        ("GB", "07700 900123", "+447700900123"),
        ("FR", "06 12 34 56 78", "+33612345678"),
        ("GB", "", ""),
    ],
)
def test_a_phone_number_without_country_code_belongs_to_the_venues_country(
    venue: Venue, menu: CopperPotMenu, country: str, typed: str, stored: str
) -> None:
    venue.country = country
    order = place_order(venue=venue, request=request_for(customer=Guest(first_name="Ada", phone=typed))).order
    assert Order.objects.values_list("phone", flat=True).get(pk=order.pk) == stored


def test_order_numbers_count_up_for_each_venue(venue: Venue, other_venue: Venue, menu: CopperPotMenu) -> None:
    factories.ProductFactory(venue=other_venue, sku="WATER", price="2.35")
    factories.ConnectionFactory(venue=other_venue)
    assert [place_order(venue=venue, request=request_for()).order.number for _ in range(3)] == [1, 2, 3]
    assert place_order(venue=other_venue, request=request_for()).order.number == 1


def test_a_collection_code_that_an_open_order_has_is_drawn_again(
    venue: Venue, menu: CopperPotMenu, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, free = "AAAAAAAA", "CCCCCCCC"
    factories.OrderFactory(venue=venue, collection_code=taken, number=50)
    drawn = iter([taken] * 3 + [free])
    monkeypatch.setattr(placing, "random_collection_code", lambda: next(drawn))
    assert place_order(venue=venue, request=request_for()).order.collection_code == free


@time_machine.travel(datetime(2026, 7, 3, 11, 0, tzinfo=UTC), tick=False)
def test_the_stock_of_a_held_order_is_reserved_until_it_is_sent(venue: Venue, menu: CopperPotMenu) -> None:
    connection = factories.ConnectionFactory(venue=venue)
    LightspeedSettings.objects.filter(connection=connection).update(buffer_orders=True, buffer_minutes=30)
    apply_item_update(venue, ItemUpdate(sku="WATER", restricted=True, left=5, at=timezone.now()))
    wanted_at = timezone.now() + timedelta(hours=5)

    order = place_order(venue=venue, request=request_for(scheduled_for=wanted_at)).order

    level = StockLevel.objects.get(sku="WATER")
    assert (level.taken, level.held, order.held_stock) == (0, 1, {"WATER": 1})


def test_an_order_that_costs_nothing_waits_for_no_payment(venue: Venue, menu: CopperPotMenu) -> None:
    factories.DiscountCodeFactory(venue=venue, code="TREAT", percent=Decimal(100))

    order = place_order(venue=venue, request=request_for(discount_code="TREAT", payment=Payment(paid=False))).order

    assert (order.total, order.status, order.payment_status) == (0, Order.Status.PLACED, Order.PaymentStatus.PAID)
    assert order.injection.next_attempt_at is not None


def test_the_code_of_a_collected_order_and_of_another_venues_is_free_again(
    venue: Venue, other_venue: Venue, menu: CopperPotMenu, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.OrderFactory(venue=venue, collection_code="AAAAAAAA", number=50, status=Order.Status.COMPLETED)
    factories.OrderFactory(venue=other_venue, collection_code="AAAAAAAA")
    monkeypatch.setattr(placing, "random_collection_code", lambda: "AAAAAAAA")
    assert place_order(venue=venue, request=request_for()).order.collection_code == "AAAAAAAA"


def test_collection_codes_have_no_characters_that_are_easily_mistaken() -> None:
    codes = [numbering.random_collection_code() for _ in range(200)]
    assert all(len(code) == 8 and not set(code) & set("0O1IL2Z5S8BUV") for code in codes)
    assert len(set(codes)) == 200


def test_a_queue_that_is_down_does_not_fail_the_order(
    venue: Venue,
    menu: CopperPotMenu,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def down(*_: object) -> None:
        raise ConnectionRefusedError("no queue")

    monkeypatch.setattr(due_rows, "async_task", down)
    with django_capture_on_commit_callbacks(execute=True):
        order = place_order(venue=venue, request=request_for()).order
    assert Injection.objects.due(timezone.now()).get() == order.injection
    assert "the sweep will find it" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_rolled_back_queues_nothing(venue: Venue, menu: CopperPotMenu) -> None:
    with transaction.atomic():
        place_order(venue=venue, request=request_for())
        transaction.set_rollback(True)
    assert not Order.objects.exists()
    assert not OrmQ.objects.exists()


# --- Queries ---------------------------------------------------------------------------------------------------------


def _discounted_dine_in_order(venue: Venue) -> dict[str, Any]:
    """Set up a venue with opening hours for every day, and return the fields of a discounted dine-in order."""
    factories.ConnectionFactory(venue=venue)
    rules = OrderingRules.objects.create(venue=venue)
    for weekday in range(7):
        OrderingHours.objects.create(rules=rules, weekday=weekday, opens=time(0), closes=time(0))
    factories.TableFactory(venue=venue, number=7)
    factories.DiscountCodeFactory(venue=venue, code="SPRING")
    return {"type": Order.Type.DINE_IN, "table": "7", "discount_code": "SPRING"}


@pytest.mark.parametrize(("kind", "number"), [("pickup", 7), ("delivery", 7), ("discounted", 9), ("at a table", 10)])
def test_the_number_of_queries_does_not_grow_with_the_lines(
    venue: Venue, menu: CopperPotMenu, whole_request: OrderRequest, kind: str, number: int
) -> None:
    everything = _discounted_dine_in_order(venue)
    kinds: dict[str, dict[str, Any]] = {
        "pickup": {},
        "delivery": {"type": Order.Type.DELIVERY, "address": HOME, "delivery_fee": Decimal("2.00")},
        "discounted": {"discount_code": "SPRING"},
        "at a table": everything,
    }
    changes = kinds[kind]

    def queries(times: int) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            place_order(venue=venue, request=request_for(items=whole_request.items * times, payment=UNPAID, **changes))
        return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]

    assert len(queries(1)) == len(queries(8)) == number <= 10
