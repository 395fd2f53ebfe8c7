"""Every body that Lightspeed is known to answer or send becomes the right error or fact."""

import json

import pytest

from integrations.lightspeed import errors
from integrations.lightspeed.errors import Call
from integrations.lightspeed.mapping.notifications import parse
from integrations.pos import (
    Duplicate,
    NotFound,
    OrderEvent,
    OrderUpdate,
    PosError,
    Rejected,
    Unauthorised,
    Unreachable,
)
from tests.support import vendor_words
from tests.support.vendor_words import REASONS, Body, Reason

ERRORS: list[tuple[Body, Call, type[PosError], str]] = [
    (vendor_words.ORDER_REFUSED, Call.ORDER, Rejected, "items[0].sku: must not be blank"),
    (vendor_words.MENU_REFUSED, Call.READ, Rejected, "Cannot load; accountProfile: unknown profile"),
    (vendor_words.USED_BY_ORDER, Call.ORDER, Duplicate, "reference has already been used for another order"),
    (vendor_words.USED_BY_PAYMENT, Call.PAYMENT, Duplicate, "Reference has already been used for another payment"),
    (vendor_words.TITLED, Call.READ, Unauthorised, "Unauthorized"),
    (vendor_words.JAVA, Call.READ, Unreachable, "HttpClientErrorException: 500 Server Error"),
    (vendor_words.EMPTY, Call.ORDER, Unreachable, ""),
    (vendor_words.CHECK_GONE, Call.READ, NotFound, "account not found for BL 123"),
    (vendor_words.CHECK_MALFORMED, Call.READ, NotFound, "Invalid account identifier"),
    (vendor_words.ENDPOINT_UNKNOWN, Call.READ, NotFound, "endpoint ID not found for X"),
]


@pytest.mark.parametrize(("answer", "call", "expected", "detail"), ERRORS)
def test_every_error_body_is_shown_in_lightspeeds_words(
    answer: Body, call: Call, expected: type[PosError], detail: str
) -> None:
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    error = errors.for_answer(call=call, status=answer.status, body=body)
    assert type(error) is expected
    assert error.detail.endswith(detail)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.words[:60])
def test_a_bare_failure_is_an_orders_for_every_reason(reason: Reason) -> None:
    received = parse(vendor_words.bare_failure(reference="r-1", reason=reason.words), currency="GBP")
    full = parse(
        vendor_words.order_notification("FAILURE", reference="r-1", location=7, account="") | {"reason": reason.words},
        currency="GBP",
    )
    assert (received.type, received.status, received.business_location_id) == ("ORDER", "FAILURE", "")
    assert isinstance(received.fact, OrderUpdate)
    assert (received.fact.event, received.fact.reference) == (OrderEvent.FAILED, "r-1")
    assert (received.fact, received.fingerprint) == (full.fact, full.fingerprint)
