"""Tokens are fresh, replaced by one process at a time, and never seen."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
import time_machine
from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from integrations import tasks
from integrations.connect import tokens
from integrations.connect.tokens import ConnectionTokens
from integrations.models import Connection, TokenPair
from integrations.pos import BadAnswer, NotConnected, Throttled, Unauthorised, Unreachable
from storekit.models import Venue
from tests import factories
from tests.integrations.flow import connect
from tests.support.processes import run_python
from tests.support.sandbox import SandboxPos, eventually

NEW_PAIR = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 1500, "token_type": "Bearer"}


@pytest.fixture
def token_endpoint() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked


def answer_with_a_new_pair(mocked: responses.RequestsMock) -> None:
    mocked.post(settings.LIGHTSPEED_TOKEN_URL, json=NEW_PAIR)


def let_expire(connection: Connection, *, in_seconds: int) -> TokenPair:
    TokenPair.objects.filter(connection=connection).update(expires_at=timezone.now() + timedelta(seconds=in_seconds))
    return TokenPair.objects.get(connection=connection)


def sent_refresh_token(call: Any) -> str:
    return parse_qs(call.request.body)["refresh_token"][0]


def test_a_token_with_time_left_is_used_as_it_is(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    let_expire(connection, in_seconds=180)
    assert ConnectionTokens(connection.pk).access_token() == "access-1"
    assert len(token_endpoint.calls) == 0


def test_a_token_is_replaced_two_minutes_before_it_expires(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    answer_with_a_new_pair(token_endpoint)
    let_expire(connection, in_seconds=100)
    assert ConnectionTokens(connection.pk).access_token() == "access-2"
    pair = TokenPair.objects.get(connection=connection)
    assert (pair.access_token, pair.refresh_token, pair.generation) == ("access-2", "refresh-2", 2)
    assert pair.refreshing_until is None
    assert pair.expires_at > timezone.now() + timedelta(minutes=24)
    assert sent_refresh_token(token_endpoint.calls[0]) == "refresh-1"


def test_the_new_refresh_token_is_the_one_that_is_used_next(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    answer_with_a_new_pair(token_endpoint)
    source = ConnectionTokens(connection.pk)
    source.renewed("access-1")
    source.renewed("access-2")
    assert [sent_refresh_token(call) for call in token_endpoint.calls] == ["refresh-1", "refresh-2"]


def test_a_token_refused_by_the_pos_is_replaced_although_it_has_time_left(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    answer_with_a_new_pair(token_endpoint)
    assert ConnectionTokens(connection.pk).renewed("access-1") == "access-2"


def test_nothing_is_replaced_when_another_process_has_done_it_already(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    assert ConnectionTokens(connection.pk).renewed("access-0") == "access-1"
    assert len(token_endpoint.calls) == 0


def test_a_lapsed_consent_turns_the_connection_to_reconnect_needed(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, json={"error": "invalid_grant"}, status=400)
    let_expire(connection, in_seconds=-1)
    with pytest.raises(Unauthorised):
        ConnectionTokens(connection.pk).access_token()
    connection.refresh_from_db()
    assert connection.status == Connection.Status.RECONNECT_NEEDED
    assert "reconnect" in connection.status_reason

    with pytest.raises(Unauthorised):
        ConnectionTokens(connection.pk).access_token()
    assert len(token_endpoint.calls) == 1, "a dead refresh token is not sent again"


def test_a_loser_with_an_old_token_does_not_spoil_a_fresh_connection(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    """Staff reconnect while a refresh of the old consent is on its way: its `invalid_grant` is about the old one."""

    def reconnect_during_refresh(request: Any) -> tuple[int, dict[str, str], str]:
        TokenPair.objects.filter(connection=connection).update(
            access_token="access-of-the-new-consent",
            generation=7,
            refreshing_until=None,
            expires_at=timezone.now() + timedelta(hours=1),
        )
        return 400, {}, json.dumps({"error": "invalid_grant"})

    token_endpoint.add_callback(responses.POST, settings.LIGHTSPEED_TOKEN_URL, reconnect_during_refresh)
    assert ConnectionTokens(connection.pk).renewed("access-1") == "access-of-the-new-consent"
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED


def test_a_late_pair_of_an_old_consent_does_not_replace_the_new_one(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    def reconnect_during_refresh(request: Any) -> tuple[int, dict[str, str], str]:
        TokenPair.objects.filter(connection=connection).update(access_token="access-of-the-new-consent", generation=7)
        return 200, {"Content-Type": "application/json"}, json.dumps(NEW_PAIR)

    token_endpoint.add_callback(responses.POST, settings.LIGHTSPEED_TOKEN_URL, reconnect_during_refresh)
    assert ConnectionTokens(connection.pk).renewed("access-1") == "access-of-the-new-consent"


@pytest.mark.parametrize(
    "fault", [{"body": requests.ConnectionError("no route")}, {"status": 503}], ids=["no route", "503"]
)
def test_an_unreachable_log_in_service_leaves_the_connection_as_it_was(
    fault: dict[str, Any], connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, **fault)
    before = let_expire(connection, in_seconds=-1)
    with pytest.raises(Unreachable):
        ConnectionTokens(connection.pk).access_token()
    pair = TokenPair.objects.get(connection=connection)
    assert (pair.refreshing_until, pair.generation, pair.refresh_token) == (None, before.generation, "refresh-1")
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED


def test_a_token_that_is_still_valid_is_used_while_the_log_in_service_is_down(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, status=503)
    let_expire(connection, in_seconds=60)
    assert ConnectionTokens(connection.pk).access_token() == "access-1"


def test_a_wrong_client_secret_is_not_taken_for_a_lapsed_consent(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, json={"error": "invalid_client"}, status=401)
    with pytest.raises(Exception, match="LIGHTSPEED_CLIENT_SECRET"):
        ConnectionTokens(connection.pk).renewed("access-1")
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED
    assert TokenPair.objects.get().refreshing_until is None


@pytest.mark.parametrize("status", [401, 403, 404, 429])
@pytest.mark.parametrize(
    "body",
    [
        {"message": "API rate limit exceeded"},
        {"message": "Unauthorized", "access_token": "not-a-token", "refresh_token": "not-one-either"},
    ],
)
def test_a_refusal_without_an_oauth_error_is_never_stored_as_tokens(
    connection: Connection, token_endpoint: responses.RequestsMock, status: int, body: dict[str, str]
) -> None:
    """Authlib returns the body of such an answer as if it were tokens."""
    before = TokenPair.objects.values("access_token", "refresh_token", "generation", "expires_at").get()
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, json=body, status=status)

    with pytest.raises(Throttled if status == 429 else BadAnswer):
        ConnectionTokens(connection.pk).renewed("access-1")

    assert TokenPair.objects.values("access_token", "refresh_token", "generation", "expires_at").get() == before
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED
    token_endpoint.reset()
    answer_with_a_new_pair(token_endpoint)
    assert ConnectionTokens(connection.pk).renewed("access-1") == "access-2"


def test_the_lease_of_a_process_that_died_is_taken_over(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    answer_with_a_new_pair(token_endpoint)
    TokenPair.objects.filter(connection=connection).update(refreshing_until=timezone.now() + tokens.LEASE)
    with time_machine.travel(timezone.now() + tokens.LEASE + timedelta(seconds=1), tick=True):
        assert ConnectionTokens(connection.pk).renewed("access-1") == "access-2"


@pytest.mark.django_db(transaction=True)
def test_a_second_process_waits_for_the_refresh_under_way(connection: Connection) -> None:
    TokenPair.objects.filter(connection=connection).update(refreshing_until=timezone.now() + tokens.LEASE)
    found: list[str] = []

    def wait_for_it() -> None:
        found.append(ConnectionTokens(connection.pk).renewed("access-1"))
        database.close()

    waiter = threading.Thread(target=wait_for_it)
    waiter.start()
    TokenPair.objects.filter(connection=connection).update(access_token="access-2", generation=2, refreshing_until=None)
    waiter.join(timeout=10)
    assert found == ["access-2"]


def test_a_token_that_is_still_good_is_used_while_another_process_replaces_it(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    let_expire(connection, in_seconds=90)
    TokenPair.objects.update(refreshing_until=timezone.now() + tokens.LEASE)
    assert ConnectionTokens(connection.pk).access_token() == "access-1"
    assert len(token_endpoint.calls) == 0


def test_the_status_says_what_keeps_tokens_from_being_renewed_until_they_are(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    refusal = {"error": "unauthorized_client", "error_description": "Invalid client or Invalid client credentials"}
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, json=refusal, status=401)
    let_expire(connection, in_seconds=1)
    tasks.refresh_tokens()
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED
    assert "LIGHTSPEED_CLIENT_SECRET" in connection.status_reason

    token_endpoint.reset()
    answer_with_a_new_pair(token_endpoint)
    tasks.refresh_tokens()
    connection.refresh_from_db()
    assert connection.status_reason == ""


def test_a_venue_without_tokens_is_not_connected(venue: Venue) -> None:
    made = factories.ConnectionFactory(venue=venue, tokens=None)
    with pytest.raises(NotConnected):
        ConnectionTokens(made.pk).access_token()


def test_tokens_are_encrypted_at_rest_and_stay_out_of_the_log(
    connection: Connection, token_endpoint: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer_with_a_new_pair(token_endpoint)
    ConnectionTokens(connection.pk).renewed("access-1")
    with database.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM integrations_tokenpair")
        stored = " ".join(cursor.fetchone())
    for secret in ("access-1", "refresh-1", "access-2", "refresh-2"):
        assert secret not in stored
        assert secret not in caplog.text


# --- The periodic task


def refreshed_at(pair: TokenPair, moment: datetime) -> None:
    TokenPair.objects.filter(pk=pair.pk).update(refreshed_at=moment)


def test_the_periodic_task_refreshes_ahead_of_expiry(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    answer_with_a_new_pair(token_endpoint)
    let_expire(connection, in_seconds=10 * 60)
    assert tasks.refresh_tokens() == "1 refreshed"
    assert tasks.refresh_tokens() == "0 refreshed"


def test_a_token_of_25_minutes_never_expires_between_two_runs_of_the_periodic_task(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    answer_with_a_new_pair(token_endpoint)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(24):
            tasks.refresh_tokens()
            clock.shift(timedelta(minutes=10))
            left = TokenPair.objects.get(connection=connection).expires_at - timezone.now()
            assert left >= timedelta(minutes=5)
    assert len(token_endpoint.calls) <= 12


def test_the_periodic_task_keeps_an_idle_refresh_token_from_lapsing(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    answer_with_a_new_pair(token_endpoint)
    pair = let_expire(connection, in_seconds=90 * 24 * 3600)
    refreshed_at(pair, timezone.now() - timedelta(days=4))
    assert tasks.refresh_tokens() == "1 refreshed"


def test_the_periodic_task_leaves_ended_and_foreign_connections_alone(
    token_endpoint: responses.RequestsMock, db: None
) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    for fields in ({"status": Connection.Status.RECONNECT_NEEDED}, {"environment": "production"}):
        made = factories.ConnectionFactory(**fields)
        TokenPair.objects.filter(connection=made).update(expires_at=soon)
    assert tasks.refresh_tokens() == "0 refreshed"


def test_one_venues_trouble_does_not_keep_the_others_from_being_refreshed(
    connection: Connection, token_endpoint: responses.RequestsMock
) -> None:
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, json={"error": "invalid_grant"}, status=400)
    token_endpoint.post(settings.LIGHTSPEED_TOKEN_URL, json=NEW_PAIR)
    other = factories.ConnectionFactory()
    let_expire(connection, in_seconds=1)
    let_expire(other, in_seconds=2)
    assert tasks.refresh_tokens() == "1 refreshed"


# --- Over real sockets


def wait_for(path: Path) -> None:
    eventually(path.exists, seconds=30)


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_refresh_one_token_at_once_send_one_refresh(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue, tmp_path: Path
) -> None:
    made = connect(annas_browser, venue)
    let_expire(made, in_seconds=-1)
    sandbox.switch_on(slow_token=0.5)
    racers = []
    for name in ("first", "second"):
        code = f"""
import pathlib, time
from integrations.connect.tokens import ConnectionTokens
folder = pathlib.Path({str(tmp_path)!r})
(folder / {name!r}).touch()
while not (folder / "go").exists():
    time.sleep(0.001)
print(ConnectionTokens({made.pk}).access_token())
"""
        racers.append(run_python(code))
    wait_for(tmp_path / "first")
    wait_for(tmp_path / "second")
    (tmp_path / "go").touch()
    outputs = [racer.communicate(timeout=40) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], outputs
    stored = TokenPair.objects.get(connection=made)
    assert [out.strip() for out, _ in outputs] == [stored.access_token, stored.access_token]
    assert sandbox.calls("POST token refresh_token") == 1
    made.refresh_from_db()
    assert made.status == Connection.Status.CONNECTED
