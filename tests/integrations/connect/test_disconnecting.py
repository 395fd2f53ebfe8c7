"""Disconnecting: the webhook goes, the tokens are forgotten, the location is free, the settings stay."""

import re

import pytest
from django.test import Client

from integrations import tasks
from integrations.connect import service, tokens
from integrations.connect.venue_settings import settings_of
from integrations.models import Connection, LightspeedSettings, TokenPair
from integrations.pos import NotConnected, PosError
from storekit.models import Venue
from tests import factories
from tests.integrations.flow import HIGH_STREET, connect
from tests.support.sandbox import SandboxPos


def page_of(connection: Connection, button: str = "disconnect") -> str:
    return f"/admin/integrations/connection/{connection.pk}/{button}/"


def test_a_disconnected_venue_leaves_nothing_at_the_pos_and_keeps_its_settings(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    LightspeedSettings.objects.update(payment_method="ONLINE")
    assert service.disconnect(connection=made) == ""
    assert sandbox.state()["endpoints"] == []
    assert not TokenPair.objects.exists()
    assert (made.status, made.business_location_id, made.webhook_registered_at) == ("disconnected", "", None)
    assert settings_of(venue).payment_method == "ONLINE"
    with pytest.raises(NotConnected, match="not connected"):
        service.pos_for(venue)


def test_another_venue_can_take_the_location_then(
    sandbox: SandboxPos, annas_browser: Client, zoes_browser: Client, venue: Venue, other_venue: Venue
) -> None:
    service.disconnect(connection=connect(annas_browser, venue))
    assert connect(zoes_browser, other_venue).business_location_id == HIGH_STREET


def test_the_same_venue_can_connect_again(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    first = connect(annas_browser, venue)
    service.disconnect(connection=first)
    again = connect(annas_browser, venue)
    assert (again.pk, again.status) == (first.pk, Connection.Status.CONNECTED)
    assert service.pos_for(venue).menus()


def test_a_pos_that_cannot_be_reached_does_not_keep_a_venue_connected(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    sandbox.switch_on(offline=True)
    assert service.disconnect(connection=made)
    assert made.status == Connection.Status.DISCONNECTED
    assert not TokenPair.objects.exists()


def test_disconnecting_twice_is_fine(venue: Venue) -> None:
    made = service.connection_of(venue)
    assert service.disconnect(connection=made) == ""
    assert service.disconnect(connection=made) == ""
    assert made.status == Connection.Status.DISCONNECTED


def test_a_disconnect_that_was_cut_short_is_finished_by_the_periodic_task(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    connect(annas_browser, venue)
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    tasks.refresh_tokens()
    assert not TokenPair.objects.exists()
    assert sandbox.state()["endpoints"] == []
    assert Connection.objects.get(venue=venue).business_location_id == ""


def test_tokens_of_an_earlier_consent_can_never_be_mistaken_for_those_of_a_later_one(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    """A process that still refreshes the first consent's tokens finishes after disconnecting and connecting again."""
    made = connect(annas_browser, venue)
    stale = TokenPair.objects.get(connection=made)
    service.disconnect(connection=made)
    connect(annas_browser, venue)
    current = TokenPair.objects.get(connection=made)
    assert tokens.refresh(pair=stale).access_token == current.access_token
    assert sandbox.calls("POST token refresh_token") == 0


def test_revoked_access_turns_the_connection_to_reconnect_needed(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    sandbox.control("tokens/revoke")
    with pytest.raises(PosError):
        service.pos_for(venue).menus()
    made.refresh_from_db()
    assert made.status == Connection.Status.RECONNECT_NEEDED
    with pytest.raises(NotConnected, match="reconnect"):
        service.pos_for(venue)


def test_expired_access_is_renewed_without_anybody_noticing(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    connect(annas_browser, venue)
    sandbox.control("tokens/expire")
    assert service.pos_for(venue).menus()
    assert sandbox.calls("POST token refresh_token") == 1


# --- In the back office


def test_the_button_asks_first_and_a_manager_disconnects(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    page = annas_browser.get(page_of(made))
    assert "Disconnect The Copper Pot from Lightspeed?" in page.content.decode()
    made.refresh_from_db()
    assert made.status == Connection.Status.CONNECTED, "looking at the page changes nothing"
    answer = annas_browser.post(page_of(made), follow=True)
    assert "The Copper Pot is disconnected." in answer.content.decode()
    made.refresh_from_db()
    assert made.status == Connection.Status.DISCONNECTED


def test_a_webhook_that_could_not_be_removed_is_reported(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    sandbox.switch_on(offline=True)
    answer = annas_browser.post(page_of(made), follow=True)
    assert "webhook could not be removed from Lightspeed" in answer.content.decode()


def test_the_webhook_can_be_registered_again_by_hand(sandbox: SandboxPos, annas_browser: Client, venue: Venue) -> None:
    made = connect(annas_browser, venue)
    Connection.objects.update(webhook_registered_at=None)
    assert annas_browser.get(page_of(made, "webhook")).status_code == 200
    made.refresh_from_db()
    assert made.webhook_registered_at is None, "looking at the page changes nothing"
    answer = annas_browser.post(page_of(made, "webhook"), follow=True)
    assert "The webhook is registered." in answer.content.decode()
    made.refresh_from_db()
    assert made.webhook_registered_at is not None
    assert len(sandbox.state()["endpoints"]) == 1


def test_a_webhook_that_cannot_be_registered_is_reported(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    sandbox.switch_on(offline=True)
    answer = annas_browser.post(page_of(made, "webhook"), follow=True)
    assert re.search(r"The webhook could not be registered: Lightspeed", answer.content.decode())


@pytest.mark.parametrize("button", ["connect", "reconnect", "location", "webhook", "disconnect"])
def test_nobody_but_the_venues_managers_may_press_the_buttons(
    button: str, bens_browser: Client, zoes_browser: Client, connection: Connection
) -> None:
    for browser in (bens_browser, zoes_browser):
        assert browser.get(page_of(connection, button)).status_code in (403, 404)
        assert browser.post(page_of(connection, button)).status_code in (403, 404)
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED
    assert TokenPair.objects.exists()


def test_buttons_are_shown_where_they_make_sense(annas_browser: Client, venue: Venue) -> None:
    made = factories.ConnectionFactory(venue=venue, status=Connection.Status.DISCONNECTED, tokens=None)
    page = annas_browser.get(f"/admin/integrations/connection/{made.pk}/change/").content.decode()
    assert page_of(made, "connect") in page
    assert page_of(made, "disconnect") not in page
    Connection.objects.update(status=Connection.Status.CONNECTED)
    page = annas_browser.get(f"/admin/integrations/connection/{made.pk}/change/").content.decode()
    assert page_of(made, "connect") not in page
    assert page_of(made, "disconnect") in page
    assert page_of(made, "webhook") in page
