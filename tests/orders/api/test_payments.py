"""Paying over REST for an order that was placed unpaid."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django_q.models import OrmQ
from rest_framework.test import APIClient

from orders.models import Injection, Order
from storekit.models import Venue
from tests import factories
from tests.orders.api.storefront import ORDERS, errors, post


@pytest.fixture
def unpaid(storefront: APIClient, posted: dict[str, Any]) -> dict[str, Any]:
    placed: dict[str, Any] = post(storefront, posted | {"payment": {"status": "unpaid"}}).json()
    return placed


def pay(storefront: APIClient, order: dict[str, Any], **body: Any) -> Any:
    payment = {"reference": "web-9", "amount": "44.85"} | body
    return storefront.post(f"{ORDERS}/{order['id']}/payment", payment, format="json")


def test_an_order_is_due_once_it_is_paid(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    answer = pay(storefront, unpaid)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["payment"]) == (
        "placed",
        {"status": "paid", "reference": "web-9", "amount": "44.85"},
    )
    assert body["pos"]["next_attempt_at"] is not None
    assert body == storefront.get(f"{ORDERS}/{unpaid['id']}").json()
    assert Injection.objects.due(datetime.now(UTC) + timedelta(seconds=1)).count() == 1


def test_the_same_payment_again_changes_nothing(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    first = pay(storefront, unpaid)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        again = pay(storefront, unpaid)
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_second_payment_is_refused(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    pay(storefront, unpaid)
    answer = pay(storefront, unpaid, reference="web-10")
    assert (answer.status_code, errors(answer)) == (409, [("already_paid", None)])
    assert Order.objects.get().payment_reference == "web-9"


def test_a_cancelled_order_cannot_be_paid(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    Order.objects.update(status=Order.Status.CANCELLED)
    answer = pay(storefront, unpaid)
    assert (answer.status_code, errors(answer)) == (409, [("cancelled", None)])


@pytest.mark.parametrize(
    ("payment", "error"),
    [
        ({"amount": "44.84"}, ("amount_mismatch", "amount")),
        ({"amount": "much"}, ("invalid", "amount")),
        ({"amount": None}, ("null", "amount")),
        ({"reference": ""}, ("blank", "reference")),
        ({"reference": 9}, ("invalid", "reference")),
    ],
)
def test_a_bad_payment_is_refused_and_the_order_stays_unpaid(
    storefront: APIClient, unpaid: dict[str, Any], payment: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = pay(storefront, unpaid, **payment)
    assert (answer.status_code, errors(answer)) == (400, [error])
    assert Order.objects.get().payment_status == "unpaid"
    assert Injection.objects.get().next_attempt_at is None


def test_an_order_on_an_open_bill_cannot_be_paid_on_its_own(storefront: APIClient, posted: dict[str, Any]) -> None:
    on_the_bill = {"type": "dine_in", "account": "A78094.48", "tip": "0.00", "payment": {"status": "unpaid"}}
    placed = post(storefront, posted | on_the_bill).json()
    answer = pay(storefront, placed, amount=placed["totals"]["total"])
    assert (answer.status_code, errors(answer)) == (409, [("on_the_bill", None)])
    assert Order.objects.get().payment_status == "unpaid"


@pytest.mark.parametrize(
    ("scheduled_in", "paid_in", "is_late"),
    [
        (None, timedelta(minutes=60) - timedelta(seconds=1), False),
        (None, timedelta(minutes=60), True),
        (timedelta(days=7), timedelta(minutes=60), True),
    ],
)
def test_an_order_can_be_paid_for_an_hour_unless_the_venue_decides_otherwise(
    storefront: APIClient,
    posted: dict[str, Any],
    scheduled_in: timedelta | None,
    paid_in: timedelta,
    is_late: bool,
) -> None:
    now = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
    wanted = None if scheduled_in is None else (now + scheduled_in).isoformat()
    with time_machine.travel(now, tick=False):
        placed = post(storefront, posted | {"scheduled_for": wanted, "payment": {"status": "unpaid"}}).json()
    with time_machine.travel(now + paid_in, tick=False):
        answer = pay(storefront, placed)
    if is_late:
        assert (answer.status_code, errors(answer)) == (409, [("too_late", None)])
        assert Injection.objects.get().next_attempt_at is None
    else:
        assert (answer.status_code, answer.json()["status"]) == (200, "placed")


def test_an_order_for_later_is_held_after_it_is_paid(
    storefront: APIClient, posted: dict[str, Any], venue: Venue
) -> None:
    factories.ConnectionFactory(venue=venue, settings__buffer_orders=True)
    now = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        unpaid = {"scheduled_for": "2026-07-03T19:00:00Z", "payment": {"status": "unpaid"}}
        placed = post(storefront, posted | unpaid).json()
        paid = pay(storefront, placed).json()
    assert (placed["pos"]["state"], placed["pos"]["next_attempt_at"]) == ("waiting", None)
    assert (paid["pos"]["state"], paid["pos"]["next_attempt_at"]) == ("scheduled", "2026-07-03T19:40:00+01:00")
    injection = Injection.objects.get()
    assert injection.due_since == injection.next_attempt_at
    assert not OrmQ.objects.exists()


def test_another_venues_order_cannot_be_paid(other_storefront: APIClient, unpaid: dict[str, Any]) -> None:
    answer = other_storefront.post(
        f"/api/v1/venues/blue-door/orders/{unpaid['id']}/payment", {"reference": "x", "amount": "44.85"}, format="json"
    )
    assert (answer.status_code, errors(answer)) == (404, [("not_found", None)])
