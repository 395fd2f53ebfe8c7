"""A payment is handed over once: what the answers to it mean, and what the sandbox POS says of it."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from integrations.lightspeed.adapter import LightspeedPos
from integrations.lightspeed.http import LightspeedHttp
from integrations.pos import (
    Duplicate,
    PaymentTicket,
    PointOfSale,
    PosError,
    Rejected,
    Throttled,
    Unauthorised,
    Unreachable,
)
from tests.integrations.lightspeed.consent import HIGH_STREET
from tests.support.sandbox import SandboxPos, eventually

API = "https://pos.example"
PAY = f"{API}/o/op/1/pay"
TICKET = PaymentTicket("pay-1", "A78094.48", Decimal("12.50"), Decimal("1.25"), "APM", timedelta(minutes=2))


class Tokens:
    def access_token(self) -> str:
        return "token"

    def renewed(self, stale: str) -> str:
        return stale


@pytest.fixture
def mocked() -> Iterator[LightspeedPos]:
    with responses.mock:
        yield LightspeedPos(
            http=LightspeedHttp(API, Tokens()), business_location_id="7", endpoint_id="e", currency="GBP"
        )


def test_a_payment_goes_to_the_location_with_the_endpoint_that_hears_of_it(mocked: LightspeedPos) -> None:
    responses.post(PAY, json={"status": "ok"})

    mocked.apply_payment(TICKET)

    sent = json.loads(responses.calls[0].request.body or "")
    assert (sent["businessLocationId"], sent["endpointId"]) == (7, "e")
    assert (sent["thirdPartyPaymentReference"], sent["iKaccountIdentifier"]) == ("pay-1", "A78094.48")


@pytest.mark.parametrize(
    ("answer", "expected", "code"),
    [
        ({"status": 400, "json": {"message": "Reference has already been used"}}, Duplicate, "duplicate"),
        ({"status": 400, "json": {"message": "Invalid account identifier"}}, Rejected, "check_not_found"),
        ({"status": 404, "json": {"message": "account not found for BL 7"}}, Rejected, "check_not_found"),
        ({"json": {"status": "received"}}, Rejected, "not_enabled"),
        ({"json": {"status": "fail"}}, Rejected, "not_accepted"),
        # The till may have the payment after each of these.
        ({"json": {}}, Unreachable, "bad_answer"),
        ({"json": ["ok"]}, Unreachable, "bad_answer"),
        ({"body": "<html>"}, Unreachable, "bad_answer"),
        ({"body": ""}, Unreachable, "bad_answer"),
        ({"body": requests.ReadTimeout()}, Unreachable, "timed_out"),
        ({"body": requests.ConnectionError()}, Unreachable, "unreachable"),
        ({"status": 503}, Unreachable, "pos_fault"),
        ({"status": 302}, Unreachable, "unexpected_status"),
        ({"status": 429}, Throttled, "throttled"),
        ({"status": 401}, Unauthorised, "unauthorised"),
    ],
)
def test_what_an_answer_to_a_payment_means(
    mocked: LightspeedPos, answer: dict[str, Any], expected: type[PosError], code: str
) -> None:
    responses.post(PAY, **answer)

    with pytest.raises(expected) as caught:
        mocked.apply_payment(TICKET)

    assert type(caught.value) is expected
    assert caught.value.code == code
    assert "order" not in str(caught.value)


def test_a_payment_is_on_the_check_without_its_tip_and_its_reference_is_spent(
    sandbox: SandboxPos, pos: PointOfSale
) -> None:
    opened = sandbox.control(
        "checks", businessLocationId=int(HIGH_STREET), tableNumber=4, items=[{"sku": "SOUP01", "quantity": 4}]
    )
    ticket = replace(TICKET, account=opened["ikaccountId"], reference=f"pay-{secrets.token_hex(4)}")

    pos.apply_payment(ticket)

    (check,) = eventually(lambda: [check for check in pos.open_checks() if check.payments])
    assert (check.paid, check.payment_references) == (Decimal("12.50"), (ticket.reference,))
    with pytest.raises(Duplicate):
        pos.apply_payment(ticket)
