"""What storekit corrects without staff after a definite refusal, once each, under a reference of its own."""

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine

from integrations.models import LightspeedSettings
from integrations.pos import OrderEvent, OrderUpdate
from orders.injection import send as injecting
from orders.injection import ticket
from orders.injection.pos_events import apply_order_update
from orders.injection.references import definitely_refused, may_have_arrived
from orders.injection.send import inject
from orders.models import Injection, InjectionAttempt, Order
from tests.orders.sending import DISCOUNTS, TO_GO, alerts, minutes_later, refuses, takes_orders

State, Outcome = Injection.State, InjectionAttempt.Outcome
OTHER_CUSTOMER = "A consumer already exists for this email address with a different external reference."
UNKNOWN_DISCOUNT = "Unknown discount code SUMMER"


def bodies(pos: responses.RequestsMock) -> list[dict[str, Any]]:
    """What was sent to the calls for orders."""
    return [json.loads(call.request.body or b"") for call in pos.calls if call.request.url == TO_GO]


@pytest.fixture
def discounted(waiting: Injection, pos: responses.RequestsMock) -> Injection:
    """With a discount that the POS knows by an id of its own."""
    Order.objects.update(discount_pos_id="SUMMER", discount_code="SUMMER10")
    LightspeedSettings.objects.update(native_discounts=True)
    pos.get(DISCOUNTS, json=[{"name": "Summer", "code": "SUMMER", "discountPercentage": 10}])
    waiting.refresh_from_db()
    return waiting


@pytest.fixture
def tickets(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the tickets were made with."""
    made: list[dict[str, Any]] = []

    def noted(**asked: Any) -> Any:
        made.append(asked)
        return ticket.ticket_for(**asked)

    monkeypatch.setattr(injecting, "ticket_for", noted)
    return made


# --- The customer ----------------------------------------------------------------------------------------------------


def test_a_customer_known_under_another_reference_is_sent_without_e_mail_and_reference(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    refuses(pos, OTHER_CUSTOMER)
    assert inject(injection_id=waiting.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, json={"status": "ok"})
    assert inject(injection_id=waiting.pk) == "accepted"
    first, second = bodies(pos)
    assert first["customerInfo"]["email"] == "ada@example.com"
    assert not {"email", "thirdPartyReference"} & set(second["customerInfo"])
    assert first["thirdPartyReference"] == f"{waiting.order_id.hex}-1"
    assert second["thirdPartyReference"] == f"{waiting.order_id.hex}-2"
    assert alerts() == [], "nobody needs to know"


def test_the_correction_is_made_once_and_then_the_venue_is_alerted(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    refuses(pos, OTHER_CUSTOMER)
    assert [inject(injection_id=waiting.pk) for _ in range(3)] == ["waiting", "failed", "not due"]
    waiting.refresh_from_db()
    assert (waiting.revision, waiting.error_code) == (2, "customer_conflict")
    assert len(alerts()) == 2


def test_a_conflict_that_the_till_reports_is_corrected_too(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    inject(injection_id=waiting.pk)
    update = OrderUpdate(
        event=OrderEvent.FAILED,
        reference=waiting.reference,
        account="",
        reason=OTHER_CUSTOMER,
        code="customer_conflict",
    )
    assert apply_order_update(waiting.order.venue, update) == "being sent again"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.revision, waiting.without_email) == (State.WAITING, 2, True)
    assert inject(injection_id=waiting.pk) == "accepted"
    assert [body["thirdPartyReference"][-2:] for body in bodies(pos)] == ["-1", "-2"]


def test_without_an_e_mail_address_there_is_nothing_to_correct(waiting: Injection, pos: responses.RequestsMock) -> None:
    Order.objects.update(email="")
    refuses(pos, OTHER_CUSTOMER)
    assert inject(injection_id=waiting.pk) == "failed"


# --- The discount ----------------------------------------------------------------------------------------------------


def test_a_discount_that_the_pos_knows_travels_by_its_id(
    discounted: Injection, pos: responses.RequestsMock, tickets: list[dict[str, Any]]
) -> None:
    takes_orders(pos)
    assert inject(injection_id=discounted.pk) == "accepted"
    assert [made["native_discount"] for made in tickets] == [True]


@pytest.mark.parametrize(
    "answer", [{"json": []}, {"status": 503}, {"status": 429}, {"body": requests.ConnectionError("refused")}]
)
def test_a_discount_that_the_pos_does_not_know_or_cannot_say_goes_as_a_line(
    discounted: Injection, pos: responses.RequestsMock, tickets: list[dict[str, Any]], answer: dict[str, Any]
) -> None:
    takes_orders(pos)
    pos.replace(responses.GET, DISCOUNTS, **answer)
    assert inject(injection_id=discounted.pk) == "accepted"
    assert [made["native_discount"] for made in tickets] == [False]


@pytest.mark.parametrize(("order", "mapping"), [({"discount_pos_id": ""}, {}), ({}, {"native_discounts": False})])
def test_without_an_id_or_the_setting_the_pos_is_not_asked(
    discounted: Injection,
    pos: responses.RequestsMock,
    tickets: list[dict[str, Any]],
    order: dict[str, Any],
    mapping: dict[str, Any],
) -> None:
    takes_orders(pos)
    Order.objects.update(**order) if order else LightspeedSettings.objects.update(**mapping)
    assert inject(injection_id=discounted.pk) == "accepted"
    assert [made["native_discount"] for made in tickets] == [False]
    assert len(pos.calls) == 1


def test_a_discount_that_the_pos_has_just_deleted_is_sent_as_a_line_under_a_new_reference(
    discounted: Injection, pos: responses.RequestsMock, tickets: list[dict[str, Any]]
) -> None:
    refuses(pos, UNKNOWN_DISCOUNT)
    assert inject(injection_id=discounted.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, json={"status": "ok"})
    assert inject(injection_id=discounted.pk) == "accepted"
    assert [(made["native_discount"], made["reference"][-2:]) for made in tickets] == [
        (True, "-1"),
        (False, "-2"),
    ]


def test_both_corrections_can_follow_each_other(discounted: Injection, pos: responses.RequestsMock) -> None:
    refuses(pos, UNKNOWN_DISCOUNT)
    assert inject(injection_id=discounted.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, status=400, json={"status": 400, "message": OTHER_CUSTOMER})
    assert inject(injection_id=discounted.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, json={"status": "ok"})
    assert inject(injection_id=discounted.pk) == "accepted"
    discounted.refresh_from_db()
    assert (discounted.revision, discounted.native_discount_refused, discounted.without_email) == (3, True, True)


# --- Only after a definite refusal -----------------------------------------------------------------------------------


def test_an_order_that_may_have_arrived_is_never_corrected(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, body=requests.ReadTimeout("no answer"))
    assert inject(injection_id=waiting.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, status=400, json={"status": 400, "message": OTHER_CUSTOMER})
    minutes_later(clock, 1)
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    assert (waiting.revision, waiting.without_email) == (1, False)


@pytest.mark.parametrize(
    ("outcomes", "refused"),
    [
        ([], False),
        ([Outcome.REJECTED], True),
        ([Outcome.THROTTLED, Outcome.UNAUTHORISED, Outcome.REJECTED], True),
        ([Outcome.THROTTLED], True),
        ([Outcome.UNREACHABLE, Outcome.REJECTED], False),
        ([Outcome.UNKNOWN, Outcome.REJECTED], False),
        ([Outcome.BAD_ANSWER], False),
        ([Outcome.ERROR], False),
        ([Outcome.ACCEPTED], False),
        ([Outcome.REJECTED, Outcome.DUPLICATE], False),
    ],
)
def test_a_refusal_is_definite_when_every_attempt_was_refused(
    waiting: Injection, outcomes: list[str], refused: bool
) -> None:
    for number, outcome in enumerate(outcomes, start=1):
        InjectionAttempt.objects.create(
            injection=waiting, number=number, reference=waiting.reference, lease=waiting.order_id, outcome=outcome
        )
    assert definitely_refused(injection=waiting) is refused
    assert may_have_arrived(injection=waiting) is (bool(outcomes) and not refused)


def test_a_failure_that_the_pos_reported_is_definite_whatever_the_outcomes(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    pos.post(TO_GO, body=requests.ReadTimeout("no answer"))
    inject(injection_id=waiting.pk)
    update = OrderUpdate(event=OrderEvent.FAILED, reference=waiting.reference, account="", reason="no")
    apply_order_update(waiting.order.venue, update)
    waiting.refresh_from_db()
    assert definitely_refused(injection=waiting)


def test_attempts_of_an_earlier_reference_do_not_count(waiting: Injection, pos: responses.RequestsMock) -> None:
    refuses(pos, OTHER_CUSTOMER)
    inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert waiting.revision == 2
    assert not definitely_refused(injection=waiting)
    assert not may_have_arrived(injection=waiting)


def test_a_corrected_order_has_all_of_its_time_again(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, status=429)
    for _ in range(5):
        inject(injection_id=waiting.pk)
        waiting.refresh_from_db()
        assert waiting.next_attempt_at is not None
        clock.move_to(waiting.next_attempt_at)
    pos.replace(responses.POST, TO_GO, status=400, json={"status": 400, "message": OTHER_CUSTOMER})
    assert inject(injection_id=waiting.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, status=503)
    assert inject(injection_id=waiting.pk) == "waiting"
    waiting.refresh_from_db()
    assert waiting.next_attempt_at is not None
    assert waiting.due_since is not None
    assert waiting.next_attempt_at - waiting.due_since < timedelta(seconds=15)
