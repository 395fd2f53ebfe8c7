"""Every time that staff read is in the time zone of its venue, also for people who work at venues in several zones.

The tests go through every page of the back office, with every time of every row at 22:30 UTC on 1 May 2026.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.db.models import DateTimeField, Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule

from integrations.models import Notification, SyncRun
from storekit.admin_base.site import VenueAdmin
from storekit.models import ApiKey, User, Venue
from storekit.rest.api_keys import revoke_api_key
from tests import factories
from tests.storekit.rows import one_of_everything

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
ZONES = {"Europe/London": "23:30", "America/New_York": "18:30", "Asia/Tokyo": "07:30"}
VENUE_MODELS = sorted((model for model, page in admin.site._registry.items() if isinstance(page, VenueAdmin)), key=str)
every_page = pytest.mark.parametrize("model", VENUE_MODELS, ids=lambda model: model._meta.label)

Rows = dict[Venue, dict[type[Model], Model]]


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture
def rows(db: None) -> Rows:
    """One of everything in London, New York and Tokyo, with all of its times at the same moment."""
    venues = [factories.VenueFactory(name=zone.rpartition("/")[2], timezone=zone) for zone in ZONES]
    made = {venue: one_of_everything(venue) for venue in venues}
    for model in apps.get_models():
        moments = [field.name for field in model._meta.fields if isinstance(field, DateTimeField)]
        if moments and model._meta.app_label in ("storekit", "integrations", "menus", "orders", "tables"):
            model._default_manager.update(**dict.fromkeys(moments, MOMENT))
    return made


@pytest.fixture
def browser(rows: Rows) -> Client:
    """The browser of a superuser, who sees all three venues."""
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "correct horse battery"))
    return client


def times_on(browser: Client, page: str) -> set[str]:
    answer = browser.get(page)
    assert answer.status_code == 200
    text = re.sub(r"<script.*?</script>|<option.*?</option>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return set(re.findall(r"\b\d\d:30\b", text))


def address(model: type[Model], view: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=arguments)


def test_home_shows_the_time_at_each_venue(browser: Client) -> None:
    text = browser.get("/admin/").content.decode()

    for there in ("Friday, 23:30 local time", "Friday, 18:30 local time", "Saturday, 07:30 local time"):
        assert there in text
    assert "22:30" not in text


@every_page
def test_a_list_shows_each_row_in_the_time_of_its_venue(model: type[Model], browser: Client) -> None:
    assert times_on(browser, address(model, "changelist")) in (set(), set(ZONES.values()))


@pytest.mark.parametrize("model", [SyncRun, Notification, ApiKey])
def test_a_list_names_the_zones(model: type[Model], browser: Client) -> None:
    text = browser.get(address(model, "changelist")).content.decode()

    for there in ("1 May 2026, 23:30 BST", "1 May 2026, 18:30 EDT", "2 May 2026, 07:30 JST"):
        assert there in text


@every_page
def test_the_pages_of_a_row_are_in_the_time_of_its_venue(model: type[Model], browser: Client, rows: Rows) -> None:
    for venue, made in rows.items():
        for view in ("change", "history"):
            assert times_on(browser, address(model, view, made[model].pk)) <= {ZONES[venue.timezone]}


def test_a_key_was_last_used_at_the_time_of_its_venue(browser: Client, rows: Rows) -> None:
    ApiKey.objects.update(revoked_at=None)
    for venue, made in rows.items():
        page = address(ApiKey, "revoke", made[ApiKey].pk)
        assert times_on(browser, page) == {ZONES[venue.timezone]}

    for made in rows.values():
        key = made[ApiKey]
        assert isinstance(key, ApiKey)
        revoke_api_key(api_key=key)
    assert "2 May 2026" in browser.get(page).content.decode()


def test_the_history_of_a_row_is_in_the_time_of_its_venue(browser: Client, rows: Rows) -> None:
    for venue, made in rows.items():
        key = made[ApiKey]
        ApiKey.objects.filter(pk=key.pk).update(revoked_at=None)
        browser.post(address(ApiKey, "revoke", key.pk))

        assert times_on(browser, address(ApiKey, "history", key.pk)) == {ZONES[venue.timezone]}


def test_a_page_that_belongs_to_no_venue_names_its_zone(browser: Client) -> None:
    Schedule.objects.update(next_run=MOMENT)
    person = User.objects.get(email="root@example.com")
    User.objects.update(last_login=MOMENT)

    for page in (address(Schedule, "changelist"), address(User, "changelist"), address(User, "change", person.pk)):
        assert "1 May 2026, 22:30 UTC" in browser.get(page).content.decode()


def test_a_request_leaves_the_time_zone_as_it_was(browser: Client, rows: Rows) -> None:
    before = timezone.get_current_timezone_name()

    for venue, made in rows.items():
        browser.get(address(Venue, "change", made[Venue].pk))
        assert timezone.get_current_timezone_name() == before, venue
