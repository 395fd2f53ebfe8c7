"""Connecting a venue: consent at Lightspeed, the location, the webhook; and everything that can go wrong on the way."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from integrations import tasks
from integrations.connect import service
from integrations.connect.oauth_state import UnknownState, take_consent
from integrations.connect.venue_settings import settings_of
from integrations.models import Connection, LightspeedSettings, TokenPair
from integrations.pos import NotConnected
from storekit.models import Membership, User, Venue
from tests import factories
from tests.integrations.flow import HIGH_STREET, begin, connect, consent, state_of
from tests.support.sandbox import SandboxPos

CALLBACK = "/integrations/lightspeed/callback/"


def location_page(venue: Venue) -> str:
    return f"/integrations/lightspeed/{venue.slug}/location/"


# --- The way to Lightspeed and back


def test_a_manager_connects_a_venue(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    made = connect(annas_browser, venue)
    assert (made.status, made.environment) == (Connection.Status.CONNECTED, "sandbox")
    assert made.business_location_id == HIGH_STREET
    assert made.business_id
    assert made.location_name
    assert made.connected_at is not None
    assert made.webhook_registered_at is not None
    assert LightspeedSettings.objects.get(connection=made).payment_method == "STOREKIT"
    assert service.pos_for(venue).menus()


def test_the_webhook_is_registered_with_the_connections_own_credentials_and_the_location_is_added(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    [endpoint] = sandbox.state()["endpoints"]
    assert endpoint["endpointId"] == made.endpoint_id
    assert endpoint["url"] == f"{settings.PUBLIC_URL}/webhooks/lightspeed/{made.public_id}/"
    assert HIGH_STREET in str(endpoint)


def test_two_connections_have_different_webhook_credentials(venue: Venue, other_venue: Venue) -> None:
    passwords = {service.connection_of(each).webhook_password for each in (venue, other_venue)}
    assert len(passwords) == 2
    assert all(len(password) >= 40 for password in passwords)


def test_the_person_is_sent_with_state_and_pkce_and_neither_secret_leaves_the_server(
    annas_browser: Client, venue: Venue
) -> None:
    address = begin(annas_browser, venue)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(settings.LIGHTSPEED_AUTH_URL)
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{settings.PUBLIC_URL}{CALLBACK}"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 40
    assert settings.LIGHTSPEED_CLIENT_SECRET not in address
    assert "code_verifier" not in asked


def test_the_location_page_lists_business_and_location(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    annas_browser.get(consent(begin(annas_browser, venue)))
    page = annas_browser.get(location_page(venue))
    assert page.status_code == 200
    text = page.content.decode()
    for location in service.available_locations(connection=Connection.objects.get(venue=venue)):
        assert f"{location.business_name} – {location.name}" in text
        assert f'value="{location.id}"' in text


def test_nothing_is_sent_to_the_pos_before_the_location_is_chosen(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    annas_browser.get(consent(begin(annas_browser, venue)))
    assert Connection.objects.get(venue=venue).status == Connection.Status.CHOOSING_LOCATION
    with pytest.raises(NotConnected, match="Choose this venue's Lightspeed location first"):
        service.pos_for(venue)


def test_a_location_that_was_not_offered_is_refused(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    annas_browser.get(consent(begin(annas_browser, venue)))
    page = annas_browser.post(location_page(venue), {"business_location_id": "12345"})
    assert page.status_code == 400
    assert "did not offer this location" in page.content.decode()
    assert Connection.objects.get(venue=venue).business_location_id == ""


def test_no_location_at_all_is_refused(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    annas_browser.get(consent(begin(annas_browser, venue)))
    page = annas_browser.post(location_page(venue), {"other": "field"})
    assert page.status_code == 400
    assert "Choose a location." in page.content.decode()


def test_a_location_belongs_to_one_venue_and_the_other_one_is_not_named(
    sandbox: SandboxPos, annas_browser: Client, zoes_browser: Client, venue: Venue, other_venue: Venue
) -> None:
    connect(annas_browser, venue)
    zoes_browser.get(consent(begin(zoes_browser, other_venue)))
    page = zoes_browser.post(location_page(other_venue), {"business_location_id": HIGH_STREET})
    assert page.status_code == 400
    text = page.content.decode()
    assert "already connected to another venue" in text
    # "The Copper Pot" is the name of the till's own business too, so the venue is looked for by its slug.
    assert venue.slug not in text
    assert Connection.objects.get(venue=other_venue).status == Connection.Status.CHOOSING_LOCATION


def choose(browser: Client, venue: Venue, location: str) -> None:
    answer = browser.post(location_page(venue), {"business_location_id": location})
    assert answer.status_code == 302, answer.content


def test_reconnecting_keeps_settings_and_the_location_without_asking(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    second = service.available_locations(connection=made)[1]
    choose(annas_browser, venue, second.id)
    LightspeedSettings.objects.update(payment_method="ONLINE")
    Connection.objects.update(status=Connection.Status.RECONNECT_NEEDED, status_reason="The consent lapsed.")

    answer = annas_browser.get(consent(begin(annas_browser, venue)))

    assert answer.headers["Location"] == f"/admin/integrations/connection/{made.pk}/change/"
    again = Connection.objects.get(venue=venue)
    assert (again.pk, again.public_id, again.status_reason) == (made.pk, made.public_id, "")
    assert (again.status, again.business_location_id) == (Connection.Status.CONNECTED, second.id)
    assert again.webhook_registered_at is not None
    assert settings_of(venue).payment_method == "ONLINE"
    assert service.pos_for(venue).menus()


def test_the_location_page_offers_the_present_location_first(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    second = service.available_locations(connection=connect(annas_browser, venue))[1]
    choose(annas_browser, venue, second.id)

    assert annas_browser.get(location_page(venue)).context["form"]["business_location_id"].value() == second.id


def test_another_location_takes_the_webhook_along(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    second = service.available_locations(connection=connect(annas_browser, venue))[1]
    choose(annas_browser, venue, second.id)
    [endpoint] = sandbox.state()["endpoints"]
    assert second.id in str(endpoint)
    assert HIGH_STREET not in str(endpoint)


def test_a_taken_location_leaves_the_webhook_of_the_present_one_alone(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue, other_venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    second = service.available_locations(connection=made)[1]
    factories.ConnectionFactory(venue=other_venue, business_location_id=second.id)

    page = annas_browser.post(location_page(venue), {"business_location_id": second.id})

    assert page.status_code == 400
    [endpoint] = sandbox.state()["endpoints"]
    assert HIGH_STREET in str(endpoint["businessLocations"])
    still = Connection.objects.get(pk=made.pk)
    assert (still.status, still.business_location_id) == (Connection.Status.CONNECTED, HIGH_STREET)
    assert still.webhook_registered_at == made.webhook_registered_at


# --- What goes wrong


@pytest.mark.parametrize("query", ["", "?code=abc", "?code=abc&state=made-up", "?error=access_denied&state="])
def test_a_state_that_was_never_given_out_is_refused(query: str, annas_browser: Client, venue: Venue) -> None:
    page = annas_browser.get(CALLBACK + query)
    assert page.status_code == 400
    assert "Start again" in page.content.decode()
    assert not TokenPair.objects.exists()


def test_a_state_is_good_for_one_use(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    back = consent(begin(annas_browser, venue))
    assert annas_browser.get(back).status_code == 302
    assert annas_browser.get(back).status_code == 400
    assert sandbox.calls("POST token authorization_code") == 1


def test_requests_at_once_use_a_state_once(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    state = state_of(begin(annas_browser, venue))
    first, second = annas_browser.session, annas_browser.session
    assert state in first["lightspeed_consents"]
    assert state in second["lightspeed_consents"]

    take_consent(session=first, state=state)
    with pytest.raises(UnknownState):
        take_consent(session=second, state=state)


def test_a_state_belongs_to_the_session_that_asked_for_it(
    sandbox: SandboxPos, annas_browser: Client, zoes_browser: Client, venue: Venue
) -> None:
    back = consent(begin(annas_browser, venue))
    assert zoes_browser.get(back).status_code == 400
    assert not TokenPair.objects.exists()


def test_a_state_lasts_ten_minutes(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    back = consent(begin(annas_browser, venue))
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        assert annas_browser.get(back).status_code == 400


def test_two_tabs_do_not_disturb_each_other(
    sandbox: SandboxPos, annas_browser: Client, anna: User, venue: Venue, other_venue: Venue
) -> None:
    factories.MembershipFactory(venue=other_venue, user=anna, role=Membership.Role.MANAGER)
    first, second = consent(begin(annas_browser, venue)), consent(begin(annas_browser, other_venue))
    assert annas_browser.get(first).headers["Location"] == location_page(venue)
    assert annas_browser.get(second).headers["Location"] == location_page(other_venue)


def test_a_denial_is_answered_in_plain_words(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    page = annas_browser.get(consent(begin(annas_browser, venue), decision="deny"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "was declined" in text
    assert f"/integrations/lightspeed/connect/?venue={venue.slug}" in text
    assert not TokenPair.objects.exists()


def test_any_other_error_is_not_echoed_into_the_page(annas_browser: Client, venue: Venue) -> None:
    state = state_of(begin(annas_browser, venue))
    page = annas_browser.get(CALLBACK, {"state": state, "error": "<b>pwned</b>", "error_description": "call 0900"})
    assert page.status_code == 400
    assert "pwned" not in page.content.decode()
    assert "0900" not in page.content.decode()


@pytest.mark.parametrize("code", ["made-up", ""])
def test_a_code_that_lightspeed_does_not_know_connects_nothing(
    code: str, sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    state = state_of(begin(annas_browser, venue))
    page = annas_browser.get(CALLBACK, {"state": state, "code": code})
    assert page.status_code == 400
    assert "Start again" in page.content.decode()
    assert not TokenPair.objects.exists()


def test_a_code_that_is_20_seconds_old_connects_nothing_and_says_why(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    """Lightspeed's codes are good for about 15 seconds, by integrators' logs."""
    callback = consent(begin(annas_browser, venue))
    sandbox.control("tokens/age", seconds=20)
    page = annas_browser.get(callback)
    assert page.status_code == 400
    assert "it lasts about 15 seconds" in page.content.decode()
    assert "Code not valid" in page.content.decode()
    assert not TokenPair.objects.exists()


def test_an_unreachable_log_in_service_leaves_a_connected_venue_connected(
    annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    state = state_of(begin(annas_browser, venue))
    with responses.RequestsMock() as mocked:
        mocked.post(settings.LIGHTSPEED_TOKEN_URL, body=requests.ConnectionError("no route"))
        page = annas_browser.get(CALLBACK, {"state": state, "code": "abc"})
    assert page.status_code == 502
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED
    assert TokenPair.objects.get().access_token == "access-1"


def test_an_unreachable_pos_is_said_on_the_location_page(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    annas_browser.get(consent(begin(annas_browser, venue)))
    sandbox.switch_on(offline=True)
    assert annas_browser.get(location_page(venue)).status_code == 502
    sandbox.clear_faults()
    assert annas_browser.get(location_page(venue)).status_code == 200


def test_the_location_page_of_a_venue_without_consent_offers_to_connect(annas_browser: Client, venue: Venue) -> None:
    page = annas_browser.get(location_page(venue))
    assert page.status_code == 400
    assert "not connected" in page.content.decode()


def test_a_webhook_that_could_not_be_registered_is_reported_and_repaired(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    annas_browser.get(consent(begin(annas_browser, venue)))
    made = Connection.objects.get(venue=venue)
    location = service.available_locations(connection=made)[0]
    service.choose_location(connection=made, location=location)
    sandbox.switch_on(offline=True)
    assert tasks.refresh_tokens()
    assert Connection.objects.get(venue=venue).webhook_registered_at is None
    assert Connection.objects.get(venue=venue).status == Connection.Status.CONNECTED
    sandbox.clear_faults()
    tasks.refresh_tokens()
    assert Connection.objects.get(venue=venue).webhook_registered_at is not None
    assert len(sandbox.state()["endpoints"]) == 1


def test_a_failed_webhook_registration_is_shown_to_the_person(annas_browser: Client, venue: Venue) -> None:
    made = factories.ConnectionFactory(
        venue=venue, status=Connection.Status.CHOOSING_LOCATION, business_location_id="", webhook_registered_at=None
    )
    businesses = [{"id": 1, "name": "Group", "businessLocations": [{"id": 2, "name": "Quay"}]}]
    with responses.RequestsMock() as mocked:
        mocked.get(f"{settings.LIGHTSPEED_API_URL}/o/op/data/businesses", json=businesses)
        mocked.put(f"{settings.LIGHTSPEED_API_URL}/o/wh/1/webhook", status=503)
        answer = annas_browser.post(location_page(venue), {"business_location_id": "2"}, follow=True)
    assert "its webhook could not be registered" in answer.content.decode()
    made.refresh_from_db()
    assert (made.status, made.business_location_id) == (Connection.Status.CONNECTED, "2")
    assert made.webhook_registered_at is None


# --- pos_for


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "disconnected"}, "not connected"),
        ({"status": "choosing_location"}, "Choose this venue's Lightspeed location first"),
        ({"status": "reconnect_needed", "status_reason": "Reconnect, please."}, "Reconnect, please."),
        ({"enabled": False}, "switched off"),
        ({"environment": "production"}, "production environment"),
        ({"business_location_id": ""}, "Choose this venue's Lightspeed location first"),
        ({"tokens": None}, "tokens are missing"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_venue_that_cannot_reach_its_pos_says_what_is_missing(
    fields: dict[str, object], words: str, venue: Venue
) -> None:
    factories.ConnectionFactory(venue=venue, **fields)
    with pytest.raises(NotConnected, match=words):
        service.pos_for(venue)


def test_a_venue_that_was_never_connected_says_so(venue: Venue) -> None:
    with pytest.raises(NotConnected, match="not connected"):
        service.pos_for(venue)


def test_a_location_of_another_environment_is_not_offered_again(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    factories.ConnectionFactory(venue=venue, environment="trial", business_location_id="77")
    annas_browser.get(consent(begin(annas_browser, venue)))
    made = Connection.objects.get(venue=venue)
    assert (made.environment, made.business_location_id) == ("sandbox", "")
