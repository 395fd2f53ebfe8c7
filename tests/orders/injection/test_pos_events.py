"""What the POS says about an order changes what it should, however often, late or out of order it says it."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from integrations.models import Connection, Notification
from integrations.pos import OrderEvent, OrderUpdate
from integrations.webhooks.ledger import receive
from orders.injection.pos_events import apply_order_update
from orders.models import Injection, Order
from orders.tasks import handle_order_notification
from storekit.models import Venue
from tests import factories
from tests.orders.sending import NOW, alerts

State, Status = Injection.State, Order.Status


@pytest.fixture
def order(venue: Venue) -> Order:
    """An order that the POS has accepted and not said anything about yet."""
    made: Order = factories.OrderFactory(venue=venue)
    Injection.objects.update(state=State.ACCEPTED, next_attempt_at=None, attempts=1)
    return made


def pos_reports(
    order: Order, event: OrderEvent, *, account: str = "A78094.48", reason: str = "", **changes: Any
) -> str:
    update = {"reference": f"{order.pk.hex}-1", "event": event, "account": account, "reason": reason} | changes
    return apply_order_update(order.venue, OrderUpdate(**update))


def now_is(order: Order) -> tuple[str, str]:
    order.refresh_from_db()
    return order.status, Injection.objects.get(order=order).state


@time_machine.travel(NOW, tick=False)
def test_a_confirmed_order_is_on_the_till_with_its_check(order: Order) -> None:
    assert pos_reports(order, OrderEvent.CONFIRMED) == "confirmed"
    injection = Injection.objects.get()
    assert now_is(order) == (Status.CONFIRMED, State.CONFIRMED)
    assert (injection.account, injection.confirmed_at, injection.accepted_at) == ("A78094.48", NOW, NOW)


def test_a_failed_order_says_why(order: Order) -> None:
    assert pos_reports(order, OrderEvent.FAILED, account="", reason="Could not add item BURGER (not found)") == "failed"
    injection = Injection.objects.get()
    assert now_is(order) == (Status.PLACED, State.FAILED)
    assert injection.error_code == "refused_by_till"
    assert "Could not add item BURGER (not found)" in injection.error


# Whatever we know, what happened at the till counts; a failure only until then.
ON_THE_TILL = {
    OrderEvent.CONFIRMED: Status.CONFIRMED,
    OrderEvent.READY: Status.READY,
    OrderEvent.OUT_FOR_DELIVERY: Status.OUT_FOR_DELIVERY,
    OrderEvent.COMPLETED: Status.COMPLETED,
    OrderEvent.CANCELLED: Status.CANCELLED,
}
KNOWN: dict[str, dict[str, Any]] = {
    State.WAITING: {"next_attempt_at": NOW},
    State.SCHEDULED: {"next_attempt_at": NOW},
    State.SENDING: {"lease_until": NOW, "lease": "c1cb5c44-5df0-4b59-a81f-8c4c7c3b4c56"},
    State.ACCEPTED: {"accepted_at": NOW},
    State.FAILED: {"error": "gave up", "error_code": "unreachable", "failures": 1},
}


@pytest.mark.parametrize("state", KNOWN)
@pytest.mark.parametrize("event", ON_THE_TILL)
def test_an_event_at_the_till_counts_in_every_state_and_ends_sending(
    order: Order, state: str, event: OrderEvent
) -> None:
    Injection.objects.update(state=state, **KNOWN[state])
    assert pos_reports(order, event) == ON_THE_TILL[event]
    injection = Injection.objects.get()
    assert now_is(order) == (ON_THE_TILL[event], State.CONFIRMED)
    assert (injection.lease, injection.lease_until, injection.next_attempt_at) == (None, None, None)
    assert (injection.error, injection.error_code, injection.account) == ("", "", "A78094.48")
    assert alerts() == []


@pytest.mark.parametrize("state", [state for state in KNOWN if state != State.FAILED])
def test_a_failure_counts_until_the_order_is_on_the_till_and_queues_alerts(order: Order, state: str) -> None:
    Injection.objects.update(state=state, **KNOWN[state])
    assert pos_reports(order, OrderEvent.FAILED, reason="no") == "failed"
    injection = Injection.objects.get()
    assert (injection.next_attempt_at, injection.lease, injection.refused) == (None, None, True)
    assert (injection.failures, injection.failed_at is not None) == (1, True)
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]


def test_a_failure_has_a_sentence_for_staff_if_one_is_known(order: Order) -> None:
    pos_reports(
        order, OrderEvent.FAILED, reason="Not processed before validity ended", code="not_picked_up", sentence="Asleep."
    )
    injection = Injection.objects.get()
    assert (injection.error_code, injection.error) == ("not_picked_up", "Asleep.\nNot processed before validity ended")


def test_a_failure_after_the_confirmation_changes_nothing(order: Order) -> None:
    pos_reports(order, OrderEvent.CONFIRMED)
    before = Injection.objects.values().get()
    assert pos_reports(order, OrderEvent.FAILED, reason="late") == "on the till already, so not failed"
    assert Injection.objects.values().get() == before


def test_a_second_failure_keeps_the_first_reason(order: Order) -> None:
    pos_reports(order, OrderEvent.FAILED, reason="first")
    assert pos_reports(order, OrderEvent.FAILED, reason="second") == "failed already"
    injection = Injection.objects.get()
    assert "first" in injection.error
    assert injection.failures == 1


def test_a_failure_of_an_order_that_was_given_up_makes_the_refusal_definite(order: Order) -> None:
    Injection.objects.update(state=State.FAILED, error="gave up", error_code="unreachable", failures=1)
    assert pos_reports(order, OrderEvent.FAILED, reason="no") == "failed already"
    injection = Injection.objects.get()
    assert (injection.refused, injection.error, injection.failures, alerts()) == (True, "gave up", 1, [])


@pytest.mark.parametrize(
    "sequence", list(itertools.permutations(["confirmed", "ready", "out_for_delivery", "completed"]))
)
def test_the_furthest_status_counts_in_every_sequence(order: Order, sequence: tuple[str, ...]) -> None:
    for event in sequence:
        pos_reports(order, OrderEvent(event))
    assert now_is(order) == (Status.COMPLETED, State.CONFIRMED)


@pytest.mark.parametrize("event", [event for event in OrderEvent if event != OrderEvent.CHECK_UPDATED])
def test_the_same_notification_twice_changes_nothing_the_second_time(order: Order, event: OrderEvent) -> None:
    pos_reports(order, event)
    before = [Injection.objects.values().get(), Order.objects.values().get()]
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        pos_reports(order, event)
    assert [Injection.objects.values().get(), Order.objects.values().get()] == before


def test_a_check_that_comes_to_be_known_later_is_noted(order: Order) -> None:
    pos_reports(order, OrderEvent.CONFIRMED, account="")
    assert pos_reports(order, OrderEvent.CONFIRMED) == "known already"
    assert Injection.objects.get().account == "A78094.48"


@pytest.mark.parametrize("changes", [{"reference": "somebody-elses-1"}, {"reference": ""}])
def test_an_unknown_reference_changes_nothing(order: Order, changes: dict[str, Any]) -> None:
    assert pos_reports(order, OrderEvent.CONFIRMED, **changes) in ("unknown reference", "not an order of ours")
    assert now_is(order) == (Status.PLACED, State.ACCEPTED)


@pytest.mark.parametrize("event", [OrderEvent.DELIVERED, OrderEvent.CHECK_UPDATED, OrderEvent.COMPLETED])
def test_any_notification_about_its_check_confirms_an_order(order: Order, event: OrderEvent) -> None:
    assert pos_reports(order, event) in (Status.CONFIRMED, Status.COMPLETED)
    assert now_is(order)[1] == State.CONFIRMED
    assert Injection.objects.get().account == "A78094.48"


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ([], Status.CONFIRMED),
        ([OrderEvent.CONFIRMED], Status.CONFIRMED),
        ([OrderEvent.DELIVERED], Status.CONFIRMED),
        ([OrderEvent.READY], Status.COMPLETED),
        ([OrderEvent.DELIVERED, OrderEvent.READY], Status.COMPLETED),
        ([OrderEvent.OUT_FOR_DELIVERY], Status.COMPLETED),
        ([OrderEvent.CANCELLED], Status.CANCELLED),
    ],
)
@pytest.mark.parametrize("reference", [{}, {"reference": ""}])
def test_delivered_completes_an_order_only_after_it_was_ready(
    order: Order, before: list[OrderEvent], status: str, reference: dict[str, str]
) -> None:
    for event in before:
        pos_reports(order, event)
    pos_reports(order, OrderEvent.DELIVERED, **(reference if before else {}))
    assert now_is(order) == (status, State.CONFIRMED)


@pytest.mark.parametrize("reference", [{}, {"reference": ""}])
def test_a_completed_order_is_not_cancelled_by_a_late_notification(order: Order, reference: dict[str, str]) -> None:
    pos_reports(order, OrderEvent.COMPLETED)
    pos_reports(order, OrderEvent.CANCELLED, **reference)
    assert now_is(order) == (Status.COMPLETED, State.CONFIRMED)


def test_another_venues_pos_cannot_change_an_order(order: Order, other_venue: Venue) -> None:
    update = OrderUpdate(event=OrderEvent.CONFIRMED, reference=f"{order.pk.hex}-1", account="A1.1")
    assert apply_order_update(other_venue, update) == "unknown reference"
    assert now_is(order) == (Status.PLACED, State.ACCEPTED)


def test_a_stored_notification_is_worked_on_by_its_task(order: Order, connection: Connection) -> None:
    body = {
        "type": "ORDER",
        "status": "SUCCESS",
        "thirdPartyReference": f"{order.pk.hex}-1",
        "ikentooAccountIdentifier": "A78094.48",
        "businessLocationId": int(connection.business_location_id),
    }
    receipt = receive(connection=connection, body=body)
    assert handle_order_notification(receipt.notification_id) == "confirmed"
    assert now_is(order) == (Status.CONFIRMED, State.CONFIRMED)
    assert Notification.objects.get().processed_at is not None


def test_an_order_cancelled_on_the_till_gives_its_discount_back_once(order: Order) -> None:
    code = factories.DiscountCodeFactory(venue=order.venue, usage_limit=3, times_used=3)
    Order.objects.update(discount_used=code, discount_code=code.code)
    pos_reports(order, OrderEvent.CONFIRMED)
    pos_reports(order, OrderEvent.CANCELLED, reference="")
    for _ in range(2):
        pos_reports(order, OrderEvent.CANCELLED)

    code.refresh_from_db()
    assert (now_is(order)[0], code.times_used) == (Status.CANCELLED, 2)
