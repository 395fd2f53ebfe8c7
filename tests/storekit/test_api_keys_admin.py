"""API keys in the back office: issued and shown once, revoked after a question, never readable again."""

import re

import pytest
from django.test import Client

from storekit.models import ApiKey, User, Venue
from storekit.rest.api_keys import find_api_key, issue_api_key

pytestmark = pytest.mark.django_db

ADD = "/admin/storekit/apikey/add/"
LIST = "/admin/storekit/apikey/"


def test_a_new_key_is_shown_once_and_gives_access_to_the_venue(annas_browser: Client, venue: Venue) -> None:
    shown = annas_browser.post(ADD, {"venue": venue.pk, "name": "web shop"})

    (key,) = re.findall(r"sk_\w+_[\w-]+", shown.content.decode())
    found = find_api_key(key=key)
    assert found is not None
    assert found.venue == venue
    assert "no-store" in shown.headers["Cache-Control"]
    pages = [LIST, f"{LIST}{found.pk}/change/", f"{LIST}{found.pk}/history/", f"{LIST}{found.pk}/revoke/"]
    for page in pages:
        content = annas_browser.get(page).content.decode()
        assert "web shop" in content
        assert key not in content
        assert found.digest not in content


def test_a_key_needs_a_name(annas_browser: Client, venue: Venue) -> None:
    answer = annas_browser.post(ADD, {"venue": venue.pk, "name": ""})

    assert "This field is required" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_for_another_venue_is_refused(annas_browser: Client, other_venue: Venue) -> None:
    assert "The Blue Door" not in annas_browser.get(ADD).content.decode()

    annas_browser.post(ADD, {"venue": other_venue.pk, "name": "mine"})

    assert not ApiKey.objects.exists()


def test_staff_see_keys_but_cannot_create_or_revoke_them(bens_browser: Client, ben: User, venue: Venue) -> None:
    row, key = issue_api_key(venue=venue, name="web shop")
    assert "web shop" in bens_browser.get(LIST).content.decode()

    bens_browser.post(ADD, {"venue": venue.pk, "name": "Ben's"})
    assert bens_browser.post(f"{LIST}{row.pk}/revoke/").status_code == 403

    assert ApiKey.objects.count() == 1
    assert find_api_key(key=key) is not None


def test_revoking_asks_for_confirmation(annas_browser: Client, venue: Venue) -> None:
    row, key = issue_api_key(venue=venue, name="web shop")

    question = annas_browser.get(f"{LIST}{row.pk}/revoke/")
    assert "This cannot be undone" in question.content.decode()
    assert find_api_key(key=key) is not None

    assert annas_browser.post(f"{LIST}{row.pk}/revoke/").headers["Location"] == LIST
    assert find_api_key(key=key) is None
    assert "Revoked." in annas_browser.get(f"{LIST}{row.pk}/history/").content.decode()


def test_a_manager_of_another_venue_cannot_revoke_it(zoes_browser: Client, venue: Venue) -> None:
    row, key = issue_api_key(venue=venue, name="web shop")

    assert zoes_browser.post(f"{LIST}{row.pk}/revoke/").status_code == 403

    assert find_api_key(key=key) is not None


def test_keys_cannot_be_searched_by_digest(annas_browser: Client, venue: Venue) -> None:
    issue_api_key(venue=venue, name="web shop")

    assert annas_browser.get("/admin/storekit/apikey/", {"digest__startswith": "a"}).status_code == 400
