"""A cancelled order is never sent; one that was on its way is voided on the till by a message there."""

import pytest
import requests
import responses
import time_machine

from integrations.pos import OrderEvent, OrderUpdate
from orders import staff_actions
from orders.injection.claims import LEASE
from orders.injection.failure import fail
from orders.injection.pos_events import apply_order_update
from orders.injection.send import inject
from orders.models import Alert, Injection, InjectionAttempt, Order
from tests.orders.sending import NOW, TO_GO, alerts, attempts, takes_orders, while_sending

State, Outcome = Injection.State, InjectionAttempt.Outcome
TILL_IS_TOLD = [("cancelled", "till", 1)]


def cancel() -> None:
    Order.objects.update(status=Order.Status.CANCELLED)


def said(injection: Injection, event: OrderEvent) -> str:
    update = OrderUpdate(event=event, reference=injection.reference, account="A9.9", reason="no")
    return apply_order_update(injection.order.venue, update)


@pytest.mark.parametrize("state", [State.WAITING, State.SCHEDULED])
def test_a_cancelled_order_is_never_sent(waiting: Injection, pos: responses.RequestsMock, state: str) -> None:
    Injection.objects.update(state=state)
    cancel()
    assert inject(injection_id=waiting.pk) == "not due"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code, waiting.next_attempt_at) == (State.FAILED, "cancelled", None)
    assert (waiting.failures, alerts(), attempts(waiting), len(pos.calls)) == (0, [], [], 0)


def test_an_order_cancelled_while_being_sent_and_accepted(waiting: Injection, pos: responses.RequestsMock) -> None:
    while_sending(pos, cancel)
    assert inject(injection_id=waiting.pk) == "accepted"
    assert alerts() == TILL_IS_TOLD
    assert said(waiting, OrderEvent.CONFIRMED) == "known already"
    assert Order.objects.get().status == Order.Status.CANCELLED
    assert alerts() == TILL_IS_TOLD, "once"


def test_an_order_cancelled_while_being_sent_and_refused(waiting: Injection, pos: responses.RequestsMock) -> None:
    while_sending(pos, cancel, 400)
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    assert waiting.error_code == "cancelled"
    assert alerts() == [], "nobody has it, and nobody wants it"


def test_an_order_cancelled_while_being_sent_with_unknown_outcome(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    while_sending(pos, cancel, 503)
    assert inject(injection_id=waiting.pk) == "failed"
    assert alerts() == TILL_IS_TOLD


def test_cancelled_after_an_attempt_that_may_have_arrived(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, body=requests.ReadTimeout("no answer"))
    inject(injection_id=waiting.pk)
    cancel()
    clock.shift(LEASE)
    assert inject(injection_id=waiting.pk) == "not due"
    assert len(pos.calls) == 1
    assert alerts() == TILL_IS_TOLD


def test_cancelled_after_the_process_that_sent_it_died(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    Injection.objects.update(state=State.SENDING, next_attempt_at=None, lease_until=waiting.next_attempt_at)
    InjectionAttempt.objects.create(
        injection=waiting, number=1, reference=waiting.reference, lease=waiting.order_id, outcome=Outcome.UNKNOWN
    )
    cancel()
    assert inject(injection_id=waiting.pk) == "not due"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.lease_until) == (State.FAILED, None)
    assert alerts() == TILL_IS_TOLD


def test_cancelled_when_the_pos_had_accepted_it(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    cancel()
    said(waiting, OrderEvent.CONFIRMED)
    assert alerts() == TILL_IS_TOLD


@pytest.mark.parametrize("event", [OrderEvent.CANCELLED, OrderEvent.COMPLETED])
def test_a_closed_check_needs_no_message(waiting: Injection, pos: responses.RequestsMock, event: OrderEvent) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    cancel()
    said(waiting, event)
    assert alerts() == []
    assert Order.objects.get().status == Order.Status.CANCELLED


def test_a_failure_of_a_cancelled_order_queues_no_alert(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    cancel()
    assert said(waiting, OrderEvent.FAILED) == "cancelled already"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.refused, alerts()) == (State.FAILED, True, [])


def test_a_cancelled_order_is_not_corrected(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    cancel()
    update = OrderUpdate(event=OrderEvent.FAILED, reference=waiting.reference, account="", code="customer_conflict")
    apply_order_update(waiting.order.venue, update)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.revision) == (State.FAILED, 1)


def test_an_order_cancelled_on_the_till_queues_no_alert(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    said(waiting, OrderEvent.CONFIRMED)
    assert said(waiting, OrderEvent.CANCELLED) == "cancelled"
    assert said(waiting, OrderEvent.CONFIRMED) == "known already"
    assert alerts() == []


def test_a_failed_and_cancelled_order_that_arrives_later_is_not_to_be_made(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    given_up = Injection.objects.get()
    fail(injection=given_up, code="never_confirmed", error="Look on the till.")
    Alert.objects.update(sent_at=NOW, next_attempt_at=None)
    staff_actions.cancel(order=Order.objects.get(), by="Ben")
    Alert.objects.filter(about="cancelled").update(sent_at=NOW, next_attempt_at=None)
    said(waiting, OrderEvent.CONFIRMED)
    assert [about for about, *_ in alerts()] == ["cancelled", "failed", "failed"], "and not that it is to be made once"
