"""Orders that were sent under several references, keyed in by hand, or share a check: what the POS says of each."""

from typing import Any

import pytest

from integrations.models import Connection
from integrations.pos import OrderEvent, OrderUpdate
from orders.injection.pos_events import apply_order_update
from orders.injection.references import restart_sending, start_new_revision
from orders.models import Injection, InjectionAttempt, Order, StaffAction
from storekit.models import Venue
from tests import factories
from tests.orders.sending import alerts

State, Status, Outcome = Injection.State, Order.Status, InjectionAttempt.Outcome
TOLD_OF_DOUBLE = [("double", "email", 1), ("double", "till", 1)]


@pytest.fixture
def order(venue: Venue) -> Order:
    """Refused under its first reference, and sent under its second."""
    made: Order = factories.OrderFactory(venue=venue)
    injection = made.injection
    attempt(injection, Outcome.REJECTED)
    start_new_revision(injection=injection)
    restart_sending(injection=injection)
    attempt(injection, Outcome.ACCEPTED)
    Injection.objects.update(state=State.ACCEPTED, next_attempt_at=None, attempts=2)
    return made


def attempt(injection: Injection, outcome: str) -> None:
    InjectionAttempt.objects.create(
        injection=injection,
        number=injection.attempt_rows.count() + 1,
        reference=injection.reference,
        lease=injection.order_id,
        outcome=outcome,
    )


def pos_reports(order: Order, event: OrderEvent, revision: int, *, account: str = "A1.1", **changes: Any) -> str:
    update = {"reference": f"{order.pk.hex}-{revision}", "event": event, "account": account, "reason": "no"} | changes
    return apply_order_update(order.venue, OrderUpdate(**update))


def now_is(order: Order) -> tuple[str, str, str]:
    order.refresh_from_db()
    injection = Injection.objects.get(order=order)
    return order.status, injection.state, injection.reference[-2:]


# --- Earlier revisions -----------------------------------------------------------------------------------------------


def test_a_failure_of_an_earlier_revision_fails_nothing(order: Order) -> None:
    assert pos_reports(order, OrderEvent.FAILED, 1) == "of an earlier revision, so nothing to change"
    assert now_is(order) == (Status.PLACED, State.ACCEPTED, "-2")
    assert not Injection.objects.get().refused


@pytest.mark.parametrize("revision", [0, 3, 99])
def test_a_revision_that_never_existed_is_unknown(order: Order, revision: int) -> None:
    assert pos_reports(order, OrderEvent.CONFIRMED, revision) == "unknown reference"


@pytest.mark.parametrize(
    "reference", ["", "x", "somebody-elses-1", "-1", "0" * 32, "0" * 32 + "-1", "z" * 32 + "-1", "0" * 32 + "-²"]
)
def test_another_integrations_reference_is_unknown(order: Order, reference: str) -> None:
    word = pos_reports(order, OrderEvent.CONFIRMED, 1, reference=reference)
    assert word in ("unknown reference", "not an order of ours")


def test_an_earlier_revision_that_arrives_after_all_may_be_a_duplicate(order: Order) -> None:
    assert pos_reports(order, OrderEvent.CONFIRMED, 1) == "confirmed"
    assert now_is(order) == (Status.CONFIRMED, State.CONFIRMED, "-1")
    assert alerts() == TOLD_OF_DOUBLE
    assert pos_reports(order, OrderEvent.CONFIRMED, 2, account="A2.2") == "perhaps twice on the till"
    assert alerts() == TOLD_OF_DOUBLE, "once"
    assert Injection.objects.get().account == "A1.1"


def test_it_is_no_duplicate_if_the_later_revision_was_refused_too(order: Order) -> None:
    pos_reports(order, OrderEvent.FAILED, 2)
    assert pos_reports(order, OrderEvent.CONFIRMED, 1) == "confirmed"
    assert now_is(order) == (Status.CONFIRMED, State.CONFIRMED, "-1")
    assert not any(about == "double" for about, *_ in alerts())


def test_it_is_no_duplicate_if_the_later_revision_was_never_sent(order: Order) -> None:
    InjectionAttempt.objects.filter(number=2).delete()
    Injection.objects.update(state=State.WAITING)
    assert pos_reports(order, OrderEvent.CONFIRMED, 1) == "confirmed"
    injection = Injection.objects.get()
    assert (injection.state, injection.next_attempt_at, alerts()) == (State.CONFIRMED, None, [])


@pytest.mark.parametrize("event", [OrderEvent.CONFIRMED, OrderEvent.READY, OrderEvent.COMPLETED])
def test_a_second_copy_queues_an_alert_and_changes_nothing_else(order: Order, event: OrderEvent) -> None:
    pos_reports(order, OrderEvent.CONFIRMED, 2)
    assert pos_reports(order, event, 1, account="A2.2") == "perhaps twice on the till"
    assert now_is(order) == (Status.CONFIRMED, State.CONFIRMED, "-2")
    assert alerts() == TOLD_OF_DOUBLE


def test_cancelling_a_second_copy_on_the_till_does_not_cancel_the_order(order: Order) -> None:
    pos_reports(order, OrderEvent.CONFIRMED, 2)
    assert pos_reports(order, OrderEvent.CANCELLED, 1, account="A2.2") == "another copy was cancelled"
    assert now_is(order) == (Status.CONFIRMED, State.CONFIRMED, "-2")


def test_events_of_the_copy_that_counts_are_applied(order: Order) -> None:
    pos_reports(order, OrderEvent.CONFIRMED, 1)
    assert pos_reports(order, OrderEvent.READY, 1) == "ready"
    assert pos_reports(order, OrderEvent.CANCELLED, 2) == "another copy was cancelled"
    assert now_is(order) == (Status.READY, State.CONFIRMED, "-1")


def test_the_next_revision_has_a_reference_that_was_never_used(order: Order) -> None:
    pos_reports(order, OrderEvent.CONFIRMED, 1)
    injection = Injection.objects.get()
    start_new_revision(injection=injection)
    assert injection.reference.endswith("-3")


# --- Entered by hand -------------------------------------------------------------------------------------------------


@pytest.fixture
def by_hand(order: Order) -> Order:
    """Keyed in after it was reported."""
    Injection.objects.update(state=State.CONFIRMED, account="A5.5")
    Order.objects.update(status=Status.CONFIRMED)
    StaffAction.objects.create(order=order, action=StaffAction.Action.ENTERED_BY_HAND, by="Anna")
    return order


@pytest.mark.parametrize("event", [OrderEvent.CONFIRMED, OrderEvent.READY, OrderEvent.COMPLETED])
def test_an_order_that_was_keyed_in_and_then_arrives_is_a_duplicate(by_hand: Order, event: OrderEvent) -> None:
    assert pos_reports(by_hand, event, 2) == "perhaps twice on the till"
    assert now_is(by_hand) == (Status.CONFIRMED, State.CONFIRMED, "-2")
    assert alerts() == TOLD_OF_DOUBLE


def test_voiding_the_second_copy_does_not_cancel_the_keyed_in_order(by_hand: Order) -> None:
    pos_reports(by_hand, OrderEvent.CONFIRMED, 2)
    assert pos_reports(by_hand, OrderEvent.CANCELLED, 2) == "another copy was cancelled"
    assert now_is(by_hand) == (Status.CONFIRMED, State.CONFIRMED, "-2")


def test_a_failure_of_a_keyed_in_order_queues_no_alert(by_hand: Order) -> None:
    assert pos_reports(by_hand, OrderEvent.FAILED, 2) == "entered by hand already"
    assert now_is(by_hand) == (Status.CONFIRMED, State.CONFIRMED, "-2")
    assert alerts() == []


def test_events_of_the_keyed_in_check_are_applied(by_hand: Order) -> None:
    assert pos_reports(by_hand, OrderEvent.COMPLETED, 1, reference="", account="A5.5") == "completed"
    assert now_is(by_hand)[0] == Status.COMPLETED


# --- By the check ----------------------------------------------------------------------------------------------------


@pytest.fixture
def sharing(venue: Venue) -> list[Order]:
    """Two orders that were added to one check."""
    orders = [factories.OrderFactory(venue=venue, status=Status.CONFIRMED) for _ in range(2)]
    Injection.objects.update(state=State.CONFIRMED, account="A7.7")
    return orders


def statuses() -> set[str]:
    return set(Order.objects.values_list("status", flat=True))


@pytest.mark.parametrize(
    ("event", "status"), [(OrderEvent.COMPLETED, "completed"), (OrderEvent.CANCELLED, "cancelled"), ("ready", "ready")]
)
def test_all_orders_on_a_check_follow_it(sharing: list[Order], event: str, status: str) -> None:
    assert pos_reports(sharing[0], OrderEvent(event), 1, reference="", account="A7.7") == status
    assert statuses() == {status}


def test_a_check_that_is_closed_by_one_order_is_closed_for_all(sharing: list[Order]) -> None:
    assert pos_reports(sharing[0], OrderEvent.COMPLETED, 1, account="A7.7") == "completed"
    assert statuses() == {Status.COMPLETED}


def test_cancelling_one_order_on_a_check_leaves_the_others(sharing: list[Order]) -> None:
    pos_reports(sharing[0], OrderEvent.CANCELLED, 1, account="A7.7")
    assert statuses() == {Status.CANCELLED, Status.CONFIRMED}


@pytest.mark.parametrize(
    ("event", "account"),
    [
        (OrderEvent.COMPLETED, "A8.8"),
        (OrderEvent.COMPLETED, ""),
        (OrderEvent.CONFIRMED, "A7.7"),
        (OrderEvent.FAILED, "A7.7"),
    ],
)
def test_an_update_about_an_unknown_check_changes_no_order(
    sharing: list[Order], event: OrderEvent, account: str
) -> None:
    assert pos_reports(sharing[0], event, 1, reference="", account=account) == "not an order of ours"
    assert statuses() == {Status.CONFIRMED}


def test_a_changed_check_changes_no_order_on_it(sharing: list[Order]) -> None:
    assert pos_reports(sharing[0], OrderEvent.CHECK_UPDATED, 1, account="A7.7") == "known already"
    assert statuses() == {Status.CONFIRMED}


def test_another_venues_check_of_the_same_number_moves_nothing(sharing: list[Order], other_venue: Venue) -> None:
    update = OrderUpdate(event=OrderEvent.COMPLETED, reference="", account="A7.7")
    assert apply_order_update(other_venue, update) == "not an order of ours"


def test_the_check_of_an_unconfirmed_order_is_ignored(sharing: list[Order]) -> None:
    Injection.objects.update(state=State.FAILED)
    assert pos_reports(sharing[0], OrderEvent.COMPLETED, 1, reference="", account="A7.7") == "not an order of ours"


def test_an_order_on_an_open_bill_is_on_that_check(venue: Venue, connection: Connection) -> None:
    order = factories.OrderFactory(venue=venue, open_account="A9.9")
    Injection.objects.update(state=State.ACCEPTED)
    pos_reports(order, OrderEvent.CONFIRMED, 1, account="")
    assert Injection.objects.get().account == "A9.9"
