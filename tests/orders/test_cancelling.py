"""Staff cancel an order: it is not sent any more, and the till is alerted if the order may be there."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from orders.injection.send import inject
from orders.models import Alert, DiscountCode, Order, StaffAction
from orders.payments import OrderCancelled, pay_order
from orders.staff_actions import Cancellation, NotPossible, cancel
from storekit.models import Venue
from tests import factories
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


@pytest.mark.parametrize("state", [State.WAITING, State.SCHEDULED, State.FAILED])
def test_an_order_that_is_not_on_the_till_is_cancelled_and_never_sent(
    clock: time_machine.Traveller, venue: Venue, state: str
) -> None:
    order = order_in(state, venue, next_attempt_at=NOW)
    pending = failure_alert(order)

    outcome = cancel(order=order, by="Ben", reason=" Sold out ")

    injection = injection_of(order)
    assert Order.objects.get().status == Status.CANCELLED
    assert (injection.state, injection.error_code, injection.next_attempt_at) == (State.FAILED, "cancelled", None)
    assert outcome == Cancellation(till_is_notified=False, being_sent=False, to_refund=Decimal("10.00"))
    assert events_of(order) == [("cancelled", "Ben", "Sold out")]
    assert list(Alert.objects.values_list("pk", "next_attempt_at")) == [(pending.pk, None)]
    clock.shift(timedelta(days=30))
    assert inject(injection_id=injection.pk) == "not due"


@pytest.mark.parametrize("state", [State.ACCEPTED, State.CONFIRMED])
def test_the_till_is_alerted_if_the_order_is_there(venue: Venue, state: str) -> None:
    order = order_in(state, venue, account="A7.1")

    outcome = cancel(order=order, by="Ben")

    assert outcome.till_is_notified
    assert injection_of(order).state == state
    alert = Alert.objects.get()
    assert (alert.channel, alert.about, alert.occurrence) == ("till", "cancelled", 1)
    assert alert.next_attempt_at is not None
    assert alert.next_attempt_at <= timezone.now()


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ((Outcome.UNKNOWN,), True),
        ((Outcome.UNREACHABLE, Outcome.THROTTLED), True),
        ((Outcome.ACCEPTED,), True),
        ((Outcome.DUPLICATE,), True),
        ((Outcome.BAD_ANSWER,), True),
        ((Outcome.ERROR,), True),
        ((Outcome.REJECTED,), False),
        ((Outcome.THROTTLED, Outcome.UNAUTHORISED), False),
        ((), False),
    ],
)
def test_the_till_is_alerted_if_the_order_may_be_there(venue: Venue, outcomes: tuple[str, ...], told: bool) -> None:
    order = order_in(State.FAILED, venue, outcomes=outcomes)

    assert cancel(order=order, by="Ben").till_is_notified is told
    assert Alert.objects.count() == told


def test_attempts_under_a_reference_that_was_refused_do_not_count(venue: Venue) -> None:
    order = order_in(State.WAITING, venue, outcomes=(Outcome.UNREACHABLE, Outcome.REJECTED), reference="new-2")

    assert not cancel(order=order, by="Ben").till_is_notified


def test_an_order_cancelled_while_being_sent_is_left_to_its_worker(clock: time_machine.Traveller, venue: Venue) -> None:
    order = order_being_sent(venue)
    before = injection_of(order)

    outcome = cancel(order=order, by="Ben")

    after = injection_of(order)
    assert (outcome.being_sent, outcome.till_is_notified) == (True, False)
    assert (after.state, after.lease) == (State.SENDING, before.lease)
    assert Order.objects.get().status == Status.CANCELLED
    assert Alert.objects.count() == 0


def test_an_order_whose_worker_was_killed_may_be_on_the_till(clock: time_machine.Traveller, venue: Venue) -> None:
    order = order_being_sent(venue, lease_until=NOW)

    outcome = cancel(order=order, by="Ben")

    assert (outcome.being_sent, outcome.till_is_notified) == (False, True)
    assert (injection_of(order).state, injection_of(order).lease) == (State.FAILED, None)


def test_the_till_is_alerted_to_a_cancellation_once(venue: Venue) -> None:
    order = order_in(State.CONFIRMED, venue)
    failure_alert(order, channel="till", about="cancelled", next_attempt_at=None, sent_at=NOW)

    cancel(order=order, by="Ben")

    assert Alert.objects.get().sent_at == NOW


def test_an_unpaid_order_is_cancelled_and_cannot_be_paid_any_more(venue: Venue) -> None:
    order = order_in(State.WAITING, venue, order={**UNPAID, "payment_amount": 10})

    assert cancel(order=order, by="Ben").to_refund == 0
    with pytest.raises(OrderCancelled):
        pay_order(venue=venue, order_id=order.pk, reference="web-1", amount=order.total)


def test_a_cancelled_orders_discount_can_be_used_again(venue: Venue) -> None:
    code = factories.DiscountCodeFactory(venue=venue, usage_limit=1, times_used=1)
    order = order_in(State.FAILED, venue, order={"discount_used": code, "discount_code": code.code})

    cancel(order=order, by="Ben")

    assert DiscountCode.objects.get().times_used == 0


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.COMPLETED])
def test_an_order_that_is_closed_is_not_cancelled(venue: Venue, status: str) -> None:
    order = order_in(State.CONFIRMED, venue, order={"status": status})

    with pytest.raises(NotPossible, match=f"is {status}"):
        cancel(order=order, by="Ben")

    assert events_of(order) == []
    assert Alert.objects.count() == 0


def test_a_long_reason_is_truncated(venue: Venue) -> None:
    order = order_in(State.FAILED, venue)

    cancel(order=order, by="B" * 300, reason="r" * 600)

    line = StaffAction.objects.get()
    assert (len(line.by), len(line.note)) == (200, 500)
