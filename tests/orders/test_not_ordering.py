"""An order that could not be sent is not taken: the shop is told to give the money back, or to offer a later time."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models.functions import Now
from django.test import Client
from rest_framework.test import APIClient

from integrations.models import Connection
from orders.checkout.basket import check_basket
from orders.checkout.still_possible import NoLongerPossible
from orders.models import Injection, Order
from orders.payments import pay_order
from storekit.models import Venue, WorkerBeat
from storekit.rest.api_keys import issue_api_key
from tests.orders.conftest import CopperPotMenu
from tests.orders.placing import placed, refused, request_for
from tests.orders.sending import NOW

pytestmark = pytest.mark.django_db


def nobody_sends(connection: Connection) -> None:
    WorkerBeat.objects.update(beat_at=Now() - timedelta(seconds=70))


def disconnected(connection: Connection) -> None:
    Connection.objects.update(status=Connection.Status.DISCONNECTED)


def access_has_ended(connection: Connection) -> None:
    Connection.objects.update(status=Connection.Status.RECONNECT_NEEDED)


def switched_off(connection: Connection) -> None:
    Connection.objects.update(enabled=False)


def never_connected(connection: Connection) -> None:
    connection.delete()


def till_is_closed(connection: Connection) -> None:
    Connection.objects.update(pos_ready=False, not_ready_reason="The till is closed.")


REASONS = [
    (nobody_sends, "not_ready"),
    (disconnected, "not_ready"),
    (access_has_ended, "not_ready"),
    (switched_off, "not_ready"),
    (never_connected, "not_ready"),
    (till_is_closed, "pos_not_ready"),
]


@pytest.mark.parametrize(("befalls", "code"), REASONS)
def test_an_order_for_now_is_refused_whenever_it_could_not_be_sent(
    taking_orders: Connection, menu: CopperPotMenu, venue: Venue, client: Client, befalls: Any, code: str
) -> None:
    befalls(taking_orders)
    ordering = client.get(f"/api/v1/venues/{venue.slug}/menu").json()["ordering"]
    assert refused(venue) == {(code, "scheduled_for")}
    assert not ordering["ready"], "the menu says the same"


def test_an_order_for_later_is_taken(taking_orders: Connection, menu: CopperPotMenu, venue: Venue) -> None:
    access_has_ended(taking_orders)
    with time_machine.travel(NOW, tick=False):
        assert placed(venue, scheduled_for=NOW + timedelta(hours=3)).status == Order.Status.AWAITING_PAYMENT
        assert refused_soon(venue) == {("not_ready", "scheduled_for")}


def refused_soon(venue: Venue) -> set[tuple[str, str]]:
    Order.objects.all().delete()
    return refused(venue, scheduled_for=NOW + timedelta(minutes=10))


def test_the_shop_is_told_what_to_do_and_a_repeat_of_an_accepted_order_still_returns_it(
    taking_orders: Connection, menu: CopperPotMenu, venue: Venue, posted: dict[str, Any]
) -> None:
    _, key = issue_api_key(venue=venue, name="shop")
    shop = APIClient()
    shop.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")

    def post(idempotency_key: str) -> Any:
        address = f"/api/v1/venues/{venue.slug}/orders"
        return shop.post(address, posted, format="json", headers={"Idempotency-Key": idempotency_key})

    accepted = post("first")
    nobody_sends(taking_orders)
    again, new = post("first"), post("second")
    assert (accepted.status_code, again.status_code, new.status_code) == (201, 201, 400)
    assert again.json()["id"] == accepted.json()["id"]
    (error,) = new.json()["errors"]
    assert (error["code"], error["attr"]) == ("not_ready", "scheduled_for")
    assert error["detail"].endswith("Refund the payment, or choose a later time.")
    assert Order.objects.count() == 1


def test_an_order_that_is_paid_when_it_can_no_longer_be_sent_expires_and_a_repeat_of_a_payment_counts(
    taking_orders: Connection, menu: CopperPotMenu, venue: Venue
) -> None:
    order = placed(venue)
    other = placed(venue)
    pay_order(venue=venue, order_id=other.pk, reference="web-2", amount=other.total)
    nobody_sends(taking_orders)
    assert pay_order(venue=venue, order_id=other.pk, reference="web-2", amount=other.total).pk == other.pk
    with pytest.raises(NoLongerPossible) as caught:
        pay_order(venue=venue, order_id=order.pk, reference="web-1", amount=order.total)
    assert caught.value.code == "not_ready"
    assert Injection.objects.get(order=order).error_code == "expired"


def test_a_basket_says_so_before_the_guest_pays(taking_orders: Connection, menu: CopperPotMenu, venue: Venue) -> None:
    till_is_closed(taking_orders)
    (problem,) = check_basket(venue=venue, basket=request_for(), ask_pos=False).problems
    assert (problem.code, problem.detail) == (
        "pos_not_ready",
        "The till is closed. Refund the payment, or choose a later time.",
    )
