"""Getting in: consent, codes, tokens that run out and refresh tokens that work once."""

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


def test_the_consent_page_has_two_buttons_that_lead_back_with_the_state(stranger: Pos) -> None:
    page = stranger.http.get(f"{stranger.openid}/auth?{authorise_query()}", timeout=5)
    assert page.status_code == 200
    assert re.findall(r'name="decision" value="(\w+)"', page.text) == ["deny", "allow"]
    assert stranger.consent("allow", state="s-42")["state"] == "s-42"
    assert stranger.consent("deny", state="s-42") == {"error": "access_denied", "state": "s-42"}


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
def test_a_bad_client_or_redirect_is_a_page_and_never_a_redirect(stranger: Pos, method: str, changes: Json) -> None:
    answer = stranger.http.request(
        method,
        f"{stranger.openid}/auth?{authorise_query(**changes)}",
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
def test_a_bad_request_of_a_good_client_is_sent_back_with_the_error(stranger: Pos, changes: Json, error: str) -> None:
    assert stranger.consent(**changes)["error"] == error


def test_the_redirect_keeps_the_query_of_the_callback(stranger: Pos) -> None:
    assert stranger.consent(redirect_uri="https://shop.example/back?venue=7")["venue"] == "7"


def test_a_code_is_worth_one_pair_of_tokens(stranger: Pos) -> None:
    code = stranger.consent()["code"]
    status, pair = exchange(stranger, code)
    assert status == 200
    assert set(pair) == {"access_token", "expires_in", "refresh_token", "refresh_expires_in", "scope", "token_type"}
    assert (pair["expires_in"], pair["refresh_expires_in"], pair["token_type"]) == (3600, 0, "Bearer")
    assert exchange(stranger, code) == (400, {"error": "invalid_grant", "error_description": "Code not valid"})


def test_a_code_is_bound_to_its_redirect_uri(stranger: Pos) -> None:
    status, body = exchange(stranger, stranger.consent()["code"], redirect_uri="http://127.0.0.1:9/other")
    assert (status, body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(("verifier", "status"), [("right-verifier", 200), ("wrong-verifier", 400), ("", 400)])
def test_a_code_with_a_challenge_needs_its_verifier(stranger: Pos, verifier: str, status: int) -> None:
    code = stranger.consent(code_challenge=challenge("right-verifier"), code_challenge_method="S256")["code"]
    assert exchange(stranger, code, code_verifier=verifier)[0] == status


@pytest.mark.parametrize("login", [None, ("storekit-sandbox", "wrong"), ("somebody", "sandbox-client-secret")])
def test_the_token_endpoint_knows_its_client(stranger: Pos, login: tuple[str, str] | None) -> None:
    answer = stranger.token(auth=login, grant_type="refresh_token", refresh_token="x")
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_an_unknown_grant_is_refused(stranger: Pos) -> None:
    answer = stranger.token(grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_refresh_token_works_once(stranger: Pos) -> None:
    first = stranger.log_in()
    status, second = refresh(stranger, first["refresh_token"])
    assert status == 200
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == first["scope"]
    assert refresh(stranger, first["refresh_token"])[1]["error"] == "invalid_grant"
    assert refresh(stranger, second["refresh_token"])[0] == 200


def test_of_many_who_refresh_at_once_one_wins(stranger: Pos) -> None:
    refresh_token = stranger.log_in()["refresh_token"]
    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(lambda _: refresh(stranger, refresh_token)[0], range(20)))
    assert sorted(statuses) == [200] + [400] * 19
    assert stranger.state()["calls"]["POST token refresh_token"] == 20


def test_a_call_without_a_token_is_unauthorised(stranger: Pos) -> None:
    assert stranger.get(BUSINESSES).status_code == 401
    stranger.use("made-up")
    answer = stranger.get(BUSINESSES)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_access_token_runs_out_and_the_refresh_token_stays(stranger: Pos) -> None:
    pair = stranger.log_in()
    assert stranger.get(BUSINESSES).status_code == 200
    stranger.steer("POST", "tokens/expire")
    assert stranger.get(BUSINESSES).status_code == 401
    stranger.use(refresh(stranger, pair["refresh_token"])[1]["access_token"])
    assert stranger.get(BUSINESSES).status_code == 200


def test_the_lifetime_of_tokens_can_be_set(stranger: Pos) -> None:
    stranger.steer("PUT", "tokens/lifetime", {"seconds": 90})
    assert stranger.log_in()["expires_in"] == 90


def test_revoked_tokens_are_dead(stranger: Pos) -> None:
    pair = stranger.log_in()
    stranger.steer("POST", "tokens/revoke")
    assert stranger.get(BUSINESSES).status_code == 401
    assert refresh(stranger, pair["refresh_token"])[1]["error"] == "invalid_grant"


def test_a_token_opens_its_scopes_only(stranger: Pos) -> None:
    methods = f"/f/finance/{HIGH_STREET}/paymentMethods"
    stranger.log_in("orders-api")
    assert stranger.get(methods).status_code == 403
    assert stranger.get(BUSINESSES).status_code == 200
    stranger.log_in("financial-api")
    assert stranger.get(methods).status_code == 200
    assert stranger.get(BUSINESSES).status_code == 403


def test_a_code_is_delivered_where_it_was_asked_for(stranger: Pos) -> None:
    answer = stranger.http.post(
        f"{stranger.openid}/auth?{authorise_query()}", data={"decision": "allow"}, allow_redirects=False, timeout=5
    )
    assert urlsplit(answer.headers["Location"])._replace(query="").geturl() == BACK
