"""Claim, call, record: an order reaches the POS once, whatever answers, gets lost or dies on the way."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
import responses
import time_machine
from django.conf import settings
from django.db import connection as database
from django.db import connections
from django.utils import timezone
from django_q.models import OrmQ

from integrations.connections import location_of
from integrations.models import Connection
from orders import injection as injecting
from orders.injection import LEASE, inject, sweep
from orders.models import Injection, InjectionAttempt, Order
from orders.tasks import sweep_injections
from tests import factories

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
TO_GO = f"{settings.LIGHTSPEED_API_URL}/o/op/1/order/toGo"
TOKEN = settings.LIGHTSPEED_TOKEN_URL
State, Outcome = Injection.State, InjectionAttempt.Outcome


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def pos() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def waiting(clock: time_machine.Traveller, connection: Connection) -> Injection:
    """A paid order of a connected venue, due now."""
    order: Order = factories.OrderFactory(venue=connection.venue)
    return order.injection


def takes_orders(pos: responses.RequestsMock) -> responses.BaseResponse:
    return pos.post(TO_GO, json={"status": "ok"})


def attempts(injection: Injection) -> list[tuple[int, str]]:
    return list(injection.attempt_rows.values_list("number", "outcome"))


def minutes_later(clock: time_machine.Traveller, minutes: float) -> None:
    clock.shift(timedelta(minutes=minutes))


# --- Sending ---------------------------------------------------------------------------------------------------------


def test_a_due_order_is_sent_and_accepted(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    assert inject(injection_id=waiting.pk) == "accepted"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, waiting.accepted_at) == (State.ACCEPTED, 1, NOW)
    assert (waiting.lease, waiting.lease_until, waiting.next_attempt_at) == (None, None, None)
    (attempt,) = waiting.attempt_rows.all()
    assert (attempt.number, attempt.outcome, attempt.reference) == (1, Outcome.ACCEPTED, waiting.reference)
    assert (attempt.started_at, attempt.finished_at) == (NOW, NOW)


def test_what_is_sent_is_the_order(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    body = json.loads(pos.calls[0].request.body or b"")
    assert body["thirdPartyReference"] == waiting.reference == f"{waiting.order.pk.hex}-1"
    assert body["collectionCode"] == waiting.order.collection_code
    assert body["items"] == [{"quantity": 1, "sku": "BURGER"}]
    assert body["customerInfo"]["firstName"] == "Ada"
    assert body["payment"] == {"paymentMethod": "STOREKIT", "paymentAmount": 10.0, "tipAmount": 0.0}
    assert body["maxTimeToAttemptOrderDeliverToPos"] >= 60_000


def test_an_order_that_had_arrived_already_is_accepted(waiting: Injection, pos: responses.RequestsMock) -> None:
    pos.post(TO_GO, status=409, json={"status": "fail", "msg": "reference has already been used"})
    assert inject(injection_id=waiting.pk) == "accepted"
    assert attempts(waiting) == [(1, Outcome.DUPLICATE)]


def test_an_answer_that_was_lost_leads_to_the_same_reference_again(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, body=requests.ReadTimeout("no answer"))
    assert inject(injection_id=waiting.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, status=409, json={"status": "fail", "msg": "reference has already been used"})
    minutes_later(clock, 1)
    assert inject(injection_id=waiting.pk) == "accepted"
    assert attempts(waiting) == [(1, Outcome.UNREACHABLE), (2, Outcome.DUPLICATE)]
    sent = {json.loads(call.request.body or b"")["thirdPartyReference"] for call in pos.calls}
    assert sent == {waiting.reference}


@pytest.mark.parametrize(
    "columns",
    [
        {"next_attempt_at": None},
        {"next_attempt_at": NOW + timedelta(seconds=1)},
        {"state": State.ACCEPTED},
        {"state": State.CONFIRMED},
        {"state": State.FAILED},
        {"state": State.SENDING, "lease_until": NOW + timedelta(seconds=1)},
        {"state": State.SCHEDULED, "next_attempt_at": NOW + timedelta(hours=1)},
    ],
)
def test_what_is_not_due_is_left_alone(
    waiting: Injection, pos: responses.RequestsMock, columns: dict[str, Any]
) -> None:
    Injection.objects.update(**columns)
    before = Injection.objects.values().get()
    assert inject(injection_id=waiting.pk) == "not due"
    assert Injection.objects.values().get() == before
    assert attempts(waiting) == []
    assert len(pos.calls) == 0


def test_an_order_held_back_is_sent_when_its_time_comes(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    Injection.objects.update(state=State.SCHEDULED, next_attempt_at=NOW)
    assert inject(injection_id=waiting.pk) == "accepted"


def test_an_injection_that_is_gone_is_not_due(db: None) -> None:
    assert inject(injection_id=99) == "not due"


# --- What goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome", "status", "code"),
    [
        ({"body": requests.ConnectionError("refused")}, Outcome.UNREACHABLE, None, "unreachable"),
        ({"body": requests.ReadTimeout("slow")}, Outcome.UNREACHABLE, None, "unreachable"),
        ({"status": 503, "json": {}}, Outcome.UNREACHABLE, 503, "pos_fault"),
        ({"status": 429, "json": {}}, Outcome.THROTTLED, 429, "throttled"),
        ({"status": 200, "body": "<html>"}, Outcome.UNREACHABLE, 200, "bad_answer"),
    ],
)
def test_what_may_pass_is_tried_again_soon(
    waiting: Injection, pos: responses.RequestsMock, answer: dict[str, Any], outcome: str, status: int, code: str
) -> None:
    pos.post(TO_GO, **answer)
    assert inject(injection_id=waiting.pk) == "waiting"
    waiting.refresh_from_db()
    assert waiting.next_attempt_at is not None
    assert timedelta(seconds=6) <= waiting.next_attempt_at - NOW <= timedelta(seconds=7.2)
    assert waiting.error
    assert waiting.lease is None
    (attempt,) = waiting.attempt_rows.all()
    assert (attempt.outcome, attempt.status) == (outcome, status)
    assert attempt.detail


def test_the_wait_that_the_pos_asks_for_is_kept(waiting: Injection, pos: responses.RequestsMock) -> None:
    pos.post(TO_GO, status=429, headers={"Retry-After": "90"})
    inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at - NOW >= timedelta(seconds=90)


def test_after_six_retries_the_order_has_failed_within_about_ten_minutes(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, status=503)
    words = []
    for _ in range(7):
        words.append(inject(injection_id=waiting.pk))
        waiting.refresh_from_db()
        if waiting.next_attempt_at:
            clock.move_to(waiting.next_attempt_at)
    assert words == ["waiting"] * 6 + ["failed"]
    assert (waiting.state, waiting.attempts, waiting.next_attempt_at) == (State.FAILED, 7, None)
    assert waiting.error
    assert timezone.now() - NOW <= timedelta(minutes=10)
    assert inject(injection_id=waiting.pk) == "not due"
    assert len(pos.calls) == 7


def test_an_order_for_tonight_takes_its_time(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    Order.objects.update(scheduled_for=NOW + timedelta(hours=3))
    pos.post(TO_GO, status=503)
    for _ in range(6):
        inject(injection_id=waiting.pk)
        waiting.refresh_from_db()
        assert waiting.next_attempt_at is not None
        clock.move_to(waiting.next_attempt_at)
    assert timedelta(hours=2) < timezone.now() - NOW <= timedelta(hours=2, minutes=45)


def test_a_refusal_is_final_and_says_why(waiting: Injection, pos: responses.RequestsMock) -> None:
    pos.post(TO_GO, status=400, json={"status": 400, "message": "Unknown sku BURGER"})
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code, waiting.next_attempt_at) == (State.FAILED, "unknown_item", None)
    assert "Unknown sku BURGER" in waiting.error
    assert attempts(waiting) == [(1, Outcome.REJECTED)]
    assert inject(injection_id=waiting.pk) == "not due"


def test_a_connection_that_is_gone_parks_the_order_without_using_up_its_retries(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    Connection.objects.update(status=Connection.Status.RECONNECT_NEEDED, status_reason="Connect again.")
    for _ in range(20):
        assert inject(injection_id=waiting.pk) == "waiting"
        waiting.refresh_from_db()
        assert waiting.next_attempt_at == timezone.now() + timedelta(minutes=1)
        minutes_later(clock, 1)
    assert (waiting.attempts, attempts(waiting), len(pos.calls)) == (0, [], 0)
    assert (waiting.error_code, waiting.error) == ("not_connected", "Connect again.")
    Connection.objects.update(status=Connection.Status.CONNECTED)
    minutes_later(clock, -5)  # the tokens of the test last an hour
    Injection.objects.update(next_attempt_at=timezone.now())
    assert inject(injection_id=waiting.pk) == "accepted"
    waiting.refresh_from_db()
    assert (waiting.attempts, waiting.error) == (1, "")


def test_a_consent_that_is_too_narrow_parks_the_order_too(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, status=403)
    for _ in range(10):
        assert inject(injection_id=waiting.pk) == "waiting"
        minutes_later(clock, 1)
    pos.replace(responses.POST, TO_GO, status=503)
    assert inject(injection_id=waiting.pk) == "waiting"
    waiting.refresh_from_db()
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at - timezone.now() <= timedelta(seconds=7.2), "the first retry that counts"
    assert len(attempts(waiting)) == 11


def test_a_venue_without_any_connection_keeps_its_orders(clock: time_machine.Traveller, db: None) -> None:
    injection = factories.OrderFactory().injection
    assert inject(injection_id=injection.pk) == "waiting"


def test_an_error_of_our_own_is_recorded_raised_and_tried_again(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes_orders(pos)
    with monkeypatch.context() as broken:
        broken.setattr(injecting, "ticket_for", _raise_key_error)
        with pytest.raises(KeyError):
            inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code, waiting.lease) == (State.WAITING, "error", None)
    assert attempts(waiting) == [(1, Outcome.ERROR)]
    minutes_later(clock, 1)
    assert inject(injection_id=waiting.pk) == "accepted"


def _raise_key_error(**_: Any) -> None:
    raise KeyError("secret")


def test_an_error_of_our_own_tells_no_details_to_staff(waiting: Injection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(injecting, "ticket_for", _raise_key_error)
    with pytest.raises(KeyError):
        inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert "secret" not in waiting.error


def test_no_guests_data_is_logged(
    waiting: Injection, pos: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    pos.post(TO_GO, status=503)
    inject(injection_id=waiting.pk)
    assert str(waiting.order.pk) in caplog.text
    assert not any(word in caplog.text for word in ("Ada", "Lovelace", "ada@example.com", "2079460018"))


# --- The location ----------------------------------------------------------------------------------------------------


def test_an_order_for_one_location_never_lands_on_the_till_of_another(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    takes_orders(pos)
    Injection.objects.update(location=location_of(venue=waiting.order.venue))
    Connection.objects.update(business_location_id="777")
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    assert waiting.error_code == "other_location"
    assert "another Lightspeed location" in waiting.error
    assert len(pos.calls) == 0


def test_an_order_belongs_to_the_location_that_it_was_first_sent_to(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, body=requests.ReadTimeout("no answer"))
    assert inject(injection_id=waiting.pk) == "waiting"
    Connection.objects.update(business_location_id="777")
    minutes_later(clock, 1)
    assert inject(injection_id=waiting.pk) == "failed"
    assert len(pos.calls) == 1


def test_an_order_waits_while_its_location_is_disconnected_and_is_sent_when_it_is_back(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    linked = Connection.objects.values("status", "business_location_id").get()
    Injection.objects.update(location=linked["business_location_id"])
    Connection.objects.update(status=Connection.Status.DISCONNECTED, business_location_id="")
    assert inject(injection_id=waiting.pk) == "waiting"
    Connection.objects.update(**linked)
    minutes_later(clock, 1)
    assert inject(injection_id=waiting.pk) == "accepted"


# --- Leases ----------------------------------------------------------------------------------------------------------


class _Killed(BaseException):
    """What a SIGKILL looks like to the rows: nothing after it runs."""


def _killed(*_: Any, **__: Any) -> None:
    raise _Killed


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
        dying.setattr(injecting, "_record", _killed)
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
    assert waiting.error == "The process that sent the order died each time."


def while_sending(pos: responses.RequestsMock, meanwhile: Callable[[], object], status: int = 200) -> None:
    """The POS answers, but not before something else has happened."""

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        meanwhile()
        return status, {}, '{"status": "ok"}'

    pos.add_callback(responses.POST, TO_GO, callback=answer)


@pytest.mark.parametrize("status", [200, 400, 503])
def test_an_answer_after_the_lease_was_lost_changes_nothing_but_its_own_attempt(
    waiting: Injection, pos: responses.RequestsMock, status: int
) -> None:
    another = {"lease": uuid4(), "lease_until": NOW + timedelta(seconds=50), "attempts": 2}
    while_sending(pos, lambda: Injection.objects.update(**another), status)
    assert inject(injection_id=waiting.pk) == "settled by somebody else"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.lease, waiting.error) == (State.SENDING, another["lease"], "")
    assert waiting.attempt_rows.get().finished_at == NOW


@pytest.mark.parametrize("status", [200, 400, 503])
@pytest.mark.parametrize("settled", [State.CONFIRMED, State.FAILED])
def test_what_a_notification_settled_during_the_call_stays_settled(
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
def test_many_workers_that_are_told_of_one_order_at_once_send_it_once(
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


# --- The sweep -------------------------------------------------------------------------------------------------------


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
    monkeypatch.setattr(injecting, "_SWEPT_AT_ONCE", 2)
    assert sweep() == 2
