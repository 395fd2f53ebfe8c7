"""Placing an order stores everything that is needed to bring it to the till, in one transaction, or nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from orders import numbering, placing, queueing
from orders.models import Injection, Order, OrderLine
from orders.placing import place_order
from orders.pricing import WantedItem
from orders.problems import OrderRefused
from orders.serializers import PostedOrderSerializer
from orders.translating import order_request
from orders.wanted import Guest, OrderRequest, Payment
from storekit.models import Venue
from tests import factories
from tests.orders.conftest import CopperPotMenu

PAID = Payment(paid=True, reference="web-1", amount=Decimal("2.35"))


def wanted(**changes: Any) -> OrderRequest:
    defaults: dict[str, Any] = {
        "type": Order.Type.PICKUP,
        "customer": Guest(first_name="Ada"),
        "items": (WantedItem(sku="WATER"),),
        "payment": PAID,
    }
    return OrderRequest(**(defaults | changes))


def refused(venue: Venue, **changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(OrderRefused) as caught:
        place_order(venue=venue, request=wanted(**changes))
    assert not Order.objects.exists()
    assert not OrmQ.objects.exists()
    return {(problem.code, problem.attr) for problem in caught.value.problems}


@pytest.fixture
def whole_request(posted: dict[str, Any]) -> OrderRequest:
    serializer = PostedOrderSerializer(data=posted)
    serializer.is_valid(raise_exception=True)
    return order_request(serializer.validated_data)


def test_a_paid_order_is_placed_and_due_at_once(
    venue: Venue,
    menu: CopperPotMenu,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    before = timezone.now()
    with django_capture_on_commit_callbacks(execute=True) as queued:
        order = place_order(venue=venue, request=wanted())
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


def test_an_unpaid_order_waits_for_its_payment(
    venue: Venue,
    menu: CopperPotMenu,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as queued:
        order = place_order(venue=venue, request=wanted(payment=Payment(paid=False)))
    assert (order.status, order.payment_amount) == ("awaiting_payment", 0)
    assert (order.injection.state, order.injection.next_attempt_at) == (Injection.State.WAITING, None)
    assert queued == []
    assert not Injection.objects.due(timezone.now() + timedelta(days=365)).exists()


def test_lines_are_stored_as_a_tree_with_the_prices_of_the_menu(venue: Venue, whole_request: OrderRequest) -> None:
    order = place_order(venue=venue, request=whole_request)
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
        ({"customer": Guest(first_name="Ada", phone="call me")}, ("invalid", "customer.phone")),
        ({"customer": Guest(first_name="Ada", phone="12")}, ("invalid", "customer.phone")),
        ({"items": (WantedItem(sku="PIZZA"),)}, ("unknown_product", "items.0")),
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


def test_the_total_is_told_when_the_amount_is_not_it(venue: Venue, menu: CopperPotMenu) -> None:
    with pytest.raises(OrderRefused) as caught:
        place_order(venue=venue, request=wanted(payment=Payment(paid=True, amount=Decimal("0.01"))))
    assert [problem.detail for problem in caught.value.problems] == ["The total is 2.35."]


def test_every_problem_is_said_at_once(venue: Venue, menu: CopperPotMenu) -> None:
    changes = {
        "type": Order.Type.DELIVERY,
        "customer": Guest(first_name="Ada", phone="x"),
        "items": (WantedItem(sku="PIZZA"), WantedItem(sku="WATER", quantity=0)),
        "scheduled_for": timezone.now() - timedelta(seconds=1),
    }
    assert refused(venue, **changes) == {
        ("required", "delivery_address"),
        ("invalid", "customer.phone"),
        ("in_the_past", "scheduled_for"),
        ("unknown_product", "items.0"),
        ("min_value", "items.1.quantity"),
    }


def test_a_product_of_another_venue_is_unknown(venue: Venue, other_venue: Venue, menu: CopperPotMenu) -> None:
    theirs = factories.ProductFactory(venue=other_venue, price="2.35")
    assert refused(venue, items=(WantedItem(product=str(theirs.pk)),)) == {("unknown_product", "items.0")}


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
def test_a_number_belongs_to_the_venues_country_unless_it_says_otherwise(
    venue: Venue, menu: CopperPotMenu, country: str, typed: str, stored: str
) -> None:
    venue.country = country
    order = place_order(venue=venue, request=wanted(customer=Guest(first_name="Ada", phone=typed)))
    assert Order.objects.values_list("phone", flat=True).get(pk=order.pk) == stored


def test_numbers_count_up_by_venue(venue: Venue, other_venue: Venue, menu: CopperPotMenu) -> None:
    factories.ProductFactory(venue=other_venue, sku="WATER", price="2.35")
    assert [place_order(venue=venue, request=wanted()).number for _ in range(3)] == [1, 2, 3]
    assert place_order(venue=other_venue, request=wanted()).number == 1


def test_a_collection_code_that_an_open_order_has_is_drawn_again(
    venue: Venue, menu: CopperPotMenu, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, free = "AAAAAAAA", "CCCCCCCC"
    factories.OrderFactory(venue=venue, collection_code=taken, number=50)
    drawn = iter([taken] * 3 + [free])
    monkeypatch.setattr(placing, "draw_code", lambda: next(drawn))
    assert place_order(venue=venue, request=wanted()).collection_code == free


def test_the_code_of_a_collected_order_and_of_another_venues_is_free_again(
    venue: Venue, other_venue: Venue, menu: CopperPotMenu, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.OrderFactory(venue=venue, collection_code="AAAAAAAA", number=50, status=Order.Status.COMPLETED)
    factories.OrderFactory(venue=other_venue, collection_code="AAAAAAAA")
    monkeypatch.setattr(placing, "draw_code", lambda: "AAAAAAAA")
    assert place_order(venue=venue, request=wanted()).collection_code == "AAAAAAAA"


def test_codes_have_no_characters_that_are_mistaken_for_each_other() -> None:
    codes = [numbering.draw_code() for _ in range(200)]
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

    monkeypatch.setattr(queueing, "async_task", down)
    with django_capture_on_commit_callbacks(execute=True):
        order = place_order(venue=venue, request=wanted())
    assert Injection.objects.due(timezone.now()).get() == order.injection
    assert "the sweep will find it" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_rolled_back_queues_nothing(venue: Venue, menu: CopperPotMenu) -> None:
    with transaction.atomic():
        place_order(venue=venue, request=wanted())
        transaction.set_rollback(True)
    assert not Order.objects.exists()
    assert not OrmQ.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_lines(
    venue: Venue, menu: CopperPotMenu, whole_request: OrderRequest
) -> None:
    def queries(times: int) -> list[str]:
        payment = Payment(paid=True, amount=times * Decimal("43.35"))
        with CaptureQueriesContext(connection) as captured:
            place_order(venue=venue, request=wanted(items=whole_request.items * times, payment=payment))
        return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]

    few, many = queries(1), queries(8)
    assert len(many) == len(few) <= 13
    assert len([sql for sql in many if "orders_" in sql]) == 5
