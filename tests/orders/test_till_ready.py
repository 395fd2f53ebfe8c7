"""Orders that failed because no till was ready: sent again, automatically or in one click, when the POS is READY."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from integrations.connect.readiness import apply_readiness
from integrations.models import Connection
from integrations.pos import Readiness
from orders import till_ready
from orders.alerts.advice import advice_for
from orders.models import Injection, Order
from orders.tasks import pos_ready, sweep_injections
from storekit.models import User, Venue
from tests import factories
from tests.orders.orders_in_state import events_of, order_in
from tests.orders.sending import NOW, minutes_later, queued

State = Injection.State
CAUSES = ["not_accepting", "no_devices", "not_picked_up"]
DINNER = NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _evening(clock: time_machine.Traveller, connection: Connection) -> None:
    """A connected venue at six in the evening."""


def failed_order(
    venue: Venue, *, code: str = "no_devices", order: dict[str, Any] | None = None, **columns: Any
) -> Order:
    """Create an order that the till refused a minute ago."""
    at = NOW - timedelta(minutes=1)
    values = {"refused": True, "error": "Wake an iPad.", "accepted_at": at, "failed_at": at, "failures": 1} | columns
    return order_in(State.FAILED, venue, outcomes=("accepted",), order=order, error_code=code, **values)


def till_becomes_ready(venue: Venue, at: datetime = NOW) -> str:
    Connection.objects.update(pos_ready=False)
    return apply_readiness(venue, Readiness(ready=True, updated_at=at))


def state_of(order: Order) -> tuple[str, int]:
    return Injection.objects.values_list("state", "revision").get(order=order)


@pytest.mark.parametrize("code", CAUSES)
def test_an_order_for_later_is_sent_again_as_a_new_revision(
    venue: Venue, code: str, django_capture_on_commit_callbacks: Any
) -> None:
    order = failed_order(venue, code=code, order={"scheduled_for": DINNER})
    with django_capture_on_commit_callbacks(execute=True):
        assert till_becomes_ready(venue) == "ready"
    assert ("orders.tasks.pos_ready", venue.pk) in queued()

    assert pos_ready(venue.pk) == "1 sent again"

    assert state_of(order) == (State.WAITING, 2)
    assert events_of(order) == [("sent_again", "storekit", "After: Wake an iPad.")]
    assert pos_ready(venue.pk) == "0 sent again"


def test_the_sweep_sends_what_no_task_announced(venue: Venue) -> None:
    order = failed_order(venue, order={"scheduled_for": DINNER})
    till_becomes_ready(venue)
    assert sweep_injections().endswith("1 sent again")
    assert state_of(order) == (State.WAITING, 2)


def test_a_failure_that_is_processed_after_the_till_became_ready_is_found_too(
    venue: Venue, clock: time_machine.Traveller
) -> None:
    till_becomes_ready(venue)
    minutes_later(clock, 1)
    failed_order(venue, order={"scheduled_for": DINNER}, failed_at=NOW + timedelta(minutes=1))
    assert till_ready.send_waiting_orders() == 1


@pytest.mark.parametrize(
    ("order", "columns"),
    [
        ({}, {}),
        ({"scheduled_for": NOW + timedelta(minutes=14)}, {}),
        ({"scheduled_for": DINNER}, {"code": "overpaid"}),
        ({"scheduled_for": DINNER}, {"accepted_at": NOW + timedelta(seconds=1)}),
        ({"scheduled_for": DINNER, "status": "cancelled"}, {}),
        ({"scheduled_for": DINNER, "payment_status": "unpaid"}, {}),
    ],
    ids=["now", "almost due", "another cause", "refused by a till that was ready", "cancelled", "unpaid"],
)
def test_other_orders_wait_for_staff(venue: Venue, order: dict[str, Any], columns: dict[str, Any]) -> None:
    made = failed_order(venue, order=order, **columns)
    till_becomes_ready(venue)
    assert till_ready.send_waiting_orders() == 0
    assert state_of(made) == (State.FAILED, 1)


def test_another_venues_till_sends_nothing(venue: Venue, other_venue: Venue) -> None:
    factories.ConnectionFactory(venue=other_venue)
    failed_order(venue, order={"scheduled_for": DINNER})
    till_becomes_ready(other_venue)
    assert pos_ready(other_venue.pk) == "0 sent again"


def test_a_till_that_is_not_ready_announces_nothing(venue: Venue, django_capture_on_commit_callbacks: Any) -> None:
    Connection.objects.update(pos_ready=True)
    with django_capture_on_commit_callbacks(execute=True):
        apply_readiness(venue, Readiness(ready=False, updated_at=NOW))
    assert queued() == []


# --- What staff see --------------------------------------------------------------------------------------------------


def injection_of(order: Order) -> Injection:
    return Injection.objects.select_related("order__venue__connection").get(order=order)


def test_staff_are_advised_by_when_the_order_is_wanted(venue: Venue) -> None:
    later, now = failed_order(venue, order={"scheduled_for": DINNER}), failed_order(venue)
    assert advice_for(injection=injection_of(later)).startswith("storekit sends it again as soon as the till")
    assert advice_for(injection=injection_of(now)).startswith("Then send it again from the back office")


@pytest.fixture
def staff(client: Client, anna: User) -> Client:
    client.force_login(anna)
    return client


def pages(order: Order) -> list[str]:
    return [reverse("admin:orders_order_change", args=[order.pk]), reverse("admin:index")]


def test_a_click_on_the_order_or_the_home_page_sends_it_again(staff: Client, venue: Venue) -> None:
    order = failed_order(venue)
    send_again = reverse("admin:orders_order_send_again", args=[order.pk])
    till_becomes_ready(venue)
    for page in pages(order):
        html = staff.get(page).content.decode()
        assert f'<form method="post" action="{send_again}">' in html
        assert "The till takes online orders again" in html

    staff.post(send_again)

    assert state_of(order) == (State.WAITING, 2)
    assert [action for action, _, _ in events_of(order)] == ["sent_again"]


def test_until_the_till_is_ready_nothing_is_offered_in_one_click(staff: Client, venue: Venue) -> None:
    order = failed_order(venue)
    Connection.objects.update(pos_ready=True, readiness_at=NOW - timedelta(hours=1))
    for page in pages(order):
        html = staff.get(page).content.decode()
        assert 'method="post" action="/admin/orders' not in html
        assert "The till takes online orders again" not in html
