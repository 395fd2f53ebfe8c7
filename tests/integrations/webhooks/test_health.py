"""Webhooks are checked periodically and registered again if they differ."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import responses
from django.conf import settings
from django.test import Client
from django.utils import timezone

from integrations.connect.pos_warnings import record_pos_warnings
from integrations.connect.service import endpoint_of, pos_for
from integrations.models import Connection
from integrations.pos import Rejected, Unreachable
from integrations.tasks import check_webhooks, refresh_tokens
from integrations.webhooks.health import check_webhook
from storekit.models import Venue
from tests import factories
from tests.integrations.flow import connect
from tests.support.sandbox import SandboxPos

HOOKS = f"{settings.LIGHTSPEED_API_URL}/o/wh/1/webhook"


def held(connection: Connection, **changes: Any) -> dict[str, Any]:
    endpoint = endpoint_of(connection=connection)
    subscriptions = [
        ("order", "DELIVERED"),
        ("item", "SALES_RESTRICTION_UPDATED"),
        ("order_api", "ONLINE_ORDER_READINESS"),
    ]
    return {
        "endpointId": endpoint.id,
        "url": endpoint.url,
        "withBasicAuth": True,
        "username": endpoint.username,
        "provideAccount": True,
        "expandTransactions": True,
        "expandPayments": True,
        "subscribeTo": [{"resource": resource, "name": name} for resource, name in subscriptions],
    } | changes


def lightspeed_has(
    connection: Connection, locations: list[int] | None = None, warnings: Any = None, **changes: Any
) -> None:
    hook = f"{HOOKS}/{connection.endpoint_id}"
    own = [int(connection.business_location_id)] if locations is None else locations
    responses.upsert(responses.GET, hook, json=held(connection, **changes))
    found = [{"businessLocationId": number, "warnings": warnings or []} for number in own]
    responses.upsert(responses.GET, f"{hook}/business-locations", json=found)


@pytest.fixture(autouse=True)
def _http(request: pytest.FixtureRequest) -> Iterator[None]:
    if "sandbox" in request.fixturenames:
        yield
        return
    connection = request.getfixturevalue("connection")
    with responses.mock:
        responses.put(HOOKS, status=400, json={"message": "exists", "errors": []})
        responses.post(HOOKS, json={})
        responses.put(f"{HOOKS}/{connection.endpoint_id}/business-locations/{connection.business_location_id}", json={})
        yield


def updates() -> list[dict[str, Any]]:
    return [json.loads(call.request.body or "{}") for call in responses.calls if call.request.method == "POST"]


def test_one_that_is_right_is_left_alone(connection: Connection) -> None:
    lightspeed_has(connection)

    assert check_webhook(connection=connection) == ()

    connection.refresh_from_db()
    assert connection.webhook_checked_at is not None
    assert (connection.webhook_found, updates()) == ("", [])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"url": "https://elsewhere.example/"}, "It sends to a different address."),
        ({"withBasicAuth": False, "username": None}, "Its settings differ: withBasicAuth, username."),
        ({"provideAccount": False}, "Its settings differ: provideAccount."),
        ({"expandPayments": None}, "Its settings differ: expandPayments."),
        (
            {"subscribeTo": [{"resource": "order", "name": "DELIVERED"}]},
            "It does not subscribe to item/SALES_RESTRICTION_UPDATED, order_api/ONLINE_ORDER_READINESS.",
        ),
        (
            {
                "subscribeTo": [
                    {"resource": "item", "name": "SALES_RESTRICTION_UPDATED"},
                    {"resource": "order_api", "name": "ONLINE_ORDER_READINESS"},
                ]
            },
            "It does not subscribe to order/DELIVERED.",
        ),
        ({"locations": []}, "It does not include this location."),
        ({"locations": [999]}, "It does not include this location."),
    ],
)
def test_whatever_is_wrong_is_said_put_right_and_written_down(
    connection: Connection, changes: dict[str, Any], found: str
) -> None:
    lightspeed_has(connection, **changes)

    assert check_webhook(connection=connection) == (found,)

    connection.refresh_from_db()
    assert connection.webhook_found == f"{found} It was registered again."
    assert [body["endpointId"] for body in updates()] == [connection.endpoint_id]
    assert updates()[0]["provideAccount"] is True
    assert {"resource": "order", "name": "DELIVERED"} in updates()[0]["subscribeTo"]


def test_one_that_the_pos_does_not_put_right_is_missing_says_why_and_is_tried_again(
    connection: Connection, annas_browser: Client
) -> None:
    lightspeed_has(connection, provideAccount=False)
    responses.replace(responses.POST, HOOKS, status=400, json={"message": "The URL is not public", "errors": []})

    with pytest.raises(Rejected):
        check_webhook(connection=connection)

    connection.refresh_from_db()
    assert connection.webhook_found.startswith(
        "Its settings differ: provideAccount. It could not be registered again: "
    )
    assert (connection.webhook_registered_at, connection.webhook_checked_at is None) == (None, False)
    page = annas_browser.get(f"/admin/integrations/connection/{connection.pk}/change/").content.decode()
    assert "Missing" in page
    assert "could not be registered again" in page

    responses.replace(responses.POST, HOOKS, json={})
    refresh_tokens()
    connection.refresh_from_db()
    assert connection.webhook_registered_at is not None


def connection_page(connection: Connection, browser: Client) -> str:
    return browser.get(f"/admin/integrations/connection/{connection.pk}/change/").content.decode()


def test_what_lightspeed_warns_of_is_on_the_connections_page_until_it_stops(
    connection: Connection, annas_browser: Client
) -> None:
    record_pos_warnings(venue=connection.venue, warnings=["Stock is counted by hand."])
    lightspeed_has(connection, warnings=[{"information": "The app on the till is too old.", "type": "APP_VERSION"}])

    assert check_webhook(connection=connection) == ()

    assert updates() == []
    page = connection_page(connection, annas_browser)
    assert "The app on the till is too old." in page
    assert "Stock is counted by hand." in page

    lightspeed_has(connection)
    check_webhook(connection=connection)
    page = connection_page(connection, annas_browser)
    assert "The app on the till is too old." not in page
    assert "Stock is counted by hand." in page


@pytest.mark.parametrize("warnings", ["old", {"information": "old"}, ["old"], [{"information": 7}], [{}], [None]])
def test_a_warning_that_is_not_as_documented_is_left_out(connection: Connection, warnings: Any) -> None:
    lightspeed_has(connection, warnings=warnings)

    assert check_webhook(connection=connection) == ()

    connection.refresh_from_db()
    assert connection.webhook_warnings == ""


def test_a_location_may_be_named_as_in_the_list_of_businesses(connection: Connection) -> None:
    lightspeed_has(connection)
    hook = f"{HOOKS}/{connection.endpoint_id}"
    responses.upsert(responses.GET, f"{hook}/business-locations", json=[{"id": int(connection.business_location_id)}])

    assert check_webhook(connection=connection) == ()


def test_one_that_cannot_be_looked_at_is_not_written_down_as_looked_at(connection: Connection) -> None:
    responses.get(f"{HOOKS}/{connection.endpoint_id}", status=503)

    with pytest.raises(Unreachable):
        check_webhook(connection=connection)

    connection.refresh_from_db()
    assert connection.webhook_checked_at is None


def test_each_is_looked_at_once_an_hour_and_one_in_trouble_stops_no_other(connection: Connection) -> None:
    other = factories.ConnectionFactory()
    responses.get(f"{HOOKS}/{connection.endpoint_id}", status=503)
    responses.put(f"{HOOKS}/{other.endpoint_id}/business-locations/{other.business_location_id}", json={})
    lightspeed_has(other, provideAccount=False)
    factories.ConnectionFactory(enabled=False)
    factories.ConnectionFactory(webhook_registered_at=None)

    assert check_webhooks() == "1 repaired"
    assert check_webhooks() == "0 repaired"
    Connection.objects.update(webhook_checked_at=timezone.now() - timedelta(hours=2))
    assert check_webhooks() == "1 repaired"


def test_a_manager_presses_the_button(connection: Connection, annas_browser: Client, bens_browser: Client) -> None:
    lightspeed_has(connection, provideAccount=False)
    page = f"/admin/integrations/connection/{connection.pk}/check-webhook/"

    assert "Check the webhook of The Copper Pot?" in annas_browser.get(page).content.decode()
    assert updates() == []
    answer = annas_browser.post(page, follow=True).content.decode()
    assert "Its settings differ: provideAccount. It was registered again." in answer
    assert bens_browser.post(page).status_code == 403


def test_the_sandbox_pos_loses_the_webhook_and_gets_it_back(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> None:
    connection = connect(annas_browser, venue)
    assert check_webhook(connection=connection) == ()
    pos_for(venue=venue).remove_webhook(connection.endpoint_id)

    assert check_webhook(connection=connection) == ("It is not registered with Lightspeed.",)

    assert check_webhook(connection=connection) == ()
    assert sandbox.state()["endpoints"][0]["businessLocations"] == [int(connection.business_location_id)]


def test_the_sandbox_pos_warns_when_the_webhook_is_registered_and_when_it_is_checked(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> None:
    sandbox.set_habits(location_warning=True)
    connection = connect(annas_browser, venue)
    warning = "needs a newer version of the app"
    assert warning in connection_page(connection, annas_browser)

    sandbox.set_habits(location_warning=False)
    check_webhook(connection=connection)
    assert warning not in connection_page(connection, annas_browser)

    sandbox.set_habits(location_warning=True)
    check_webhook(connection=connection)
    assert warning in connection_page(connection, annas_browser)
