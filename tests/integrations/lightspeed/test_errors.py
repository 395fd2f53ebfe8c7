import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from integrations.lightspeed import errors
from integrations.lightspeed.errors import QUIRKS, Call
from integrations.pos import BadAnswer, Duplicate, NotFound, PosError, Rejected, Throttled, Unauthorised, Unreachable

SPRING = {
    "timestamp": "2026-10-01T10:00:00.000+0000",
    "status": 400,
    "error": "Bad Request",
    "message": "Validation failed for object='apeToGoOrder'. Error count: 1",
    "path": "/o/op/1/order/toGo",
    "errors": [
        {
            "field": "items[0].sku",
            "defaultMessage": "must not be blank",
            "code": "NotBlank",
            "codes": ["NotBlank.items.sku"],
            "objectName": "apeToGoOrder",
            "bindingFailure": False,
        }
    ],
}
MENU_SHAPED = {
    "status": "BAD_REQUEST",
    "timestamp": "2026-10-01",
    "message": "Cannot load",
    "apiSubExceptions": [{"field": "accountProfile", "rejectedValue": "lunch", "message": "unknown profile"}],
}
USED_ORDER = {"status": "fail", "msg": "reference has already been used for another order"}
USED_PAYMENT = {"status": 400, "message": "Reference has already been used for another payment"}

WRAPPED_403 = {
    "url": "http://backend:8086/menu/168",
    "ex": "403 Forbidden from GET http://backend:8086/menu/168?businessLocationId=1",
}
NO_CHECK = {"status": 404, "error": "Not Found", "message": "account not found for BL 123"}
NOT_A_CHECK = {"status": 400, "error": "Bad Request", "message": "Invalid account identifier"}

# Sources: Lightspeed's API documentation (https://api-docs.lsk.lightspeed.app/); the last three from integrators' logs.
ROWS: list[tuple[Call, int, Any, type[PosError], str]] = [
    (Call.ORDER, 409, USED_ORDER, Duplicate, "duplicate"),
    (Call.PAYMENT, 400, USED_PAYMENT, Duplicate, "duplicate"),
    (Call.ORDER, 400, SPRING, Rejected, "rejected"),
    (Call.PAYMENT, 400, SPRING, Rejected, "rejected"),
    (Call.READ, 400, MENU_SHAPED, Rejected, "rejected"),
    (Call.ORDER, 401, {}, Unauthorised, "unauthorised"),
    (Call.READ, 403, {}, Unauthorised, "forbidden"),
    (Call.READ, 404, {}, NotFound, "not_found"),
    (Call.WRITE, 410, {}, NotFound, "not_found"),
    (Call.ORDER, 408, {}, Unreachable, "timed_out"),
    (Call.ORDER, 425, {}, Unreachable, "unreachable"),
    (Call.ORDER, 429, {}, Throttled, "throttled"),
    (Call.ORDER, 422, {}, Rejected, "unexpected_status"),
    (Call.READ, 503, {}, Unreachable, "pos_fault"),
    (Call.ORDER, 302, {}, Unreachable, "unexpected_status"),
    (Call.READ, 302, {}, BadAnswer, "unexpected_status"),
    (Call.READ, 400, WRAPPED_403, Unauthorised, "no_backoffice_permission"),
    (Call.READ, 404, NO_CHECK, NotFound, "no_such_check"),
    (Call.READ, 400, NOT_A_CHECK, NotFound, "no_such_check"),
]


def answer(call: Call, status: int, body: Any = None, retry_after: str | None = None) -> PosError:
    return errors.for_answer(call=call, status=status, body=json.dumps(body).encode(), retry_after=retry_after)


@pytest.mark.parametrize(("call", "status", "body", "expected", "code"), ROWS)
def test_every_row_of_the_table_has_its_error(
    call: Call, status: int, body: Any, expected: type[PosError], code: str
) -> None:
    error = answer(call, status, body)
    assert type(error) is expected
    assert (error.code, error.status) == (code, status)
    assert str(error).endswith(".")


@pytest.mark.parametrize("body", [b"", b"null", b"<html>"])
def test_an_empty_body_leaves_the_status_to_decide(body: bytes) -> None:
    error = errors.for_answer(call=Call.READ, status=403, body=body)
    assert (error.code, error.detail) == ("forbidden", "")


@pytest.mark.parametrize("call", Call)
def test_a_wrapped_403_is_a_missing_permission_for_every_call(call: Call) -> None:
    error = answer(call, 400, WRAPPED_403)
    assert type(error) is Unauthorised
    assert "administrator" in str(error)


def test_the_rows_above_reach_every_row_of_the_table() -> None:
    sentences = {str(answer(call, status, body)) for call, status, body, _, _ in ROWS}
    assert len(ROWS) == len(QUIRKS)
    assert sentences == {quirk.sentence for quirk in QUIRKS}


@pytest.mark.parametrize(
    ("call", "status", "expected"),
    [
        (Call.WRITE, 409, Rejected),
        (Call.PAYMENT, 409, Rejected),
        (Call.PAYMENT, 199, Unreachable),
        (Call.ORDER, 599, Unreachable),
        (Call.READ, 999, BadAnswer),
        (Call.ORDER, 999, Unreachable),
    ],
)
def test_what_nobody_has_told_us_of_gets_the_safest_error(call: Call, status: int, expected: type[PosError]) -> None:
    assert type(answer(call, status)) is expected


def test_a_used_reference_means_duplicate_only_for_the_kind_of_call_that_says_it_so() -> None:
    assert type(answer(Call.ORDER, 400, USED_PAYMENT)) is Rejected
    assert type(answer(Call.PAYMENT, 400, {"message": "OVERPAID"})) is Rejected


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Payment refused: REFERENCE HAS ALREADY BEEN USED for another payment"},
        {"msg": "This reference has already  been used."},
        {"message": "thirdPartyPaymentReference pay-1 was already used"},
        {"exception": "PaymentException: reference has been already used"},
        {"message": "REFERENCE_ALREADY_USED"},
        SPRING | {"errors": [{"field": "thirdPartyPaymentReference", "defaultMessage": "has already been used"}]},
    ],
)
@pytest.mark.parametrize("status", [400, 409, 422])
def test_however_it_is_written_a_used_reference_means_that_the_till_has_the_payment(body: Any, status: int) -> None:
    assert type(answer(Call.PAYMENT, status, body)) is Duplicate


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (400, {"message": "the payment amount is greater than the amount due"}, "overpaid", "higher than what is due"),
        (400, {"message": "Account is already closed"}, "check_closed", "closed on the till"),
        (404, {"message": "account not found for BL 123"}, "check_not_found", "no longer has this check"),
        (400, {"message": "Invalid account identifier"}, "check_not_found", "no longer has this check"),
        (400, {"errors": [{"field": "paymentMethod", "defaultMessage": "odd"}]}, "unknown_method", "payment method"),
        (400, {"message": "No"}, "rejected", "Lightspeed refused the payment."),
    ],
)
def test_a_payment_that_is_refused_at_once_says_why(status: int, body: Any, code: str, words: str) -> None:
    error = answer(Call.PAYMENT, status, body)

    assert (type(error), error.code) == (Rejected, code)
    assert words in str(error)
    assert "order" not in str(error)


@pytest.mark.parametrize(("call", "word"), [(Call.ORDER, "order"), (Call.PAYMENT, "payment")])
def test_an_answer_that_is_not_ok_speaks_of_what_was_sent(call: Call, word: str) -> None:
    assert f"no online {word} arrives" in str(errors.not_accepted("received", call=call))
    assert str(errors.not_accepted("odd", call=call)) == f"Lightspeed did not accept the {word}."


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (SPRING, "items[0].sku: must not be blank"),
        (MENU_SHAPED, "Cannot load; accountProfile: unknown profile"),
        (USED_ORDER, "reference has already been used for another order"),
        ({"message": "Could not add item X (not found)"}, "Could not add item X (not found)"),
        ({"errors": [{"code": "unauthorized", "title": "Unauthorized"}]}, "Unauthorized"),
        ({"exception": "HttpClientErrorException: 404 Not Found"}, "HttpClientErrorException: 404 Not Found"),
        (WRAPPED_403, WRAPPED_403["ex"]),
        ({"message": 3, "errors": "odd"}, ""),
        ({"errors": [None, {"field": 3}, {"defaultMessage": "odd"}]}, "odd"),
        (["a list"], ""),
    ],
)
def test_the_detail_says_in_words_what_was_refused(body: Any, detail: str) -> None:
    assert answer(Call.READ, 400, body).detail == detail


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b'{"message": "cut', b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_not_json_is_judged_by_its_status(body: bytes) -> None:
    error = errors.for_answer(call=Call.ORDER, status=400, body=body)
    assert type(error) is Rejected
    assert error.detail == ""


def test_a_long_list_of_refused_fields_is_cut_short() -> None:
    body = {"errors": [{"field": f"items[{place}]", "defaultMessage": "bad"} for place in range(12)]}
    detail = answer(Call.ORDER, 400, body).detail
    assert "items[9]: bad; and 2 more" in detail


@pytest.mark.parametrize(
    "private",
    [
        "anna@copper-pot.example",
        "+44 20 7946 0958",
        "rejected value [Anna Smith]",
        "Bearer 3f7a9c",
        "eyJhbGciOi.eyJzdWIi.c2ln",
    ],
)
def test_details_hold_no_personal_data_and_no_token(private: str) -> None:
    error = answer(Call.ORDER, 400, {"message": f"Refused: {private}; see the manual"})
    assert private not in error.detail
    assert "Anna" not in error.detail
    assert error.detail.startswith("Refused")
    assert "manual" in error.detail


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("0", timedelta(0)),
        ("Thu, 01 Oct 2026 10:02:00 GMT", timedelta(minutes=2)),
        ("Thu, 01 Oct 2026 09:00:00 GMT", timedelta(0)),
        ("99999999999999999999", timedelta(days=1)),
        ("Fri, 01 Oct 2027 10:02:00 GMT", timedelta(days=1)),
        ("-5", None),
        ("soon", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
@time_machine.travel(datetime(2026, 10, 1, 10, 0, tzinfo=UTC), tick=False)
def test_throttling_says_how_long_to_wait_when_the_pos_did(header: str | None, wait: timedelta | None) -> None:
    error = answer(Call.ORDER, 429, {}, header)
    assert isinstance(error, Throttled)
    assert error.retry_after == wait


def test_an_unusable_yes_leaves_an_order_in_doubt_and_a_menu_unread() -> None:
    assert type(errors.for_bad_body(call=Call.ORDER, status=200, detail="")) is Unreachable
    assert type(errors.for_bad_body(call=Call.READ, status=200, detail="")) is BadAnswer
