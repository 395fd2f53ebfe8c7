"""Receiving notifications: authenticated, stored once for each fact, and queued."""

import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.db import OperationalError
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from integrations import tasks
from integrations.models import Connection, Notification
from integrations.webhooks.views import LARGEST_BODY
from storekit.db import due_rows
from storekit.models import Venue
from tests.integrations.webhooks.notifications import DRAIN_TASK, order_body, queued


def address_of(connection: Connection) -> str:
    return f"/webhooks/lightspeed/{connection.public_id}/"


Deliver = Callable[..., requests.Response]


@pytest.fixture
def deliver(live_server: LiveServer, connection: Connection) -> Deliver:
    """The POS posts to the connection's webhook, over a socket, with the right credentials by default."""

    def post(body: Any = None, *, raw: bytes | None = None, auth: Any = "right", path: str = "") -> requests.Response:
        if auth == "right":
            auth = (connection.webhook_username, connection.webhook_password)
        data = raw if raw is not None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        url = live_server.url + (path or address_of(connection))
        return requests.post(url, data=data, auth=auth, headers=headers, timeout=10)

    return post


def code_of(answer: requests.Response) -> str:
    found: str = answer.json()["errors"][0]["code"]
    return found


def test_a_notification_is_stored_and_its_task_queued(deliver: Deliver, connection: Connection) -> None:
    body = order_body(connection)
    answer = deliver(body)
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    row = Notification.objects.get()
    assert (row.connection, row.type, row.status) == (connection, "ORDER", "SUCCESS")
    assert (row.reference, row.account) == ("SK-7-1", "A78094.48")
    assert (row.body, row.processed_at, row.times_received) == (body, None, 1)
    assert queued() == [(DRAIN_TASK, connection.venue_id)]


def test_a_repeated_fact_is_counted_and_not_processed_twice(deliver: Deliver, connection: Connection) -> None:
    deliver(order_body(connection))
    answer = deliver(order_body(connection))
    assert (answer.status_code, answer.json()) == (200, {"status": "seen before"})
    assert Notification.objects.get().times_received == 2
    assert len(queued()) == 1


def test_the_same_fact_about_another_order_is_another_notification(deliver: Deliver, connection: Connection) -> None:
    deliver(order_body(connection))
    deliver(order_body(connection, thirdPartyReference="SK-8-1", ikentooAccountIdentifier="A78095.48"))
    assert Notification.objects.count() == 2


@pytest.mark.parametrize("auth", [None, ("storekit", "guess"), ("storekit", ""), ("", ""), ("störekit", "pässword")])
def test_wrong_credentials_are_refused_and_nothing_is_stored(
    auth: tuple[str, str] | None, deliver: Deliver, connection: Connection
) -> None:
    encoded = tuple(part.encode() for part in auth) if auth else None
    answer = deliver(order_body(connection), auth=encoded)
    assert (answer.status_code, code_of(answer)) == (401, "authentication_failed")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert not Notification.objects.exists()
    assert queued() == []


def test_a_user_name_alone_does_not_open_another_venues_webhook(
    deliver: Deliver, connection: Connection, other_venue: Venue
) -> None:
    other = Connection.objects.create(venue=other_venue, environment="sandbox")
    assert deliver(order_body(connection), path=address_of(other)).status_code == 401


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic /w==", "Bearer abc", "Basic c3RvcmVraXQ="])
def test_a_header_that_is_no_basic_authentication_is_refused(
    header: str, client: Client, connection: Connection
) -> None:
    answer = client.post(address_of(connection), "{}", content_type="application/json", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401


def test_an_unknown_webhook_is_not_found_even_with_credentials(deliver: Deliver, connection: Connection) -> None:
    answer = deliver(order_body(connection), path=f"/webhooks/lightspeed/{uuid.uuid4()}/", auth=None)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_an_address_that_is_no_webhook_is_answered_as_an_error_too(deliver: Deliver) -> None:
    answer = deliver({}, path="/webhooks/lightspeed/not-an-id/", auth=None)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b'{"type": "ORDER"',
        b"[]",
        b'"ORDER"',
        b"null",
        b'{"a": NaN}',
        b'{"a": 1e99999999999999999999}',
        b"\xff\xfe\xfa",
        b"[" * 200_000,
        b'{"a": ' + b"[" * 700 + b"]" * 700 + b"}",
        b'{"a": ' * 900 + b"1" + b"}" * 900,
    ],
    ids=[
        "empty",
        "text",
        "cut short",
        "list",
        "string",
        "null",
        "NaN",
        "endless number",
        "no UTF-8",
        "bottomless",
        "lists nested too deeply",
        "objects nested too deeply",
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(raw: bytes, deliver: Deliver) -> None:
    answer = deliver(raw=raw)
    assert (answer.status_code, code_of(answer)) == (400, "parse_error")
    assert not Notification.objects.exists()


def test_a_body_over_one_mebibyte_is_refused(deliver: Deliver) -> None:
    answer = deliver(raw=b'{"a": "' + b"x" * LARGEST_BODY + b'"}')
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert not Notification.objects.exists()


def test_a_body_of_exactly_one_mebibyte_is_taken(deliver: Deliver, connection: Connection) -> None:
    body = json.dumps(order_body(connection)).encode()
    assert deliver(raw=body + b" " * (LARGEST_BODY - len(body))).status_code == 200


def test_limits_are_not_revealed_to_strangers(deliver: Deliver) -> None:
    assert deliver(raw=b"x" * (LARGEST_BODY + 1), auth=("storekit", "guess")).status_code == 401


def test_only_posts_are_taken(client: Client, connection: Connection) -> None:
    assert client.get(address_of(connection)).status_code == 405


def test_amounts_are_kept_to_the_last_digit(deliver: Deliver, connection: Connection) -> None:
    raw = json.dumps(order_body(connection))[:-1] + ', "account": {"currentAmount": 12.10000000000000000009}}'
    assert deliver(raw=raw.encode()).status_code == 200
    kept = Notification.objects.get().body["account"]["currentAmount"]
    assert Decimal(kept) == Decimal("12.10000000000000000009")


def test_a_notification_with_characters_no_database_stores_is_accepted(
    deliver: Deliver, connection: Connection
) -> None:
    raw = json.dumps(order_body(connection))[:-1] + r', "reason": "no\u0000 \ud800 stock", "x\u0000": 1}'
    assert deliver(raw=raw.encode()).status_code == 200
    assert Notification.objects.get().body["reason"] == "no ? stock"


def test_a_notification_with_overlong_values_is_accepted(deliver: Deliver, connection: Connection) -> None:
    body = order_body(connection, thirdPartyReference="r" * 500, status="S" * 500, type="T" * 500)
    assert deliver(body).status_code == 200
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("body", [{}, {"type": None}, {"type": 5, "status": []}, {"type": "ORDER", "status": {}}])
def test_an_object_that_cannot_be_parsed_is_stored_too(body: dict[str, Any], deliver: Deliver) -> None:
    assert deliver(body).status_code == 200
    row = Notification.objects.get()
    assert row.body == body
    assert row.processed_at is not None


def test_another_locations_notification_is_stored_and_not_processed(deliver: Deliver, connection: Connection) -> None:
    assert deliver(order_body(connection, businessLocationId=999)).status_code == 200
    row = Notification.objects.get()
    assert row.result == "foreign location"
    assert row.processed_at is not None
    assert queued() == []


def test_what_was_ignored_does_not_make_the_same_fact_look_seen_before(
    deliver: Deliver, connection: Connection
) -> None:
    deliver(order_body(connection, businessLocationId=999))
    assert deliver(order_body(connection, businessLocationId=999)).json()["status"] == "seen before"
    assert deliver(order_body(connection)).json()["status"] == "stored"
    assert len(queued()) == 1


def test_what_came_while_the_venue_was_disconnected_is_processed_when_sent_again(
    deliver: Deliver, connection: Connection
) -> None:
    body = order_body(connection)
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    deliver(body)
    Connection.objects.update(status=connection.status)
    assert deliver(body).json()["status"] == "stored"
    assert len(queued()) == 1


def test_a_notification_that_names_no_location_is_the_connections_own(deliver: Deliver, connection: Connection) -> None:
    body = order_body(connection)
    del body["businessLocationId"]
    deliver(body)
    assert len(queued()) == 1


def test_a_disconnected_venue_takes_notifications_and_ignores_them(deliver: Deliver, connection: Connection) -> None:
    body = order_body(connection)
    Connection.objects.update(status=Connection.Status.DISCONNECTED, business_location_id="")
    assert deliver(body).status_code == 200
    assert Notification.objects.get().result == "not connected"


def test_types_without_a_task_are_stored_and_not_processed(deliver: Deliver, connection: Connection) -> None:
    body = {"type": "SOMETHING_NEW", "businessLocationId": int(connection.business_location_id)}
    assert deliver(body).status_code == 200
    row = Notification.objects.get()
    assert (row.result, row.next_attempt_at) == ("not used yet", None)
    assert row.processed_at is not None


def test_a_queue_that_is_down_loses_nothing(
    deliver: Deliver, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any) -> None:
        raise OperationalError("the queue is down")

    with monkeypatch.context() as patched:
        patched.setattr(due_rows, "async_task", down)
        assert deliver(order_body(connection)).status_code == 200
    assert queued() == []
    assert tasks.sweep_notifications() == "1 queued"
    assert queued() == [(DRAIN_TASK, connection.venue_id)]
