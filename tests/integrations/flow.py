"""The connect flow as a person walks it: storekit's pages by Django's client, Lightspeed's consent page by HTTP."""

import re
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client

from integrations.models import Connection
from storekit.models import Venue

HIGH_STREET = "45454565682155"
"""The first location that the sandbox POS has."""


def consent(authorise_url: str, *, decision: str = "allow") -> str:
    """Answers the consent page and returns storekit's address that it leads back to, path and query only."""
    requests.get(authorise_url, timeout=5).raise_for_status()
    answer = requests.post(authorise_url, data={"decision": decision}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def begin(browser: Client, venue: Venue) -> str:
    """Presses Connect and returns Lightspeed's address."""
    answer = browser.post("/integrations/lightspeed/connect/", {"venue": venue.slug})
    assert answer.status_code == 302, answer.content
    return answer.headers["Location"]


def state_of(authorise_url: str) -> str:
    return parse_qs(urlsplit(authorise_url).query)["state"][0]


def connect(browser: Client, venue: Venue, *, location: str = HIGH_STREET) -> Connection:
    """Walks the whole flow. A venue that is connected already keeps its location."""
    answer = browser.get(consent(begin(browser, venue)))
    assert answer.status_code == 302, answer.content
    if answer.headers["Location"] == (choice := f"/integrations/lightspeed/{venue.slug}/location/"):
        answer = browser.post(choice, {"business_location_id": location})
    assert answer.status_code == 302, answer.content
    assert re.fullmatch(r"/admin/integrations/connection/\d+/change/", answer.headers["Location"])
    return Connection.objects.get(venue=venue)
