import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from integrations.lightspeed import oauth
from integrations.pos import BadAnswer, PosError, Rejected, Throttled, TokenGrant, Unauthorised, Unreachable

TOKEN_URL = "https://auth.lightspeed.example/token"
CONFIG = oauth.ClientConfig(
    client_id="storekit",
    client_secret="s3cret:/%",
    authorise_url="https://auth.lightspeed.example/auth",
    token_url=TOKEN_URL,
)
REDIRECT = "https://storekit.example/integrations/lightspeed/callback/"
VERIFIER = "v" * 43
PAIR = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 1800, "scope": "orders-api"}


def exchange() -> TokenGrant:
    return oauth.exchange_code(config=CONFIG, redirect_uri=REDIRECT, code="the code", code_verifier=VERIFIER)


def refresh() -> TokenGrant:
    return oauth.refresh(config=CONFIG, refresh_token="refresh-1")


def sent(place: int = 0) -> dict[str, str]:
    body = responses.calls[place].request.body
    text = body.decode() if isinstance(body, bytes) else str(body)
    return {name: values[0] for name, values in parse_qs(text).items()}


def test_the_browser_is_sent_off_with_state_scopes_and_a_hashed_verifier() -> None:
    url = oauth.authorise_url(config=CONFIG, redirect_uri=REDIRECT, state="state-1", code_verifier=VERIFIER)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith("https://auth.lightspeed.example/auth?")
    assert query == {
        "response_type": "code",
        "client_id": "storekit",
        "redirect_uri": REDIRECT,
        "scope": "orders-api financial-api offline_access",
        "state": "state-1",
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }


@responses.activate
def test_a_code_is_exchanged_with_the_verifier_and_basic_authentication() -> None:
    responses.post(TOKEN_URL, json=PAIR)
    grant = exchange()
    assert grant == TokenGrant("access-2", "refresh-2", timedelta(minutes=30), "orders-api")
    assert sent() == {
        "grant_type": "authorization_code",
        "code": "the code",
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    credentials = base64.b64encode(b"storekit:s3cret:/%").decode()
    assert responses.calls[0].request.headers["Authorization"] == f"Basic {credentials}"


@responses.activate
def test_a_refresh_answers_a_new_pair() -> None:
    responses.post(TOKEN_URL, json=PAIR)
    assert refresh().refresh_token == "refresh-2"
    assert sent() == {"grant_type": "refresh_token", "refresh_token": "refresh-1"}


@responses.activate
@pytest.mark.parametrize("nothing", [{}, {"refresh_token": None}, {"refresh_token": ""}])
def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(nothing: dict[str, None]) -> None:
    responses.post(TOKEN_URL, json={"access_token": "access-2", "expires_in": 60} | nothing)
    assert refresh().refresh_token == "refresh-1"


@responses.activate
@pytest.mark.parametrize("seconds", [None, 0, -5, "1e999", 10**30])
def test_an_odd_lifetime_does_not_cost_the_pair(seconds: object) -> None:
    body = PAIR | {"expires_in": seconds, "expires_at": 1}
    responses.post(TOKEN_URL, json={name: value for name, value in body.items() if value is not None})
    grant = refresh()
    assert (grant.access_token, grant.expires_in) == ("access-2", timedelta(minutes=25))


@responses.activate
@pytest.mark.parametrize(
    "odd", [{"expires_in": "soon"}, {"expires_in": {}}, {"expires_in": "1e999"}, {"expires_at": []}]
)
def test_a_lifetime_that_is_no_number_does_not_cost_the_pair(odd: dict[str, object]) -> None:
    responses.post(TOKEN_URL, json={"access_token": "access-2", "refresh_token": "refresh-2"} | odd)
    grant = refresh()
    assert (grant.access_token, grant.refresh_token) == ("access-2", "refresh-2")
    assert grant.expires_in == timedelta(minutes=25)


@responses.activate
@pytest.mark.parametrize(
    ("status", "error", "expected", "code"),
    [
        (400, "invalid_grant", Unauthorised, "invalid_grant"),
        (401, "invalid_client", Rejected, "invalid_client"),
        (400, "unauthorized_client", Rejected, "unauthorized_client"),
        (400, "temporarily_unavailable", Unreachable, "unreachable"),
        (400, "invalid_scope", Rejected, "invalid_scope"),
        (400, "something_new", Rejected, "something_new"),
    ],
)
def test_every_refusal_is_named_by_what_to_do(status: int, error: str, expected: type[PosError], code: str) -> None:
    responses.post(TOKEN_URL, status=status, json={"error": error, "error_description": "Stale"})
    for call in (exchange, refresh):
        with pytest.raises(expected) as caught:
            call()
        assert type(caught.value) is expected
        assert (caught.value.code, caught.value.detail) in {(code, "Stale")}


# The words are those of Lightspeed's log-in service, from integrators' logs.
@responses.activate
@pytest.mark.parametrize(
    ("status", "error", "words", "expected", "code", "advice"),
    [
        (400, "invalid_grant", "Code not valid", Unauthorised, "invalid_grant", "Start connecting again"),
        (400, "invalid_grant", "Incorrect redirect_uri", Rejected, "redirect_uri", "PUBLIC_URL"),
        (401, "unauthorized_client", "Invalid client or Invalid client credentials", Rejected, None, "CLIENT_SECRET"),
        (401, "invalid_client", "Invalid client or Invalid client credentials", Rejected, None, "CLIENT_SECRET"),
        (400, "invalid_request", "Invalid client or Invalid client credentials", Rejected, None, "CLIENT_SECRET"),
    ],
)
def test_a_refused_code_says_what_to_do(
    status: int, error: str, words: str, expected: type[PosError], code: str | None, advice: str
) -> None:
    responses.post(TOKEN_URL, status=status, json={"error": error, "error_description": words})
    with pytest.raises(expected, match=advice) as caught:
        exchange()
    assert (caught.value.code, caught.value.detail) == (code or error, words)


@responses.activate
def test_a_token_that_is_not_active_means_that_the_approval_has_ended() -> None:
    responses.post(TOKEN_URL, status=400, json={"error": "invalid_grant", "error_description": "Token is not active"})
    with pytest.raises(Unauthorised, match="not used for 40 days"):
        refresh()


@responses.activate
def test_the_operator_is_told_which_settings_to_check() -> None:
    responses.post(TOKEN_URL, status=401, json={"error": "invalid_client"})
    with pytest.raises(Rejected, match="LIGHTSPEED_CLIENT_SECRET"):
        refresh()


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, "{}", Unreachable),
        (503, "<html>", Unreachable),
        (429, "{}", Throttled),
        (429, '{"message": "API rate limit exceeded"}', Throttled),
        (429, '{"access_token": "a", "refresh_token": "b"}', Throttled),
        (401, '{"message": "Unauthorized"}', BadAnswer),
        (403, '{"message": "Forbidden"}', BadAnswer),
        (401, '{"access_token": "a", "refresh_token": "b"}', BadAnswer),
        (302, "", BadAnswer),
        (404, "<html>", BadAnswer),
        (200, "<html>", BadAnswer),
        (200, "[]", BadAnswer),
        (200, "{}", BadAnswer),
        (200, '{"access_token": ""}', BadAnswer),
        (200, '{"access_token": 7}', BadAnswer),
        (200, '{"access_token": "a", "refresh_token": 7}', BadAnswer),
        (200, '{"error": {"odd": 1}}', Rejected),
    ],
)
def test_nonsense_is_never_taken_for_tokens(status: int, body: str, expected: type[PosError]) -> None:
    responses.post(TOKEN_URL, status=status, body=body, headers={"Location": "https://elsewhere.example/"})
    for call in (exchange, refresh):
        with pytest.raises(expected) as caught:
            call()
        assert type(caught.value) is expected
    assert len(responses.calls) == 2


@responses.activate
@pytest.mark.parametrize("failure", [requests.ConnectTimeout(), requests.ReadTimeout(), requests.ConnectionError()])
def test_no_answer_is_unreachable(failure: Exception) -> None:
    responses.post(TOKEN_URL, body=failure)
    with pytest.raises(Unreachable):
        refresh()


@responses.activate
def test_every_call_has_a_time_out() -> None:
    seen: list[object] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        seen.append(request.req_kwargs["timeout"])  # type: ignore[attr-defined]
        return 400, {}, '{"error": "invalid_grant"}'

    responses.add_callback(responses.POST, TOKEN_URL, callback=answer)
    for call in (exchange, refresh):
        with pytest.raises(Unauthorised):
            call()
    assert seen == [(3.05, 20), (3.05, 20)]


def test_what_holds_secrets_does_not_print_them() -> None:
    grant = TokenGrant("access-2", "refresh-2", timedelta(hours=1), "")
    assert not any(secret in f"{grant} {CONFIG}" for secret in ("access-2", "refresh-2", "s3cret"))
