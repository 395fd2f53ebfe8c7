"""Claim, call, record: an order reaches the POS once, whatever answers or gets lost on the way."""

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.utils import timezone

from integrations.connect.service import location_of
from integrations.models import Connection
from orders.injection import send as injecting
from orders.injection.send import inject
from orders.models import Injection, InjectionAttempt, Order
from tests.orders.sending import NOW, TO_GO, attempts, minutes_later, takes_orders

State, Outcome = Injection.State, InjectionAttempt.Outcome


# --- Sending ----------------------------------------------------------------------------------------------------------


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


def test_an_order_that_had_already_arrived_is_accepted(waiting: Injection, pos: responses.RequestsMock) -> None:
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
def test_an_order_that_is_not_due_is_not_sent(
    waiting: Injection, pos: responses.RequestsMock, columns: dict[str, Any]
) -> None:
    Injection.objects.update(**columns)
    before = Injection.objects.values().get()
    assert inject(injection_id=waiting.pk) == "not due"
    assert Injection.objects.values().get() == before
    assert attempts(waiting) == []
    assert len(pos.calls) == 0


def test_a_held_order_is_sent_when_it_is_due(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    Injection.objects.update(state=State.SCHEDULED, next_attempt_at=NOW)
    assert inject(injection_id=waiting.pk) == "accepted"


def test_an_injection_that_is_gone_is_not_due(db: None) -> None:
    assert inject(injection_id=99) == "not due"


# --- What goes wrong --------------------------------------------------------------------------------------------------


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
def test_a_temporary_error_is_retried_soon(
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


DOUBT = "It may still have arrived: check the till before you enter it by hand or send it again."


@pytest.mark.parametrize(
    ("answers", "doubtful"),
    [
        ([{"body": requests.ReadTimeout("lost")}] * 7, True),
        ([{"body": requests.ReadTimeout("lost")}] + [{"status": 429}] * 6, True),
        ([{"body": requests.ReadTimeout("lost")}, {"status": 400, "json": {"message": "Unknown sku BURGER"}}], True),
        ([{"status": 429}] * 7, False),
        ([{"status": 429}, {"status": 400, "json": {"message": "Unknown sku BURGER"}}], False),
    ],
)
def test_a_failed_order_that_may_have_arrived_says_so_above_the_poss_message(
    waiting: Injection,
    pos: responses.RequestsMock,
    clock: time_machine.Traveller,
    answers: list[dict[str, Any]],
    doubtful: bool,
) -> None:
    for answer in answers:
        pos.post(TO_GO, **answer)
    word = ""
    while word != "failed":
        word = inject(injection_id=waiting.pk)
        waiting.refresh_from_db()
        if waiting.next_attempt_at:
            clock.move_to(waiting.next_attempt_at)
    assert (DOUBT in waiting.error.splitlines()[0]) is doubtful
    assert waiting.error.count(DOUBT) == doubtful


def test_an_order_for_tonight_spreads_its_retries(
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


def test_an_error_of_our_own_shows_staff_no_details(waiting: Injection, monkeypatch: pytest.MonkeyPatch) -> None:
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


# --- The location -----------------------------------------------------------------------------------------------------


def test_an_order_for_one_location_never_lands_on_the_till_of_another(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    takes_orders(pos)
    Injection.objects.update(location=location_of(venue=waiting.order.venue))
    Connection.objects.update(business_location_id="777")
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    assert waiting.error_code == "other_location"
    assert "a different Lightspeed location" in waiting.error
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


@pytest.mark.parametrize("odd", ["\\u0000", "\\ud800"])
def test_a_refusal_with_characters_that_no_database_stores_still_queues_an_alert(
    waiting: Injection, pos: responses.RequestsMock, odd: str
) -> None:
    pos.post(TO_GO, status=400, body=f'{{"status": 400, "message": "No {odd}such thing"}}')
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    assert "such thing" in waiting.error
