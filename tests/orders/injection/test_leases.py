"""Workers that die, race or come late: an order is sent by one of them at a time, and none is forgotten."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import responses
import time_machine
from django.db import connection as database
from django.db import connections
from django_q.models import OrmQ

from integrations.connect.tokens import ConnectionTokens
from integrations.models import Connection
from integrations.webhooks import ledger
from orders.alerts import delivery
from orders.injection import confirmation_checks
from orders.injection import send as injecting
from orders.injection.claims import LEASE
from orders.injection.send import enqueue_due, inject
from orders.models import Injection, InjectionAttempt, Order
from orders.tasks import sweep_injections
from tests import factories
from tests.orders.sending import NOW, TO_GO, attempts, takes_orders, while_sending

State, Outcome = Injection.State, InjectionAttempt.Outcome


class _Killed(BaseException):
    """What a SIGKILL looks like to the rows: nothing after it runs."""


def _killed(*_: Any, **__: Any) -> None:
    raise _Killed


def test_what_a_killed_worker_held_is_free_again_within_a_minute() -> None:
    # The ticker finds it two seconds later, and a call to the POS takes a second.
    within = timedelta(seconds=55)
    assert max(LEASE, confirmation_checks.LEASE, delivery.LEASE, ledger.LEASE) <= within


def test_a_worker_that_died_before_the_call_is_taken_over_when_its_lease_has_run_out(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes_orders(pos)
    with monkeypatch.context() as dying:
        dying.setattr(injecting, "ticket_for", _killed)
        with pytest.raises(_Killed):
            inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.lease_until) == (State.SENDING, NOW + LEASE)
    assert attempts(waiting) == [(1, Outcome.UNKNOWN)]
    clock.shift(LEASE - timedelta(seconds=1))
    assert inject(injection_id=waiting.pk) == "not due"
    clock.shift(timedelta(seconds=1))
    assert inject(injection_id=waiting.pk) == "accepted"
    assert attempts(waiting) == [(1, Outcome.UNKNOWN), (2, Outcome.ACCEPTED)]


def test_a_worker_that_died_after_the_answer_leads_to_a_duplicate_and_success(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes_orders(pos)
    with monkeypatch.context() as dying:
        dying.setattr(injecting, "record_outcome", _killed)
        with pytest.raises(_Killed):
            inject(injection_id=waiting.pk)
    pos.replace(responses.POST, TO_GO, status=409, json={"status": "fail", "msg": "reference has already been used"})
    clock.shift(LEASE)
    assert inject(injection_id=waiting.pk) == "accepted"
    assert attempts(waiting) == [(1, Outcome.UNKNOWN), (2, Outcome.DUPLICATE)]


def test_an_order_that_kills_its_worker_every_time_fails_in_the_end(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    pos.post(TO_GO, status=503)
    with monkeypatch.context() as dying:
        dying.setattr(injecting, "ticket_for", _killed)
        for _ in range(6):
            with pytest.raises(_Killed):
                inject(injection_id=waiting.pk)
            clock.shift(LEASE)
    assert inject(injection_id=waiting.pk) == "failed"


def test_an_order_that_kills_its_worker_for_ever_is_given_up_without_being_sent(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(injecting, "ticket_for", _killed)
    for _ in range(7):
        with pytest.raises(_Killed):
            inject(injection_id=waiting.pk)
        clock.shift(LEASE)
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    assert waiting.error.startswith(
        "storekit stopped unexpectedly every time it sent the order. It may still have arrived"
    )


def test_an_order_whose_turn_to_call_comes_so_late_that_the_lease_may_run_out_is_not_sent(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes_orders(pos)

    def renewed_late(_: ConnectionTokens) -> str:
        clock.shift(timedelta(seconds=41))
        return "token"

    with monkeypatch.context() as busy:
        busy.setattr(ConnectionTokens, "access_token", renewed_late)
        assert inject(injection_id=waiting.pk) == "waiting"
    waiting.refresh_from_db()
    assert (len(pos.calls), waiting.attempts) == (0, 0)
    assert waiting.next_attempt_at is not None
    clock.move_to(waiting.next_attempt_at)
    assert inject(injection_id=waiting.pk) == "accepted"


@pytest.mark.parametrize("status", [200, 400, 503])
def test_an_answer_after_the_lease_was_lost_changes_nothing_but_its_own_attempt(
    waiting: Injection, pos: responses.RequestsMock, status: int
) -> None:
    another = {"lease": uuid4(), "lease_until": NOW + timedelta(seconds=50), "attempts": 2}
    while_sending(pos, lambda: Injection.objects.update(**another), status)
    assert inject(injection_id=waiting.pk) == "superseded"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.lease, waiting.error) == (State.SENDING, another["lease"], "")
    assert waiting.attempt_rows.get().finished_at == NOW


@pytest.mark.parametrize("status", [200, 400, 503])
@pytest.mark.parametrize("settled", [State.CONFIRMED, State.FAILED])
def test_an_order_settled_by_a_notification_during_the_call_stays_settled(
    waiting: Injection, pos: responses.RequestsMock, status: int, settled: str
) -> None:
    while_sending(pos, lambda: Injection.objects.update(state=settled, lease=None, lease_until=None), status)
    inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.next_attempt_at) == (settled, None)


@pytest.mark.django_db(transaction=True)
def test_the_claim_is_committed_before_the_call_and_the_call_is_in_no_transaction(
    connection: Connection, pos: responses.RequestsMock
) -> None:
    injection: Injection = factories.OrderFactory(venue=connection.venue).injection
    seen: dict[str, Any] = {}

    def look() -> None:
        seen["in a transaction"] = database.in_atomic_block
        with ThreadPoolExecutor(max_workers=1) as elsewhere:
            seen["from elsewhere"] = elsewhere.submit(state_seen_elsewhere).result(timeout=10)

    def state_seen_elsewhere() -> tuple[str, int]:
        try:
            return Injection.objects.get(pk=injection.pk).state, InjectionAttempt.objects.count()
        finally:
            connections.close_all()

    while_sending(pos, look)
    assert inject(injection_id=injection.pk) == "accepted"
    assert seen == {"in a transaction": False, "from elsewhere": (State.SENDING, 1)}


@pytest.mark.django_db(transaction=True)
def test_many_workers_with_the_same_task_send_the_order_once(
    connection: Connection, pos: responses.RequestsMock
) -> None:
    injection: Injection = factories.OrderFactory(venue=connection.venue).injection
    takes_orders(pos)
    start = threading.Barrier(5)

    def work(_: int) -> str:
        start.wait(timeout=20)
        try:
            return inject(injection_id=injection.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=5) as workers:
        words = list(workers.map(work, range(5)))
    assert sorted(words) == ["accepted"] + ["not due"] * 4
    assert len(pos.calls) == 1


# --- The sweep --------------------------------------------------------------------------------------------------------


def test_the_sweep_queues_everything_that_is_due_and_nothing_else(waiting: Injection, connection: Connection) -> None:
    def another(**columns: Any) -> Injection:
        injection: Injection = factories.OrderFactory(venue=connection.venue).injection
        Injection.objects.filter(pk=injection.pk).update(**columns)
        return injection

    dead = another(state=State.SENDING, next_attempt_at=None, lease_until=NOW)
    another(state=State.SENDING, next_attempt_at=None, lease_until=NOW + timedelta(seconds=1))
    another(next_attempt_at=NOW + timedelta(seconds=1))
    another(next_attempt_at=None)
    another(state=State.FAILED)
    assert sweep_injections() == "2 due"
    queued = [(task.func(), task.args()) for task in OrmQ.objects.all()]
    assert sorted(queued) == sorted([("orders.tasks.inject", (pk,)) for pk in (waiting.pk, dead.pk)])


def test_a_sweep_is_bounded(waiting: Injection, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        factories.OrderFactory(venue=connection.venue)
    monkeypatch.setattr(injecting, "_MOST_PER_SWEEP", 2)
    assert enqueue_due() == 2


def test_a_venue_whose_settings_cannot_be_read_does_not_keep_the_others_orders_waiting(
    waiting: Injection, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: Order = factories.OrderFactory(venue=connection.venue)
    later = NOW + timedelta(hours=1)
    Injection.objects.filter(order=held).update(state=State.SCHEDULED, next_attempt_at=later)
    monkeypatch.setattr("orders.injection.buffering.settings_of", _broken)
    with pytest.raises(ZeroDivisionError):
        sweep_injections()
    assert [task.args() for task in OrmQ.objects.all()] == [(waiting.pk,)]


def _broken(*, venue: object) -> None:
    raise ZeroDivisionError
