"""Staff send a failed order again, or mark it as entered by hand. Each happens once and is recorded as an event."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ

from integrations.pos import OrderEvent, OrderUpdate
from orders.injection.pos_events import apply_order_update
from orders.injection.send import inject
from orders.models import Alert, Injection, Order
from orders.staff_actions import NotPossible, mark_entered_by_hand, send_again
from storekit.models import Venue
from tests.orders.orders_in_state import (
    UNPAID,
    Outcome,
    State,
    Status,
    events_of,
    failure_alert,
    injection_of,
    order_being_sent,
    order_in,
)
from tests.orders.sending import NOW

# --- Send again ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_order_that_failed_is_due_at_once_and_queued(clock: time_machine.Traveller, venue: Venue) -> None:
    order = order_in(
        State.FAILED, venue, outcomes=(Outcome.UNREACHABLE,), error="Nobody answered.\n503", error_code="unreachable"
    )
    OrmQ.objects.all().delete()

    send_again(order=order, by="Ben")

    injection = injection_of(order)
    assert injection in Injection.objects.due(timezone.now())
    assert (injection.state, injection.error, injection.error_code) == (State.WAITING, "", "")
    assert injection.due_since == injection.next_attempt_at
    assert events_of(order) == [("sent_again", "Ben", "After: Nobody answered.")]
    assert [task.task["args"] for task in OrmQ.objects.all()] == [(injection.pk,)]


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.DUPLICATE])
def test_an_order_that_may_have_arrived_keeps_its_reference(venue: Venue, outcome: str) -> None:
    order = order_in(State.FAILED, venue, outcomes=(outcome,))
    before = injection_of(order)

    send_again(order=order, by="Ben")

    after = injection_of(order)
    assert (after.reference, after.revision) == (before.reference, 1)


def test_an_order_that_was_definitely_refused_gets_a_new_reference(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.REJECTED,), error_code="rejected")
    before = injection_of(order)

    send_again(order=order, by="Ben")

    after = injection_of(order)
    assert after.revision == 2
    assert after.reference != before.reference


def test_an_order_whose_time_has_long_passed_can_still_be_sent(clock: time_machine.Traveller, venue: Venue) -> None:
    order = order_in(State.FAILED, venue, order={"scheduled_for": NOW - timedelta(days=1)})

    send_again(order=order, by="Ben")

    assert injection_of(order) in Injection.objects.due(NOW)


def test_an_order_that_is_paid_with_the_bill_is_sent_without_a_payment(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, order={**UNPAID, "open_account": "A7.1", "status": Status.PLACED})

    send_again(order=order, by="Ben")

    assert injection_of(order).state == State.WAITING


@pytest.mark.parametrize(
    ("state", "changes", "why"),
    [
        (State.FAILED, {"status": Status.CANCELLED}, "is cancelled"),
        (State.FAILED, {"status": Status.COMPLETED}, "is completed"),
        (State.FAILED, UNPAID, "not paid yet"),
        (State.WAITING, UNPAID, "not paid yet"),
        (State.CONFIRMED, {}, "already on the till"),
        (State.ACCEPTED, {}, "already has the order"),
        (State.SENDING, {}, "being sent right now"),
        (State.WAITING, {}, "already waiting to be sent"),
        (State.SCHEDULED, {}, "already waiting to be sent"),
    ],
)
def test_it_is_not_sent_again_when(venue: Venue, state: str, changes: dict[str, Any], why: str) -> None:
    order = order_in(state, venue, order=changes)
    before = Injection.objects.values().get()

    with pytest.raises(NotPossible, match=why):
        send_again(order=order, by="Ben")

    assert Injection.objects.values().get() == before
    assert events_of(order) == []


def test_a_stale_page_does_not_decide(venue: Venue) -> None:
    order = order_in(State.FAILED, venue)
    order.injection.get_state_display()  # what the person saw
    Injection.objects.update(state=State.CONFIRMED)

    with pytest.raises(NotPossible, match="already on the till"):
        send_again(order=order, by="Ben")


def test_unsent_alerts_about_the_failure_are_dropped(venue: Venue) -> None:
    order = order_in(State.FAILED, venue)
    pending, told = failure_alert(order), failure_alert(order, channel="till", next_attempt_at=None, sent_at=NOW)

    send_again(order=order, by="Ben")

    pending.refresh_from_db()
    told.refresh_from_db()
    assert (pending.next_attempt_at, pending.sent_at) == (None, None)
    assert "staff handled the order" in pending.error
    assert (told.sent_at, told.error) == (NOW, "")


# --- Entered by hand -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.FAILED, State.WAITING, State.SCHEDULED, State.ACCEPTED])
def test_an_order_that_was_keyed_in_is_on_the_till_and_never_sent(
    clock: time_machine.Traveller, venue: Venue, state: str
) -> None:
    order = order_in(state, venue, next_attempt_at=NOW, error="Nobody answered.", error_code="unreachable")
    pending = failure_alert(order)

    mark_entered_by_hand(order=order, by="Ben", account=" A7.1 ")

    injection, order = injection_of(order), Order.objects.get()
    assert (injection.state, injection.account, injection.confirmed_at) == (State.CONFIRMED, "A7.1", NOW)
    assert (injection.error, injection.error_code, injection.next_attempt_at) == ("", "", None)
    assert order.status == Status.CONFIRMED
    assert events_of(order) == [("entered_by_hand", "Ben", "Check A7.1")]
    assert Alert.objects.get(pk=pending.pk).next_attempt_at is None
    clock.shift(timedelta(days=30))
    assert inject(injection_id=injection.pk) == "not due"


def test_the_check_number_is_optional(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, account="A5.1")

    mark_entered_by_hand(order=order, by="Ben")

    assert injection_of(order).account == "A5.1"
    assert events_of(order) == [("entered_by_hand", "Ben", "")]


@pytest.mark.parametrize(
    ("state", "changes", "why"),
    [
        (State.CONFIRMED, {}, "already on the till"),
        (State.FAILED, {"status": Status.CANCELLED}, "is cancelled"),
        (State.FAILED, {"status": Status.COMPLETED}, "is completed"),
        (State.WAITING, UNPAID, "not paid yet"),
    ],
)
def test_it_is_not_marked_when(venue: Venue, state: str, changes: dict[str, Any], why: str) -> None:
    order = order_in(state, venue, order=changes)

    with pytest.raises(NotPossible, match=why):
        mark_entered_by_hand(order=order, by="Ben")

    assert events_of(order) == []


def test_an_order_cannot_be_marked_while_it_is_being_sent(clock: time_machine.Traveller, venue: Venue) -> None:
    order = order_being_sent(venue)
    with pytest.raises(NotPossible, match="being sent right now"):
        mark_entered_by_hand(order=order, by="Ben")

    # Its worker was killed, and no other is there to take it over.
    clock.shift(timedelta(seconds=31))
    mark_entered_by_hand(order=order, by="Ben")

    injection = injection_of(order)
    assert (injection.state, injection.lease, injection.lease_until) == (State.CONFIRMED, None, None)


@pytest.mark.parametrize("event", [OrderEvent.FAILED, OrderEvent.CONFIRMED])
def test_a_later_notification_does_not_change_a_keyed_in_order(venue: Venue, event: OrderEvent) -> None:
    order = order_in(State.ACCEPTED, venue)
    mark_entered_by_hand(order=order, by="Ben", account="A7.1")

    apply_order_update(venue, OrderUpdate(event=event, reference=injection_of(order).reference, account="A9.1"))

    injection = injection_of(order)
    assert (injection.state, injection.account) == (State.CONFIRMED, "A7.1")
