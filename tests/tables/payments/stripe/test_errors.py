"""What to do about each error of the library's."""

import pytest
import stripe

from tables.payments.providers.port import ProviderRefused, ProviderUnreachable
from tables.payments.providers.stripe import statement_suffix
from tables.payments.providers.stripe_errors import port_error, reason

CARD = {"error": {"code": "card_declined", "decline_code": "insufficient_funds"}}
STATE = {"error": {"code": "payment_intent_unexpected_state"}}
KEY_REVOKED = {"error": {"code": "api_key_expired"}}


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (stripe.APIConnectionError("no route"), ProviderUnreachable, "unreachable"),
        (stripe.APIError("broken", http_status=500), ProviderUnreachable, "provider_error"),
        # Another request holds the intent or the key.
        (stripe.APIError("in use", http_status=409), ProviderUnreachable, "provider_error"),
        (stripe.RateLimitError("slower"), ProviderUnreachable, "throttled"),
        (stripe.IdempotencyError("other parameters"), ProviderRefused, "key_reused"),
        (stripe.CardError("no", None, "card_declined", json_body=CARD), ProviderRefused, "insufficient_funds"),
        (stripe.InvalidRequestError("no", None, json_body=STATE), ProviderRefused, STATE["error"]["code"]),
        (stripe.InvalidRequestError("no", "amount"), ProviderRefused, "refused"),
    ],
)
@pytest.mark.parametrize("beginning", [True, False])
def test_an_error_says_whether_to_repeat(error: Exception, kind: type, code: str, *, beginning: bool) -> None:
    found = port_error(error, beginning=beginning)
    assert (type(found), found.code) == (kind, code)


@pytest.mark.parametrize(
    "error", [stripe.AuthenticationError("expired", json_body=KEY_REVOKED), stripe.PermissionError("not yours")]
)
def test_a_wrong_key_ends_what_begins_but_nothing_that_holds_money(error: Exception) -> None:
    assert isinstance(port_error(error, beginning=True), ProviderRefused)
    assert isinstance(port_error(error), ProviderUnreachable)
    assert port_error(error).code == "not_set_up"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds"),
        ({"code": "expired_card", "decline_code": "expired_card"}, "expired_card"),
        ({"code": "incorrect_cvc", "decline_code": "incorrect_cvc"}, "incorrect_cvc"),
        ({"code": "payment_intent_authentication_failure"}, "payment_intent_authentication_failure"),
        ({"code": "card_declined", "decline_code": "generic_decline"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "stolen_card"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "fraudulent"}, "card_declined"),
        ({}, ""),
    ],
)
def test_guests_are_told_why_unless_the_card_may_be_stolen(error: dict[str, str], told: str) -> None:
    assert reason(error) == told


@pytest.mark.parametrize(
    ("descriptor", "suffix"),
    [
        ("The Copper Pot", "The Copper"),
        ("Café Zürich", "Cafe Zuric"),
        ("Joe's *Bar*", "Joe s Bar"),
        ('Bar\\<1>"', "Bar 1"),
        ("1234", ""),
        ("日本", ""),
        ("", ""),
    ],
)
def test_a_statement_descriptor_has_only_what_statements_can_show(descriptor: str, suffix: str) -> None:
    assert statement_suffix(descriptor) == suffix
