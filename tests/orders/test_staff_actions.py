"""What people do about an order: send it again, mark it as entered by hand, cancel it. Each once, with its line."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection as database
from django.db import connections, transaction
from django.utils import timezone
from django_q.models import OrmQ

from integrations.pos import OrderEvent as PosEvent
from integrations.pos import OrderUpdate
from orders.injection.pos_events import apply_order_update
from orders.injection.send import inject
from orders.models import Alert, DiscountCode, Injection, InjectionAttempt, Order, OrderEvent
from orders.payments import OrderCancelled, pay_order
from orders.staff_actions import Cancellation, NotPossible, cancel, mark_entered_by_hand, send_again
from storekit.models import Venue
from tests import factories

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
State, Outcome, Status = Injection.State, InjectionAttempt.Outcome, Order.Status

UNPAID = {"payment_status": "unpaid", "payment_amount": 0, "status": Status.AWAITING_PAYMENT}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


def order_in(state: str, venue: Venue, *, outcomes: tuple[str, ...] = (), order: Any = None, **columns: Any) -> Order:
    """An order whose injection is in `state`, after attempts that ended so; `columns` are the injection's."""
    made: Order = factories.OrderFactory(venue=venue, **(order or {}))
    injection = made.injection
    for number, outcome in enumerate(outcomes, start=1):
        InjectionAttempt.objects.create(
            injection=injection, number=number, reference=injection.reference, lease=uuid4(), outcome=outcome
        )
    columns = {"next_attempt_at": None, "attempts": len(outcomes), **columns}
    Injection.objects.filter(pk=injection.pk).update(state=state, **columns)
    return Order.objects.get(pk=made.pk)


def sending(venue: Venue, *, lease_until: datetime = NOW + timedelta(seconds=30)) -> Order:
    return order_in(State.SENDING, venue, outcomes=(Outcome.UNKNOWN,), lease=uuid4(), lease_until=lease_until)


def injection_of(order: Order) -> Injection:
    return Injection.objects.get(order=order)


def lines(order: Order) -> list[tuple[str, str, str]]:
    return list(order.events.values_list("action", "by", "note"))


def failure_alert(order: Order, **columns: Any) -> Alert:
    values: dict[str, Any] = {"channel": "email", "about": "failed", "next_attempt_at": NOW, **columns}
    return Alert.objects.create(order=order, **values)


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
    assert lines(order) == [("sent_again", "Ben", "After: Nobody answered.")]
    assert [task.task["args"] for task in OrmQ.objects.all()] == [(injection.pk,)]


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.DUPLICATE])
def test_what_the_pos_may_have_goes_out_under_its_old_reference(venue: Venue, outcome: str) -> None:
    order = order_in(State.FAILED, venue, outcomes=(outcome,))
    before = injection_of(order)

    send_again(order=order, by="Ben")

    after = injection_of(order)
    assert (after.reference, after.revision) == (before.reference, 1)


def test_what_the_pos_certainly_refused_goes_out_under_a_new_reference(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.REJECTED,), error_code="rejected")
    before = injection_of(order)

    send_again(order=order, by="Ben")

    after = injection_of(order)
    assert after.revision == 2
    assert after.reference != before.reference


def test_an_order_whose_time_is_long_over_is_sent_all_the_same(clock: time_machine.Traveller, venue: Venue) -> None:
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
    assert lines(order) == []


def test_a_page_that_was_left_open_does_not_decide(venue: Venue) -> None:
    order = order_in(State.FAILED, venue)
    order.injection.get_state_display()  # what the person saw
    Injection.objects.update(state=State.CONFIRMED)

    with pytest.raises(NotPossible, match="already on the till"):
        send_again(order=order, by="Ben")


def test_what_was_not_told_of_the_failure_yet_is_not_told_any_more(venue: Venue) -> None:
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
    assert lines(order) == [("entered_by_hand", "Ben", "Check A7.1")]
    assert Alert.objects.get(pk=pending.pk).next_attempt_at is None
    clock.shift(timedelta(days=30))
    assert inject(injection_id=injection.pk) == "not due"


def test_the_checks_number_may_be_left_out(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, account="A5.1")

    mark_entered_by_hand(order=order, by="Ben")

    assert injection_of(order).account == "A5.1"
    assert lines(order) == [("entered_by_hand", "Ben", "")]


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

    assert lines(order) == []


def test_an_order_that_is_being_sent_is_not_marked_until_that_is_over(
    clock: time_machine.Traveller, venue: Venue
) -> None:
    order = sending(venue)
    with pytest.raises(NotPossible, match="being sent right now"):
        mark_entered_by_hand(order=order, by="Ben")

    # Its worker was killed, and no other is there to take it over.
    clock.shift(timedelta(seconds=31))
    mark_entered_by_hand(order=order, by="Ben")

    injection = injection_of(order)
    assert (injection.state, injection.lease, injection.lease_until) == (State.CONFIRMED, None, None)


@pytest.mark.parametrize("event", [PosEvent.FAILED, PosEvent.CONFIRMED])
def test_what_the_pos_says_afterwards_does_not_take_it_off_the_till(venue: Venue, event: PosEvent) -> None:
    order = order_in(State.ACCEPTED, venue)
    mark_entered_by_hand(order=order, by="Ben", account="A7.1")

    apply_order_update(venue, OrderUpdate(event=event, reference=injection_of(order).reference, account="A9.1"))

    injection = injection_of(order)
    assert (injection.state, injection.account) == (State.CONFIRMED, "A7.1")


# --- Cancel ----------------------------------------------------------------------------------------------------------


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
    assert lines(order) == [("cancelled", "Ben", "Sold out")]
    assert list(Alert.objects.values_list("pk", "next_attempt_at")) == [(pending.pk, None)]
    clock.shift(timedelta(days=30))
    assert inject(injection_id=injection.pk) == "not due"


@pytest.mark.parametrize("state", [State.ACCEPTED, State.CONFIRMED])
def test_the_till_is_told_when_the_order_is_there(venue: Venue, state: str) -> None:
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
def test_the_till_is_told_when_nobody_knows_whether_the_order_is_there(
    venue: Venue, outcomes: tuple[str, ...], told: bool
) -> None:
    order = order_in(State.FAILED, venue, outcomes=outcomes)

    assert cancel(order=order, by="Ben").till_is_notified is told
    assert Alert.objects.count() == told


def test_attempts_under_a_reference_that_was_refused_do_not_count(venue: Venue) -> None:
    order = order_in(State.WAITING, venue, outcomes=(Outcome.UNREACHABLE, Outcome.REJECTED), reference="new-2")

    assert not cancel(order=order, by="Ben").till_is_notified


def test_an_order_that_is_being_sent_is_cancelled_and_left_to_whoever_sends_it(
    clock: time_machine.Traveller, venue: Venue
) -> None:
    order = sending(venue)
    before = injection_of(order)

    outcome = cancel(order=order, by="Ben")

    after = injection_of(order)
    assert (outcome.being_sent, outcome.till_is_notified) == (True, False)
    assert (after.state, after.lease) == (State.SENDING, before.lease)
    assert Order.objects.get().status == Status.CANCELLED
    assert Alert.objects.count() == 0


def test_an_order_whose_worker_was_killed_may_be_on_the_till(clock: time_machine.Traveller, venue: Venue) -> None:
    order = sending(venue, lease_until=NOW)

    outcome = cancel(order=order, by="Ben")

    assert (outcome.being_sent, outcome.till_is_notified) == (False, True)
    assert (injection_of(order).state, injection_of(order).lease) == (State.FAILED, None)


def test_a_message_that_another_row_stands_for_already_is_not_doubled(venue: Venue) -> None:
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

    assert lines(order) == []
    assert Alert.objects.count() == 0


def test_a_long_reason_is_kept_as_far_as_there_is_room(venue: Venue) -> None:
    order = order_in(State.FAILED, venue)

    cancel(order=order, by="B" * 300, reason="r" * 600)

    line = OrderEvent.objects.get()
    assert (len(line.by), len(line.note)) == (200, 500)


# --- At the same moment ----------------------------------------------------------------------------------------------


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
def test_of_people_who_press_one_button_at_once_one_does_it(venue: Venue, verb: str) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.REJECTED,), error_code="rejected")

    results = at_once(*(lambda: VERBS[verb](order=order, by="Ben"),) * 4)

    assert sum(isinstance(result, NotPossible) for result in results) == 3
    assert len(lines(order)) == 1
    assert injection_of(order).revision == (2 if verb == "send" else 1)


@pytest.mark.django_db(transaction=True)
def test_of_people_who_press_different_buttons_at_once_what_stands_at_the_end_is_what_the_lines_say(
    venue: Venue,
) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.UNREACHABLE,))

    at_once(*(lambda verb=verb: verb(order=order, by="Ben") for verb in VERBS.values()))

    done = [action for action, _, _ in lines(order)]
    injection, order = injection_of(order), Order.objects.get()
    assert done[-1] == "cancelled"
    assert order.status == Status.CANCELLED
    if "entered_by_hand" in done:
        assert (injection.state, Alert.objects.filter(about="cancelled").count()) == (State.CONFIRMED, 1)
    else:
        assert (injection.state, injection.error_code) == (State.FAILED, "cancelled")
    assert injection.next_attempt_at is None


def confirmed_by_the_pos(order: Order) -> Callable[[], str]:
    update = OrderUpdate(event=PosEvent.CONFIRMED, reference=injection_of(order).reference, account="A9.1")
    return lambda: apply_order_update(order.venue, update)


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_that_comes_while_it_is_sent_again_wins(venue: Venue) -> None:
    order = order_in(State.FAILED, venue, outcomes=(Outcome.UNKNOWN,))

    at_once(lambda: send_again(order=order, by="Ben"), confirmed_by_the_pos(order))

    injection = injection_of(order)
    assert (injection.state, injection.account, injection.next_attempt_at) == (State.CONFIRMED, "A9.1", None)
    assert Order.objects.get().status == Status.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_of_a_confirmation_that_comes_while_it_is_marked_the_person_is_told_one_way_or_the_other(venue: Venue) -> None:
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
def test_an_order_that_is_confirmed_while_it_is_cancelled_stays_cancelled_and_the_till_is_told(venue: Venue) -> None:
    order = order_in(State.ACCEPTED, venue, outcomes=(Outcome.ACCEPTED,))
    update = OrderUpdate(event=PosEvent.CONFIRMED, reference=injection_of(order).reference, account="A9.1")

    at_once(lambda: cancel(order=order, by="Ben"), lambda: apply_order_update(venue, update))

    assert Order.objects.get().status == Status.CANCELLED
    assert injection_of(order).state == State.CONFIRMED
    assert Alert.objects.filter(about="cancelled", channel="till").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_payment_at_the_same_moment_is_refused_or_to_be_given_back(venue: Venue) -> None:
    order = order_in(State.WAITING, venue, order=UNPAID)

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
