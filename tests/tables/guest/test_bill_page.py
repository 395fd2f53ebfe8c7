"""`/t/TOKEN/`: the page behind a table's code, before its script has run and without any."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
import time_machine
from django.test import Client
from pytest_django import Settings

import tables
from integrations.models import Connection, TokenPair
from storekit.models import Venue
from tables.codes.tokens import rotate
from tables.guest.views import ByTable
from tables.models import Area, PayAtTable, Table
from tests.tables.bills.tills import check, line, lists_asked, till_has

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOUP = line("Soup <b>of the day</b>", "7.50")
_KILOBYTE = 1024


@pytest.fixture(autouse=True)
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    with responses.mock, time_machine.travel(NOON, tick=False) as traveller:
        TokenPair.objects.update(expires_at=NOON + timedelta(days=1))
        till_has(check("A1.1", SOUP, name="Ada & Bob"))
        yield traveller


@pytest.fixture
def table(venue: Venue) -> Table:
    PayAtTable.objects.create(venue=venue, enabled=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    return Table.objects.create(venue=venue, area=area, pos_id="7", number=7)


def opened(table: Table, query: str = "", **headers: str) -> Any:
    return Client().get(f"/t/{table.token}/{query}", headers=headers)


def setup_of(page: Any) -> dict[str, Any]:
    found = re.search(r'<script id="setup" type="application/json">(.*?)</script>', page.content.decode(), re.DOTALL)
    assert found
    setup: dict[str, Any] = json.loads(found[1])
    return setup


def test_the_page_comes_at_once_and_the_till_is_asked_by_its_script(table: Table) -> None:
    page = opened(table)

    assert page.status_code == 200
    assert lists_asked() == 0
    assert setup_of(page)["table"] is None
    assert "is being read from the till" in page.content.decode()


def test_a_bill_that_another_phone_has_just_read_is_on_the_page_from_the_start(table: Table) -> None:
    Client().get(f"/api/v1/tables/{table.token}")

    page = opened(table)

    (bill,) = setup_of(page)["table"]["bills"]
    assert bill["totals"]["due"] == "7.50"
    assert "£7.50" in page.content.decode()


def test_without_scripts_the_page_reads_the_till_itself_and_sends_the_guest_to_the_staff(table: Table) -> None:
    text = opened(table, "?plain=1").content.decode()

    assert lists_asked() == 1
    assert "Soup &lt;b&gt;of the day&lt;/b&gt;" in text
    assert "Ada &amp; Bob" in text
    assert "To pay, please ask the staff." in text
    assert "http-equiv" not in text


def test_a_table_without_a_bill_says_so(table: Table) -> None:
    till_has()

    assert "Nothing is on your bill yet" in opened(table, "?plain=1").content.decode()


def test_a_replaced_code_sends_the_guest_to_the_staff(table: Table) -> None:
    old = table.token
    rotate(table=table)

    page = Client().get(f"/t/{old}/")

    assert page.status_code == 410
    assert "Please ask the staff" in page.content.decode()


def test_an_unknown_code_and_a_venue_without_pay_at_table_open_nothing(table: Table) -> None:
    assert Client().get("/t/AAAAAAAAAAAAAAAAAAAAAAAAAA/").status_code == 404
    PayAtTable.objects.update(enabled=False)
    page = opened(table)

    assert page.status_code == 404
    assert table.venue.name not in page.content.decode()


def test_too_many_pages_at_one_table_are_refused(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ByTable, "rate", "2/minute")

    assert [opened(table).status_code for _ in range(3)] == [200, 200, 429]


def test_the_page_names_its_language_and_follows_the_phone(table: Table) -> None:
    page = opened(table, **{"Accept-Language": "de-CH, de;q=0.9, en;q=0.5"})

    assert page.headers["Content-Language"] == "de"
    assert '<html lang="de" dir="ltr">' in page.content.decode()
    assert setup_of(page)["language"] == "de"


def test_a_phone_in_a_language_that_is_not_offered_sees_english(table: Table) -> None:
    assert opened(table, **{"Accept-Language": "fi"}).headers["Content-Language"] == "en-gb"


def test_a_guest_who_chooses_a_language_keeps_it(table: Table) -> None:
    browser = Client(headers={"Accept-Language": "de"})
    browser.get(f"/t/{table.token}/?lang=nl")

    assert browser.get(f"/t/{table.token}/").headers["Content-Language"] == "nl"
    assert browser.get(f"/t/{table.token}/?lang=xx").headers["Content-Language"] == "nl"


def test_amounts_are_written_as_the_guests_language_is_in_that_country(table: Table) -> None:
    Venue.objects.update(country="CH", currency="CHF")

    assert setup_of(opened(table, "?lang=fr"))["locale"] == "fr-CH"
    assert "7,50 CHF" in opened(table, "?lang=fr&plain=1").content.decode().replace("\N{NO-BREAK SPACE}", " ")
    Venue.objects.update(country="PT")
    assert setup_of(opened(table, "?lang=de"))["locale"] == "de"


def directives(page: Any) -> dict[str, str]:
    return dict(one.split(" ", 1) for one in page.headers["Content-Security-Policy"].split("; "))


def test_the_page_runs_only_what_it_brings_along_and_stripe_if_stripe_takes_the_money(
    table: Table, settings: Settings
) -> None:
    page = opened(table)
    assert directives(page)["script-src"] == "'self'"
    assert "frame-src" not in directives(page)
    assert not re.search(r" on\w+=| style=|<style|<script(?![^>]*(src=|application/json))", page.content.decode())

    settings.PAYMENT_PROVIDER = "stripe"
    allowed = directives(opened(table))
    named = {word for sources in allowed.values() for word in sources.split() if word.startswith("https:")}
    assert named == {
        "https://js.stripe.com",
        "https://*.js.stripe.com",
        "https://hooks.stripe.com",
        "https://api.stripe.com",
    }
    assert allowed["style-src"] == "'self'"
    assert directives(Client().get("/accounts/login/"))["script-src"] == "'self'"


def test_page_script_and_style_together_are_small(table: Table) -> None:
    Client().get(f"/api/v1/tables/{table.token}")
    page = len(opened(table).content)
    folder = Path(tables.__file__).parent / "static" / "tables" / "guest"
    files = sum(path.stat().st_size for path in folder.iterdir())

    assert page + files < 100 * _KILOBYTE


def test_the_page_takes_few_queries(table: Table, django_assert_max_num_queries: Any) -> None:
    Client().get(f"/api/v1/tables/{table.token}")

    with django_assert_max_num_queries(6):
        opened(table)
