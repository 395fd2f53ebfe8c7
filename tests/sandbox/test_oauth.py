"""OAuth: consent, authorisation codes, access tokens and single-use refresh tokens.

Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.sandbox.pos import BACK, HIGH_STREET, Json, Pos, authorise_query, challenge

BUSINESSES = "/o/op/data/businesses"


def exchange(pos: Pos, code: str, **form: str) -> tuple[int, Json]:
    fields: Json = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **form}
    answer = pos.token(**fields)
    return answer.status_code, answer.json()


def refresh(pos: Pos, refresh_token: str) -> tuple[int, Json]:
    answer = pos.token(grant_type="refresh_token", refresh_token=refresh_token)
    return answer.status_code, answer.json()


def test_both_buttons_of_the_consent_page_redirect_with_the_state(anonymous: Pos) -> None:
    page = anonymous.http.get(f"{anonymous.openid}/auth?{authorise_query()}", timeout=5)
    assert page.status_code == 200
    assert re.findall(r'name="decision" value="(\w+)"', page.text) == ["deny", "allow"]
    assert anonymous.consent("allow", state="s-42")["state"] == "s-42"
    assert anonymous.consent("deny", state="s-42") == {"error": "access_denied", "state": "s-42"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "somebody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "http://shop.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_invalid_client_or_redirect_uri_shows_a_page_and_never_redirects(
    anonymous: Pos, method: str, changes: Json
) -> None:
    answer = anonymous.http.request(
        method,
        f"{anonymous.openid}/auth?{authorise_query(**changes)}",
        data={"decision": "allow"},
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "orders-api everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": "abc", "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_an_invalid_request_of_a_valid_client_redirects_with_the_error(
    anonymous: Pos, changes: Json, error: str
) -> None:
    assert anonymous.consent(**changes)["error"] == error


def test_the_redirect_keeps_the_query_of_the_redirect_uri(anonymous: Pos) -> None:
    assert anonymous.consent(redirect_uri="https://shop.example/back?venue=7")["venue"] == "7"


def test_a_code_works_once(anonymous: Pos) -> None:
    code = anonymous.consent()["code"]
    status, pair = exchange(anonymous, code)
    assert status == 200
    assert set(pair) == {"access_token", "expires_in", "refresh_token", "refresh_expires_in", "scope", "token_type"}
    assert (pair["expires_in"], pair["refresh_expires_in"], pair["token_type"]) == (1500, 0, "Bearer")
    assert exchange(anonymous, code) == (400, {"error": "invalid_grant", "error_description": "Code not valid"})


def test_a_code_is_bound_to_its_redirect_uri(anonymous: Pos) -> None:
    status, body = exchange(anonymous, anonymous.consent()["code"], redirect_uri="http://127.0.0.1:9/other")
    assert (status, body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(("verifier", "status"), [("right-verifier", 200), ("wrong-verifier", 400), ("", 400)])
def test_a_code_with_a_challenge_needs_its_verifier(anonymous: Pos, verifier: str, status: int) -> None:
    code = anonymous.consent(code_challenge=challenge("right-verifier"), code_challenge_method="S256")["code"]
    assert exchange(anonymous, code, code_verifier=verifier)[0] == status


@pytest.mark.parametrize("login", [None, ("storekit-sandbox", "wrong"), ("somebody", "sandbox-client-secret")])
def test_the_token_endpoint_authenticates_the_client(anonymous: Pos, login: tuple[str, str] | None) -> None:
    answer = anonymous.token(auth=login, grant_type="refresh_token", refresh_token="x")
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_an_unknown_grant_is_refused(anonymous: Pos) -> None:
    answer = anonymous.token(grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_refresh_token_works_once(anonymous: Pos) -> None:
    first = anonymous.log_in()
    status, second = refresh(anonymous, first["refresh_token"])
    assert status == 200
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == first["scope"]
    assert refresh(anonymous, first["refresh_token"])[1]["error"] == "invalid_grant"
    assert refresh(anonymous, second["refresh_token"])[0] == 200


def test_of_many_simultaneous_refreshes_one_succeeds(anonymous: Pos) -> None:
    refresh_token = anonymous.log_in()["refresh_token"]
    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(lambda _: refresh(anonymous, refresh_token)[0], range(20)))
    assert sorted(statuses) == [200] + [400] * 19
    assert anonymous.state()["calls"]["POST token refresh_token"] == 20


def test_a_call_without_a_token_is_unauthorised(anonymous: Pos) -> None:
    assert anonymous.get(BUSINESSES).status_code == 401
    anonymous.use("made-up")
    answer = anonymous.get(BUSINESSES)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_refresh_token_outlives_its_access_token(anonymous: Pos) -> None:
    pair = anonymous.log_in()
    assert anonymous.get(BUSINESSES).status_code == 200
    anonymous.control("POST", "tokens/expire")
    assert anonymous.get(BUSINESSES).status_code == 401
    anonymous.use(refresh(anonymous, pair["refresh_token"])[1]["access_token"])
    assert anonymous.get(BUSINESSES).status_code == 200


def test_the_lifetime_of_tokens_can_be_set(anonymous: Pos) -> None:
    anonymous.control("PUT", "tokens/lifetime", {"seconds": 90})
    assert anonymous.log_in()["expires_in"] == 90


def test_revoked_tokens_are_invalid(anonymous: Pos) -> None:
    pair = anonymous.log_in()
    anonymous.control("POST", "tokens/revoke")
    assert anonymous.get(BUSINESSES).status_code == 401
    assert refresh(anonymous, pair["refresh_token"])[1]["error"] == "invalid_grant"


def test_a_token_is_limited_to_its_scopes(anonymous: Pos) -> None:
    methods = f"/f/finance/{HIGH_STREET}/paymentMethods"
    anonymous.log_in("orders-api")
    assert anonymous.get(methods).status_code == 403
    assert anonymous.get(BUSINESSES).status_code == 200
    anonymous.log_in("financial-api")
    assert anonymous.get(methods).status_code == 200
    assert anonymous.get(BUSINESSES).status_code == 403


def test_a_code_is_sent_to_the_redirect_uri(anonymous: Pos) -> None:
    answer = anonymous.http.post(
        f"{anonymous.openid}/auth?{authorise_query()}", data={"decision": "allow"}, allow_redirects=False, timeout=5
    )
    assert urlsplit(answer.headers["Location"])._replace(query="").geturl() == BACK


def test_a_code_is_good_for_15_seconds(anonymous: Pos) -> None:
    """Source: integrators' logs."""
    codes = [anonymous.consent()["code"] for _ in range(2)]
    anonymous.control("POST", "tokens/age", {"seconds": 12})
    assert exchange(anonymous, codes[0])[0] == 200
    anonymous.control("POST", "tokens/age", {"seconds": 3})
    assert exchange(anonymous, codes[1]) == (400, {"error": "invalid_grant", "error_description": "Code not valid"})


@pytest.mark.parametrize("other", [f"{BACK}/", f"{BACK}?", BACK.upper()])
def test_the_redirect_uri_must_be_the_same_to_the_letter(anonymous: Pos, other: str) -> None:
    answer = exchange(anonymous, anonymous.consent()["code"], redirect_uri=other)
    assert answer == (400, {"error": "invalid_grant", "error_description": "Incorrect redirect_uri"})


@pytest.mark.parametrize("login", [None, ("storekit-sandbox", "sandbox-client-secret")])
def test_credentials_in_the_body_are_refused(anonymous: Pos, login: tuple[str, str] | None) -> None:
    credentials = {"client_id": "storekit-sandbox", "client_secret": "sandbox-client-secret"}
    answer = anonymous.token(login, grant_type="refresh_token", refresh_token="x", **credentials)
    assert answer.status_code == 401
    assert answer.json()["error_description"] == "Invalid client or Invalid client credentials"


@pytest.mark.parametrize(("scope", "days"), [("orders-api offline_access", 40), ("orders-api", 30 / 24 / 60)])
def test_a_refresh_token_dies_of_disuse(anonymous: Pos, scope: str, days: float) -> None:
    """It lives for 40 days with offline_access and for 30 minutes without; each refresh starts anew."""
    token = anonymous.log_in(scope)["refresh_token"]
    for _ in range(2):
        anonymous.control("POST", "tokens/age", {"seconds": days * 86_400 - 10})
        status, pair = refresh(anonymous, token)
        assert status == 200
        token = pair["refresh_token"]
    anonymous.control("POST", "tokens/age", {"seconds": days * 86_400})
    assert refresh(anonymous, token) == (400, {"error": "invalid_grant", "error_description": "Token is not active"})


def test_a_refresh_token_without_offline_access_says_when_it_ends(anonymous: Pos) -> None:
    assert anonymous.log_in("orders-api")["refresh_expires_in"] == 1800


@pytest.mark.parametrize("token", ["spent", "made up"])
def test_a_spent_or_unknown_refresh_token_is_not_active(anonymous: Pos, token: str) -> None:
    first = anonymous.log_in()["refresh_token"]
    refresh(anonymous, first)
    answer = refresh(anonymous, first if token == "spent" else token)
    assert answer == (400, {"error": "invalid_grant", "error_description": "Token is not active"})
