"""Anna runs the Copper Pot from her phone."""

import pytest
from playwright.sync_api import expect

from integrations.models import Connection
from orders.models import Injection
from storekit.models import ApiKey, User, Venue
from storekit.rest.api_keys import find_api_key
from tests import factories
from tests.browser.conftest import PASSWORD, Visit
from tests.storekit.rows import make_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_logging_in(visit: Visit, anna: User) -> None:
    visit.open("/admin/")
    visit.assert_in_order()
    visit.screenshot("login")

    visit.page.get_by_label("Email").fill(anna.email)
    visit.page.get_by_label("Password", exact=True).fill("wrong")
    visit.page.get_by_role("button", name="Log in").click()
    expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.assert_in_order()
    visit.screenshot("login-wrong")

    visit.page.get_by_label("Email").fill(anna.email)
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Log in").click()
    expect(visit.page.get_by_role("heading", name="The Copper Pot")).to_be_visible()


def test_a_forgotten_password(visit: Visit, anna: User) -> None:
    visit.open("/accounts/login/")
    visit.page.get_by_role("link", name="Forgot your password?").click()
    visit.page.get_by_role("button", name="Send link").wait_for()
    visit.assert_in_order()
    visit.page.get_by_label("Email").fill(anna.email)
    visit.page.get_by_role("button", name="Send link").click()
    visit.page.wait_for_url("**/password/reset/done/")
    visit.assert_in_order()
    visit.screenshot("reset-done")


def test_tonight_at_a_glance(visit: Visit, anna: User, venue: Venue) -> None:
    factories.ConnectionFactory(venue=venue)
    factories.MenuFactory(venue=venue, version=12)
    factories.ProductFactory(venue=venue)
    make_order(venue, state=Injection.State.CONFIRMED)
    make_order(venue, state=Injection.State.ACCEPTED)
    visit.log_in(anna)
    visit.open("/admin/")
    expect(visit.page.get_by_role("status")).to_have_text("Everything is fine")
    visit.screenshot("home-quiet")
    visit.assert_in_order("#tonight")

    for error in ("The till does not know the payment method STOREKIT.", "Pie is sold out on the till."):
        make_order(venue, state=Injection.State.FAILED, error=error)
    Connection.objects.update(status=Connection.Status.RECONNECT_NEEDED, status_reason="Lightspeed no longer knows us.")
    visit.page.reload()
    expect(visit.page.get_by_role("status")).to_have_text("3 things need attention")
    visit.screenshot("home-busy")
    visit.assert_in_order("#tonight")


def test_the_pages_of_an_order_and_of_the_venue(visit: Visit, anna: User, ben: User, venue: Venue) -> None:
    order = make_order(venue, state=Injection.State.CONFIRMED)
    visit.log_in(anna)
    visit.open(f"/admin/orders/order/{order.pk}/change/")
    visit.screenshot("order")
    visit.assert_in_order("#order_form")

    visit.open(f"/admin/storekit/venue/{venue.pk}/change/")
    visit.screenshot("venue")
    assert (
        visit.page.get_by_text("ben@copper-pot.example").count()
        or visit.page.locator("input[value='ben@copper-pot.example']").count()
    )
    visit.assert_in_order("#venue_form")


def test_creating_and_revoking_an_api_key(visit: Visit, anna: User, venue: Venue) -> None:
    visit.log_in(anna)
    visit.open("/admin/storekit/apikey/add/")
    visit.screenshot("key-new")
    visit.assert_in_order(".sk")

    visit.page.get_by_label("Name").fill("web shop")
    visit.page.get_by_role("button", name="Create key").click()
    key = visit.page.locator("#api-key").inner_text()
    assert find_api_key(key=key) is not None
    visit.screenshot("key-issued")
    visit.assert_in_order(".sk")

    visit.page.get_by_role("link", name="Done").click()
    visit.page.wait_for_url("**/apikey/")
    visit.screenshot("keys")
    visit.open(f"/admin/storekit/apikey/{ApiKey.objects.get().pk}/change/")
    visit.screenshot("key")
    visit.page.locator("a:has-text('more_horiz')").first.click()
    visit.page.locator("a:visible", has_text="Revoke").first.click()
    visit.page.get_by_role("button", name="Revoke key").wait_for()
    visit.screenshot("key-revoke")
    visit.assert_in_order(".sk")
    visit.page.get_by_role("button", name="Revoke key").click()
    visit.page.wait_for_url("**/apikey/")
    assert find_api_key(key=key) is None


def test_error_pages(visit: Visit) -> None:
    for path in ("/no-such-page/", "/accounts/signup/"):
        visit.open(path)
        visit.screenshot(f"lost-{path.strip('/').replace('/', '-')}")
        visit.console.clear()  # Chromium logs the 404 that is being tested.
        visit.assert_in_order()


def test_the_api_documentation_shows_every_call(visit: Visit) -> None:
    visit.open("/api/docs/")
    visit.page.get_by_text("/api/v1/venues/{slug}/basket").wait_for()
    assert visit.console == []
    assert visit.foreign_requests == []
