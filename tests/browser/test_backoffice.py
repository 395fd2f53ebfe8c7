"""Anna runs the Copper Pot from her phone and from the office's screen."""

import pytest

from integrations.models import Connection
from orders.models import Injection
from storekit.models import ApiKey, User, Venue
from storekit.rest.api_keys import find_api_key
from tests import factories
from tests.browser.conftest import Visit
from tests.storekit.rows import make_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_logging_in(visit: Visit, anna: User, size: str) -> None:
    visit.open("/admin/")
    visit.assert_in_order()
    visit.screenshot(f"login-{size}")

    visit.page.get_by_label("Email").fill(anna.email)
    visit.page.get_by_label("Password", exact=True).fill("wrong")
    visit.page.get_by_role("button", name="Log in").click()
    visit.page.wait_for_load_state("networkidle")
    assert visit.page.get_by_role("alert").is_visible()
    visit.assert_in_order()
    visit.screenshot(f"login-wrong-{size}")

    visit.log_in(anna)
    assert visit.page.get_by_role("heading", name="The Copper Pot").is_visible()


def test_a_forgotten_password(visit: Visit, anna: User, size: str) -> None:
    visit.open("/accounts/login/")
    visit.page.get_by_role("link", name="Forgot your password?").click()
    visit.page.wait_for_load_state("networkidle")
    visit.assert_in_order()
    visit.page.get_by_label("Email").fill(anna.email)
    visit.page.get_by_role("button", name="Send link").click()
    visit.page.wait_for_url("**/password/reset/done/")
    visit.assert_in_order()
    visit.screenshot(f"reset-done-{size}")


@pytest.mark.parametrize("evening", ["quiet", "busy"])
def test_tonight_at_a_glance(visit: Visit, anna: User, venue: Venue, size: str, evening: str) -> None:
    if evening == "busy":
        for error in ("The till does not know the payment method STOREKIT.", "Pie is sold out on the till."):
            make_order(venue, state=Injection.State.FAILED, error=error)
        factories.ConnectionFactory(
            venue=venue, status=Connection.Status.RECONNECT_NEEDED, status_reason="Lightspeed no longer knows us."
        )
    else:
        factories.ConnectionFactory(venue=venue)
        factories.MenuFactory(venue=venue, version=12)
        factories.ProductFactory(venue=venue)
        make_order(venue, state=Injection.State.CONFIRMED)
        make_order(venue, state=Injection.State.ACCEPTED)

    visit.log_in(anna)

    visit.screenshot(f"home-{evening}-{size}")
    verdict = visit.page.get_by_role("status")
    assert verdict.inner_text().strip() == {"quiet": "Everything is fine", "busy": "3 things need attention"}[evening]
    visit.assert_in_order("#tonight")


def test_an_orders_page(visit: Visit, anna: User, venue: Venue, size: str) -> None:
    order = make_order(venue, state=Injection.State.CONFIRMED)
    visit.log_in(anna)
    visit.open(f"/admin/orders/order/{order.pk}/change/")

    visit.screenshot(f"order-{size}")
    visit.assert_in_order("#order_form")


def test_the_venues_page(visit: Visit, anna: User, ben: User, venue: Venue, size: str) -> None:
    visit.log_in(anna)
    visit.open(f"/admin/storekit/venue/{venue.pk}/change/")

    visit.screenshot(f"venue-{size}")
    assert (
        visit.page.get_by_text("ben@copper-pot.example").count()
        or visit.page.locator("input[value='ben@copper-pot.example']").count()
    )
    visit.assert_in_order("#venue_form")


def test_creating_and_revoking_an_api_key(visit: Visit, anna: User, venue: Venue, size: str) -> None:
    visit.log_in(anna)
    visit.open("/admin/storekit/apikey/")
    visit.screenshot(f"keys-empty-{size}")
    visit.open("/admin/storekit/apikey/add/")
    visit.screenshot(f"key-new-{size}")
    visit.assert_in_order(".sk")

    visit.page.get_by_label("Name").fill("web shop")
    visit.page.get_by_role("button", name="Create key").click()
    visit.page.wait_for_load_state("networkidle")
    key = visit.page.locator("#api-key").inner_text()
    assert find_api_key(key=key) is not None
    visit.screenshot(f"key-issued-{size}")
    visit.assert_in_order(".sk")

    visit.page.get_by_role("link", name="Done").click()
    visit.page.wait_for_url("**/apikey/")
    visit.screenshot(f"keys-{size}")
    visit.open(f"/admin/storekit/apikey/{ApiKey.objects.get().pk}/change/")
    visit.screenshot(f"key-{size}")
    if size == "phone":
        visit.page.locator("a:has-text('more_horiz')").first.click()
    visit.page.locator("a:visible", has_text="Revoke").first.click()
    visit.page.wait_for_load_state("networkidle")
    visit.screenshot(f"key-revoke-{size}")
    visit.assert_in_order(".sk")
    visit.page.get_by_role("button", name="Revoke key").click()
    visit.page.wait_for_url("**/apikey/")
    assert find_api_key(key=key) is None


@pytest.mark.parametrize("path", ["/no-such-page/", "/accounts/signup/"])
def test_error_pages(visit: Visit, path: str, size: str) -> None:
    visit.page.goto(visit.site + path)

    visit.screenshot(f"lost{path.strip('/').replace('/', '-')}-{size}")
    visit.console.clear()  # Chromium logs the 404 that is being tested.
    visit.assert_in_order()


def test_the_api_documentation_shows_every_call(visit: Visit) -> None:
    visit.open("/api/docs/")
    visit.page.get_by_text("/api/v1/venues/{slug}/basket").wait_for()
    assert visit.console == []
    assert visit.foreign_requests == []
