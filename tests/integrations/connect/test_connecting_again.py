"""Connecting a venue that is live: it stays live until the new consent is known to cover a location of its own."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
import responses
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from integrations import tasks
from integrations.connect import service
from integrations.models import Connection, TokenPair, WaitingConsent
from storekit.models import Venue
from tests import factories
from tests.integrations.flow import begin, state_of

CONNECT = "/integrations/lightspeed/connect/"
CALLBACK = "/integrations/lightspeed/callback/"
BUSINESSES = f"{settings.LIGHTSPEED_API_URL}/o/op/data/businesses"
QUAY = {"id": 1, "name": "Group", "businessLocations": [{"id": 2, "name": "Quay"}]}
GRANT = {"access_token": "access-9", "refresh_token": "refresh-9", "expires_in": 1500, "scope": "orders-api"}

Status = Connection.Status


@pytest.fixture
def pos() -> Iterator[responses.RequestsMock]:
    """Lightspeed, giving consents whose access token is `access-9`."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        mocked.post(settings.LIGHTSPEED_TOKEN_URL, json=GRANT)
        mocked.add(responses.DELETE, re.compile(f"{settings.LIGHTSPEED_API_URL}/o/wh/1/"), status=204)
        mocked.add(responses.PUT, f"{settings.LIGHTSPEED_API_URL}/o/wh/1/webhook", status=503)
        mocked.add(responses.GET, f"{settings.LIGHTSPEED_API_URL}/o/op/1/menu/list", status=503)
        yield mocked


def location_page(venue: Venue) -> str:
    return f"/integrations/lightspeed/{venue.slug}/location/"


def give_consent(browser: Client, venue: Venue) -> str:
    """Returns where the browser is sent after the consent; nobody goes there."""
    answer = browser.get(CALLBACK, {"state": state_of(begin(browser, venue)), "code": "abc"})
    assert answer.status_code == 302, answer.content
    return str(answer.headers["Location"])


def in_use(connection: Connection) -> tuple[str, str, str]:
    connection.refresh_from_db()
    tokens = TokenPair.objects.get(connection=connection)
    return connection.status, connection.business_location_id, tokens.access_token


def test_opening_the_address_changes_nothing_and_asks_first(
    annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    page = annas_browser.get(CONNECT, {"venue": venue.slug})

    assert page.status_code == 200
    text = " ".join(page.content.decode().split())
    assert "Continue to Lightspeed" in text
    assert "stays connected to The Copper Pot Group – High Street until the new access is complete" in text
    assert "lightspeed_consents" not in annas_browser.session
    assert in_use(connection)[0] == Status.CONNECTED


def test_a_post_from_another_site_is_refused(anna: object, venue: Venue) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(anna)  # type: ignore[arg-type]
    assert strict.post(CONNECT, {"venue": venue.slug}).status_code == 403


def test_a_consent_that_covers_the_location_is_used_at_once(
    pos: responses.RequestsMock, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    location = {"id": int(connection.business_location_id), "name": "High Street"}
    pos.get(BUSINESSES, json=[{"id": 1, "name": "Group", "businessLocations": [location]}])

    back = give_consent(annas_browser, venue)

    assert back == f"/admin/integrations/connection/{connection.pk}/change/"
    assert in_use(connection) == (Status.CONNECTED, connection.business_location_id, "access-9")
    assert not WaitingConsent.objects.exists()


def test_a_browser_closed_after_a_consent_for_other_locations_leaves_a_live_venue_live(
    pos: responses.RequestsMock, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    pos.get(BUSINESSES, json=[QUAY])
    location = connection.business_location_id

    assert give_consent(annas_browser, venue) == location_page(venue)

    assert in_use(connection) == (Status.CONNECTED, location, "access-1")
    assert connection.webhook_registered_at is not None
    assert service.pos_for(venue)


def test_so_does_one_closed_while_lightspeed_did_not_list_the_locations(
    pos: responses.RequestsMock, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    pos.get(BUSINESSES, body=requests.ConnectionError("no route"))
    location = connection.business_location_id

    assert give_consent(annas_browser, venue) == location_page(venue)

    assert in_use(connection) == (Status.CONNECTED, location, "access-1")


def test_choosing_a_location_of_the_new_consent_swaps_both_in_one_step(
    pos: responses.RequestsMock, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    pos.get(BUSINESSES, json=[QUAY])
    give_consent(annas_browser, venue)

    page = annas_browser.get(location_page(venue)).content.decode()
    annas_browser.post(location_page(venue), {"business_location_id": "2"})

    assert "The new access does not cover The Copper Pot Group – High Street" in page
    assert in_use(connection) == (Status.CONNECTED, "2", "access-9")
    assert not WaitingConsent.objects.exists()
    authorisations = [call.request.headers["Authorization"] for call in pos.calls if call.request.method == "DELETE"]
    assert set(authorisations) == {"Bearer access-1"}


def test_a_location_of_another_venue_leaves_the_connection_in_use(
    pos: responses.RequestsMock, annas_browser: Client, venue: Venue, other_venue: Venue, connection: Connection
) -> None:
    factories.ConnectionFactory(venue=other_venue, business_location_id="2")
    pos.get(BUSINESSES, json=[QUAY])
    location = connection.business_location_id
    give_consent(annas_browser, venue)

    assert annas_browser.post(location_page(venue), {"business_location_id": "2"}).status_code == 400

    assert in_use(connection) == (Status.CONNECTED, location, "access-1")
    assert WaitingConsent.objects.filter(connection=connection).exists()


def test_a_consent_that_has_ended_is_replaced_by_one_for_another_location(
    pos: responses.RequestsMock, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    Connection.objects.update(status=Status.RECONNECT_NEEDED, status_reason="The consent lapsed.")
    pos.get(BUSINESSES, json=[QUAY])

    give_consent(annas_browser, venue)
    assert in_use(connection)[0] == Status.RECONNECT_NEEDED
    annas_browser.post(location_page(venue), {"business_location_id": "2"})

    assert in_use(connection) == (Status.CONNECTED, "2", "access-9")


def test_a_consent_that_nobody_finished_is_forgotten_when_its_token_expires(
    pos: responses.RequestsMock, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    pos.get(BUSINESSES, json=[QUAY])
    give_consent(annas_browser, venue)

    with time_machine.travel(timezone.now() + timedelta(minutes=26), tick=False):
        tasks.refresh_tokens()

    assert not WaitingConsent.objects.exists()


def test_disconnecting_forgets_a_consent_that_waits(venue: Venue, connection: Connection) -> None:
    now = timezone.now()
    WaitingConsent.objects.create(connection=connection, access_token="x", expires_at=now + timedelta(minutes=25))
    TokenPair.objects.filter(connection=connection).delete()

    service.disconnect(connection=connection)

    assert not WaitingConsent.objects.exists()
