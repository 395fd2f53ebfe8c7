"""The time zones that a venue can be in: those of IANA that have a time, the same on every host."""

import zoneinfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from storekit.local_time.zones import venue_timezones
from storekit.models import Venue, validate_timezone


@pytest.mark.parametrize("name", ["localtime", "posixrules", "Factory", "", "London", "../etc/localtime"])
def test_what_names_no_zone_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is not an IANA time zone"):
        validate_timezone(name)


def test_the_names_of_the_host_itself_are_refused_wherever_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: {"localtime", "posixrules", "Factory", "Europe/Rome"})
    venue_timezones.cache_clear()
    try:
        assert venue_timezones() == {"Europe/Rome"}
    finally:
        venue_timezones.cache_clear()


def test_every_other_zone_stays() -> None:
    names = zoneinfo.available_timezones()
    assert names - venue_timezones() <= {"localtime", "posixrules", "Factory"}
    assert {"Europe/London", "Asia/Kathmandu", "Etc/GMT+5", "UTC", "US/Eastern", "NZ-CHAT"} <= venue_timezones()


@pytest.mark.django_db
def test_the_page_of_a_venue_offers_the_same_zones(venue: Venue, annas_browser: Client) -> None:
    page = annas_browser.get(f"/admin/storekit/venue/{venue.pk}/change/").content.decode()

    assert 'value="Europe/London" selected' in page
    assert 'value="Asia/Tokyo"' in page
    assert 'value="localtime"' not in page
    assert 'value="Factory"' not in page
