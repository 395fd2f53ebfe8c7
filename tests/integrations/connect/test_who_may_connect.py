"""Only managers of a venue connect it, and strangers do not learn that it exists."""

import pytest
from django.test import Client

from storekit.models import Membership, User, Venue
from tests.integrations.flow import begin, consent
from tests.support.sandbox import SandboxPos

CALLBACK = "/integrations/lightspeed/callback/"


def location_page(venue: Venue) -> str:
    return f"/integrations/lightspeed/{venue.slug}/location/"


@pytest.mark.parametrize("path", ["/integrations/lightspeed/connect/?venue={slug}", CALLBACK, location_page])
def test_strangers_are_sent_to_the_log_in(path: object, client: Client, venue: Venue) -> None:
    address = path(venue) if callable(path) else str(path).format(slug=venue.slug)
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_staff_who_do_not_manage_the_venue_may_not_connect_it(bens_browser: Client, venue: Venue) -> None:
    assert bens_browser.get("/integrations/lightspeed/connect/", {"venue": venue.slug}).status_code == 403
    assert bens_browser.post("/integrations/lightspeed/connect/", {"venue": venue.slug}).status_code == 403
    assert bens_browser.get(location_page(venue)).status_code == 403


@pytest.mark.parametrize("slug", ["copper-pot", "no-such-venue", ""])
def test_anothers_venue_looks_like_one_that_does_not_exist(slug: str, zoes_browser: Client, venue: Venue) -> None:
    assert zoes_browser.get("/integrations/lightspeed/connect/", {"venue": slug}).status_code == 404
    assert zoes_browser.post("/integrations/lightspeed/connect/", {"venue": slug}).status_code == 404
    assert not slug or zoes_browser.get(f"/integrations/lightspeed/{slug}/location/").status_code == 404


def test_who_lost_the_role_on_the_way_does_not_connect(
    sandbox: SandboxPos, annas_browser: Client, anna: User, venue: Venue
) -> None:
    back = consent(begin(annas_browser, venue))
    anna.memberships.update(role=Membership.Role.STAFF)
    assert annas_browser.get(back).status_code == 403
    assert sandbox.calls("POST token authorization_code") == 0
