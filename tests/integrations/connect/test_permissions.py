"""A consent of a person without the back office's permissions is found out when connecting, and at a sync."""

from django.test import Client

from integrations.models import Connection
from menus.sync.run import sync_menu
from storekit.models import Venue
from tests.integrations.flow import connect
from tests.support.sandbox import SandboxPos


def test_a_person_without_the_permission_for_menus_is_told_when_connecting(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    sandbox.switch_on(menu_forbidden=True)
    made = connect(annas_browser, venue)

    assert made.status == Connection.Status.CONNECTED
    page = annas_browser.get(f"/admin/integrations/connection/{made.pk}/change/").content.decode()
    assert "its menu cannot be loaded" in page
    assert "Connect again as an administrator of the back office (BO-WRITE)" in page
    assert "BO-WRITE" in made.missing_permission

    sandbox.clear_faults()
    assert sync_menu(venue=venue, started_by="a test").state == "succeeded"
    assert Connection.objects.get().missing_permission == ""


def test_a_sync_without_the_permission_says_what_to_do(
    sandbox: SandboxPos, annas_browser: Client, venue: Venue
) -> None:
    made = connect(annas_browser, venue)
    assert made.missing_permission == ""
    sandbox.switch_on(menu_forbidden=True)

    run = sync_menu(venue=venue, started_by="a test")

    assert "administrator of the back office (BO-WRITE)" in run.error
    assert "BO-WRITE" in Connection.objects.get().missing_permission
