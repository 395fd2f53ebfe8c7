"""Payments to and from Lightspeed's JSON."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.lightspeed.mapping.notifications import parse
from integrations.lightspeed.mapping.payments import pay_body
from integrations.pos import PaymentRefusal, PaymentTicket, PaymentUpdate
from tests.support.vendor_words import bare_failure

TICKET = PaymentTicket("pay-1", "A78094.48", Decimal("12.50"), Decimal("1.25"), "APM", timedelta(minutes=2))


def body(**changes: Any) -> dict[str, Any]:
    return pay_body(ticket=PaymentTicket(**{**vars(TICKET), **changes}), location=7, endpoint_id="storekit-1")


def update(**said: Any) -> PaymentUpdate:
    known = {"type": "PAYMENT", "status": "FAILURE", "thirdPartyReference": "pay-1"}
    fact = parse(known | said, currency="GBP").fact
    assert isinstance(fact, PaymentUpdate)
    return fact


def test_the_amount_of_a_payment_leaves_the_tip_out() -> None:
    assert body() == {
        "businessLocationId": 7,
        "endpointId": "storekit-1",
        "thirdPartyPaymentReference": "pay-1",
        "iKaccountIdentifier": "A78094.48",
        "paymentMethod": "APM",
        "paymentAmount": 12.5,
        "tipAmount": 1.25,
        "taskTtlInMs": 120_000,
    }


def test_no_tip_is_not_sent_and_the_till_has_a_minute_at_least() -> None:
    sent = body(tip=Decimal("0.00"), deliver_within=timedelta(seconds=5))

    assert "tipAmount" not in sent
    assert sent["taskTtlInMs"] == 60_000


def test_a_success_names_the_check_that_the_payment_is_on() -> None:
    found = update(status="SUCCESS", ikentooAccountIdentifier="A78094.50")

    assert found == PaymentUpdate("pay-1", applied=True, account="A78094.50")


@pytest.mark.parametrize(
    ("type", "refusal"),
    [
        ("ACCOUNT_NOT_FOUND", PaymentRefusal.CHECK_NOT_FOUND),
        ("ACCOUNT_ALREADY_CLOSED", PaymentRefusal.CHECK_CLOSED),
        ("OVERPAID", PaymentRefusal.OVERPAID),
        ("PAYMENT_METHOD_NOT_FOUND", PaymentRefusal.UNKNOWN_METHOD),
        ("PAYMENT_ID_NOT_FOUND", PaymentRefusal.UNKNOWN_METHOD),
        ("MISSING_STAFF", PaymentRefusal.NO_STAFF),
        ("STAFF_NOT_FOUND", PaymentRefusal.NO_STAFF),
        ("INVALID_TASK", PaymentRefusal.OTHER),
        ("ITEM_NOT_ADDED", PaymentRefusal.OTHER),
        ("ITEM_NOT_FOUND", PaymentRefusal.OTHER),
        ("NATIVE_PAYMENT_NOT_SUPPORTED", PaymentRefusal.OTHER),
        ("UPDATE_FAILED", PaymentRefusal.OTHER),
        ("UNKNOWN", PaymentRefusal.OTHER),
        ("SOMETHING_NEW", PaymentRefusal.OTHER),
    ],
)
def test_every_type_of_refusal_has_a_sentence_and_means_the_same_as_bare_words(
    type: str, refusal: PaymentRefusal
) -> None:
    typed, bare = update(errors={"account": {"type": type}}), update(reason=type)

    assert (typed.applied, typed.refusal, typed.reason) == (False, refusal, type)
    assert bare == typed
    assert typed.sentence.endswith(".")
    assert "order" not in typed.sentence


def test_a_payment_that_no_till_took_in_time() -> None:
    timeout = {"errorKey": "TASK_TIMEOUT", "message": "Not processed"}

    assert update(errors={"timeout": timeout}).refusal is PaymentRefusal.TIMED_OUT
    assert update(errors={"timeout": timeout}).reason == "Not processed"


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [
        # The vendor's own overpaid failure has a reason and no errors.
        ("the payment amount is greater than the amount due", PaymentRefusal.OVERPAID),
        ("Payment amount exceeds the amount due", PaymentRefusal.OVERPAID),
        ("Not processed before validity ended", PaymentRefusal.TIMED_OUT),
        ("No devices available to handle the task, the task has been rejected.", PaymentRefusal.TIMED_OUT),
        ("Account not found", PaymentRefusal.CHECK_NOT_FOUND),
        ("Account is already closed", PaymentRefusal.CHECK_CLOSED),
        ("Payment method not found", PaymentRefusal.UNKNOWN_METHOD),
        ("Staff not found", PaymentRefusal.NO_STAFF),
        ("The till refused the payment", PaymentRefusal.OTHER),
        ("", PaymentRefusal.OTHER),
    ],
)
def test_a_bare_failure_with_a_payments_reference_is_a_payments(reason: str, refusal: PaymentRefusal) -> None:
    received = parse(bare_failure(reference="pay-1", reason=reason), currency="GBP")

    assert (received.type, received.reference, received.business_location_id) == ("PAYMENT", "pay-1", "")
    assert received.fact == update(reason=reason)
    assert isinstance(received.fact, PaymentUpdate)
    assert received.fact.refusal is refusal


def test_a_failure_of_the_default_type_is_a_payments_by_its_reference_all_the_same() -> None:
    found = parse({"type": "ORDER", **bare_failure(reference="pay-1", reason="odd")}, currency="GBP")

    assert (found.type, found.fact) == ("PAYMENT", update(reason="odd"))


@pytest.mark.parametrize("errors", [None, [], "odd", {"account": "odd"}, {"account": {"type": 7}}, {"timeout": None}])
def test_errors_of_another_shape_leave_the_reason_to_decide(errors: Any) -> None:
    assert update(errors=errors, reason="Account not found").refusal is PaymentRefusal.CHECK_NOT_FOUND
    assert update(errors=errors).reason == ""
