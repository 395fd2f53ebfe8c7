"""Whether the till takes online orders: kept on the connection, shown to staff and in the storefront's menu."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from integrations.connect.readiness import apply_readiness, ask_readiness
from integrations.connect.service import disconnect
from integrations.models import Connection, Notification
from integrations.pos import Readiness, Unreachable
from integrations.tasks import handle_readiness_notification
from integrations.webhooks.ledger import receive
from storekit.models import Venue
from tests import factories
from tests.menus.snapshots import BURGER_MENU, sync_snapshot

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
CLOSED = "The till is closed."
URL = "/api/v1/venues/copper-pot/menu"


def readiness_body(connection: Connection, **changes: Any) -> dict[str, Any]:
    return {
        "type": "ORDER_API",
        "status": "NOT_READY",
        "businessLocationId": int(connection.business_location_id),
        "lastUpdatedAt": "2026-10-01T12:00:00.000Z",
        "onlineOrderingApiConfiguration": {"enabled": True},
        "posStatus": {"salesPeriod": "CLOSED", "acceptingOnlineOrders": False, "availableDevices": 0},
    } | changes


def state_of(connection: Connection) -> tuple[bool | None, str]:
    connection.refresh_from_db()
    return connection.pos_ready, connection.not_ready_reason


def test_a_notification_keeps_the_state_with_its_reason(connection: Connection) -> None:
    receipt = receive(connection=connection, body=readiness_body(connection))

    assert handle_readiness_notification(receipt.notification_id) == "not ready"

    assert state_of(connection) == (False, CLOSED)
    assert connection.readiness_at == NOON
    assert Notification.objects.get().result == "not ready"


def test_an_older_word_is_left_out_and_a_repeated_one_changes_nothing(connection: Connection, venue: Venue) -> None:
    closed = Readiness(ready=False, reason=CLOSED, updated_at=NOON)
    apply_readiness(venue, closed)

    older = Readiness(ready=True, updated_at=NOON - timedelta(seconds=1))
    assert apply_readiness(venue, older) == "older than what is known"
    assert apply_readiness(venue, closed) == "known already"
    assert state_of(connection) == (False, CLOSED)

    assert apply_readiness(venue, Readiness(ready=True, updated_at=NOON + timedelta(seconds=1))) == "ready"
    assert state_of(connection) == (True, "")


def test_a_till_whose_clock_is_wrong_is_not_believed_for_ever(connection: Connection, venue: Venue) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        apply_readiness(venue, Readiness(ready=False, reason=CLOSED, updated_at=NOON + timedelta(days=400)))
        clock.shift(timedelta(minutes=11))
        apply_readiness(venue, Readiness(ready=True, updated_at=NOON + timedelta(minutes=11)))

    assert state_of(connection) == (True, "")


@responses.activate
def test_the_pos_can_be_asked(connection: Connection, venue: Venue) -> None:
    url = f"{settings.LIGHTSPEED_API_URL}/o/op/1/onlineOrderReadiness"
    responses.get(url, json=readiness_body(connection))

    assert ask_readiness(venue=venue) == "not ready"
    responses.replace(responses.GET, url, status=503)
    with pytest.raises(Unreachable):
        ask_readiness(venue=venue)

    assert state_of(connection) == (False, CLOSED)


def test_a_venue_without_a_till_takes_no_word(venue: Venue, connection: Connection) -> None:
    disconnect(connection=connection)
    assert apply_readiness(venue, Readiness(ready=False, reason=CLOSED)) == "not connected"
    assert state_of(connection) == (None, "")


def test_guests_see_it_under_a_new_tag_without_a_new_version(
    connection: Connection, venue: Venue, client: Client
) -> None:
    cache.clear()
    sync_snapshot(venue, BURGER_MENU)
    ready = client.get(URL)
    assert ready.json()["ordering"] == {"ready": True, "reason": None}

    apply_readiness(venue, Readiness(ready=False, reason=CLOSED, updated_at=NOON))

    closed = client.get(URL, headers={"if-none-match": ready["ETag"]})
    assert (closed.status_code, closed.json()["ordering"]) == (200, {"ready": False, "reason": CLOSED})
    assert closed.json()["version"] == ready.json()["version"]
    assert client.get(URL, headers={"if-none-match": closed["ETag"]}).status_code == 304

    apply_readiness(venue, Readiness(ready=True, updated_at=NOON + timedelta(hours=1)))
    assert client.get(URL, headers={"if-none-match": ready["ETag"]}).status_code == 304


def test_staff_see_it_tonight_and_on_the_connections_page(
    connection: Connection, venue: Venue, bens_browser: Client
) -> None:
    page = f"/admin/integrations/connection/{connection.pk}/change/"
    assert "Not taking online orders" not in bens_browser.get("/admin/").content.decode()
    assert "Not known yet" in bens_browser.get(page).content.decode()

    apply_readiness(venue, Readiness(ready=False, reason=CLOSED, updated_at=NOON))

    tonight = bens_browser.get("/admin/").content.decode()
    assert "Not taking online orders" in tonight
    assert CLOSED in tonight
    assert "Nothing urgent" in tonight
    assert "Everything is fine" not in tonight
    assert f"Not accepted. {CLOSED}" in bens_browser.get(page).content.decode()


def test_it_ends_at_the_venues_wall(connection: Connection, other_venue: Venue) -> None:
    factories.ConnectionFactory(venue=other_venue)
    apply_readiness(other_venue, Readiness(ready=False, reason=CLOSED))
    assert state_of(connection) == (None, "")
