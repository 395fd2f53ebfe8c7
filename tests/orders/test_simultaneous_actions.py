"""Staff, the POS and the guest act on one order at the same moment: the result is consistent."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections, transaction

from integrations.pos import OrderEvent, OrderUpdate
from orders.injection.pos_events import apply_order_update
from orders.models import Alert, Order
from orders.payments import OrderCancelled, pay_order
from orders.staff_actions import NotPossible, cancel, mark_entered_by_hand, send_again
from storekit.models import Venue
from tests.orders.orders_in_state import (
    UNPAID,
    Outcome,
    State,
    Status,
    events_of,
    injection_of,
    order_in,
    put_on_the_menu,
)


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """Runs the verbs in threads that begin together; returns what each returned or raised."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        start.wait(timeout=20)
        try:
            return verb()
        except NotPossible as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(verbs)) as workers:
        return [made.result(timeout=30) for made in [workers.submit(run, verb) for verb in verbs]]


VERBS: dict[str, Callable[..., Any]] = {"send": send_again, "mark": mark_entered_by_hand, "cancel": cancel}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", list(VERBS))
def test_when_several_people_press_one_button_one_succeeds(venue: Venue, verb: str) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.REJECTED,), error_code="rejected")

    results = at_once(*(lambda: VERBS[verb](order=order, by="Ben"),) * 4)

    assert sum(isinstance(result, NotPossible) for result in results) == 3
    assert len(events_of(order)) == 1
    assert injection_of(order).revision == (2 if verb == "send" else 1)


@pytest.mark.django_db(transaction=True)
def test_when_people_press_different_buttons_the_events_match_the_result(
    venue: Venue,
) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.UNREACHABLE,))

    at_once(*(lambda verb=verb: verb(order=order, by="Ben") for verb in VERBS.values()))

    done = [action for action, _, _ in events_of(order)]
    injection, order = injection_of(order), Order.objects.get()
    assert done[-1] == "cancelled"
    assert order.status == Status.CANCELLED
    if "entered_by_hand" in done:
        assert (injection.state, Alert.objects.filter(about="cancelled").count()) == (State.CONFIRMED, 1)
    else:
        assert (injection.state, injection.error_code) == (State.FAILED, "cancelled")
    assert injection.next_attempt_at is None


def confirmed_by_the_pos(order: Order) -> Callable[[], str]:
    update = OrderUpdate(event=OrderEvent.CONFIRMED, reference=injection_of(order).reference, account="A9.1")
    return lambda: apply_order_update(order.venue, update)


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_that_comes_while_it_is_sent_again_wins(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.UNKNOWN,))

    at_once(lambda: send_again(order=order, by="Ben"), confirmed_by_the_pos(order))

    injection = injection_of(order)
    assert (injection.state, injection.account, injection.next_attempt_at) == (State.CONFIRMED, "A9.1", None)
    assert Order.objects.get().status == Status.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_while_the_order_is_marked_is_refused_or_reported_as_a_duplicate(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.UNKNOWN,))

    marked, _ = at_once(lambda: mark_entered_by_hand(order=order, by="Ben"), confirmed_by_the_pos(order))

    injection = injection_of(order)
    assert (injection.state, injection.next_attempt_at) == (State.CONFIRMED, None)
    assert Order.objects.get().status == Status.CONFIRMED
    if isinstance(marked, NotPossible):
        assert injection.account == "A9.1"
    else:
        assert Alert.objects.filter(about="double").exists()


@pytest.mark.django_db(transaction=True)
def test_an_order_confirmed_while_being_cancelled_stays_cancelled_and_the_till_is_alerted(venue: Venue) -> None:
    order = order_in(State.ACCEPTED, venue, outcomes=(Outcome.ACCEPTED,))
    update = OrderUpdate(event=OrderEvent.CONFIRMED, reference=injection_of(order).reference, account="A9.1")

    at_once(lambda: cancel(order=order, by="Ben"), lambda: apply_order_update(venue, update))

    assert Order.objects.get().status == Status.CANCELLED
    assert injection_of(order).state == State.CONFIRMED
    assert Alert.objects.filter(about="cancelled", channel="till").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_payment_at_the_same_moment_is_refused_or_to_be_refunded(venue: Venue) -> None:
    order = order_in(State.WAITING, venue, order=UNPAID)
    put_on_the_menu(order)

    def pay() -> str:
        try:
            pay_order(venue=venue, order_id=order.pk, reference="web-1", amount=order.total)
        except OrderCancelled:
            return "refused"
        return "paid"

    outcome, payment = at_once(lambda: cancel(order=order, by="Ben"), pay)

    assert outcome.to_refund == (order.total if payment == "paid" else 0)
    assert Order.objects.get().status == Status.CANCELLED
    assert injection_of(order).next_attempt_at is None


def wait_until_somebody_waits() -> None:
    """For a lock that we hold. SQLite has one for everything, on which the other begins to wait in its own time."""
    if database.vendor != "postgresql":
        return
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    with database.cursor() as cursor:
        for _ in range(20_000):
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
    pytest.fail("Nobody waited.")


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_waited_for_the_cancellation_is_refused(venue: Venue) -> None:
    order = order_in(State.WAITING, venue, order=UNPAID)

    def pay() -> str:
        try:
            pay_order(venue=venue, order_id=order.pk, reference="web-1", amount=order.total)
        except OrderCancelled:
            return "refused"
        finally:
            connections.close_all()
        return "paid"

    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        with transaction.atomic():
            cancel(order=order, by="Ben")
            payment = elsewhere.submit(pay)
            wait_until_somebody_waits()
        assert payment.result(timeout=30) == "refused"

    assert Order.objects.get().status == Status.CANCELLED
