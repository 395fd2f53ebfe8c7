"""Phones poll their table each second: no change costs one query, and whatever a guest sees changes the tag."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import responses
import time_machine
from django.test import override_settings
from rest_framework.test import APIClient

from integrations.models import Connection, LightspeedSettings, TokenPair
from storekit.db.prepared_query import NotPrepared, PreparedQuery
from storekit.models import Venue
from tables.bills.document import table_document
from tables.bills.refreshing import FRESH_FOR
from tables.bills.unlisted import LOOK_AGAIN_AFTER
from tables.codes.tokens import rotate
from tables.guest.views import ByTable
from tables.models import Area, Bill, CheckList, PayAtTable, Table
from tests.tables.bills.tills import calls_made, check, line, tables_asked, till_has, till_is_silent

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOUP, WINE = line("Soup", "7.50"), line("Wine", "15.00")
AT_SEVEN, AT_EIGHT = check("A1.1", SOUP), check("A2.1", SOUP, table=8)


@pytest.fixture(autouse=True)
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    with responses.mock, time_machine.travel(NOON, tick=False) as traveller:
        TokenPair.objects.update(expires_at=NOON + timedelta(days=1))
        till_has(AT_SEVEN, AT_EIGHT)
        yield traveller


@pytest.fixture
def table(venue: Venue) -> Table:
    PayAtTable.objects.create(venue=venue, enabled=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    Table.objects.create(venue=venue, area=area, pos_id="8", number=8)
    return Table.objects.create(venue=venue, area=area, pos_id="7", number=7, name="By the door")


def get(table: Table, etag: str = "") -> Any:
    return APIClient().get(f"/api/v1/tables/{table.token}", headers={"If-None-Match": etag} if etag else {})


def test_a_poll_whose_answer_has_not_changed_costs_one_query(table: Table, django_assert_max_num_queries: Any) -> None:
    etag = get(table).headers["ETag"]

    with django_assert_max_num_queries(1):
        same = get(table, etag)

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert same.headers["Cache-Control"] == "private, no-cache"


def test_the_answer_is_the_same_with_and_without_the_fast_path(table: Table) -> None:
    etag = get(table).headers["ETag"]
    body = get(table).content

    with override_settings(FAST_PATHS={}):
        assert get(table, etag).status_code == 304
        assert get(table).content == body
    with mock.patch.object(PreparedQuery, "find_prepared", side_effect=NotPrepared):
        assert get(table, f"{etag}, W/{etag}").status_code == 304


_CHANGES: dict[str, Callable[[], Any]] = {
    "a line": lambda: Bill.objects.update(version=2),
    "another bill": lambda: Bill.objects.update(table_number=7),
    "the bill is closed": lambda: Bill.objects.update(status="closed"),
    "the bill moved away": lambda: Bill.objects.update(table_number=None),
    "the table's name": lambda: Table.objects.filter(number=7).update(name="Window"),
    "the table's number": lambda: Table.objects.filter(number=7).update(number=9),
    "the area's name": lambda: Area.objects.update(name="Terrace"),
    "the venue's name": lambda: Venue.objects.update(name="The Tin Pot"),
    "the currency": lambda: Venue.objects.update(currency="EUR"),
    "the time zone": lambda: Venue.objects.update(timezone="Europe/Paris"),
    "whether free lines show": lambda: LightspeedSettings.objects.update(ignore_free_items=True),
}


@pytest.mark.parametrize("what", _CHANGES)
def test_whatever_a_guest_sees_changes_the_tag(table: Table, what: str) -> None:
    etag = get(table).headers["ETag"]
    _CHANGES[what]()

    changed = get(table, etag)

    assert changed.status_code == 200
    assert get(table, changed.headers["ETag"]).status_code == 304


def test_the_phones_of_a_table_share_one_answer(table: Table, django_assert_max_num_queries: Any) -> None:
    first = get(table)

    with django_assert_max_num_queries(1):
        second = get(table, '"of an earlier answer"')

    assert (second.content, second.headers["ETag"]) == (first.content, first.headers["ETag"])
    assert second.headers["Content-Type"] == "application/json"
    assert second.headers["Cache-Control"] == "private, no-cache"


def test_what_changed_while_an_answer_was_made_is_not_kept_under_the_old_tag(table: Table) -> None:
    get(table)

    def changed(**options: Any) -> Any:
        Area.objects.update(name="Terrace")
        return table_document(**options)

    Area.objects.update(name="Patio")
    with mock.patch("tables.guest.views.table_document", changed):
        etag = get(table).headers["ETag"]
    Area.objects.update(name="Patio")

    again = get(table, '"of an earlier answer"')
    assert again.headers["ETag"] == etag
    assert again.json()["table"]["area"] == "Patio"


def test_another_tables_bill_changes_nothing_here(table: Table) -> None:
    etag = get(table).headers["ETag"]
    Bill.objects.filter(table_number=8).update(version=2)

    assert get(table, etag).status_code == 304


@pytest.mark.parametrize("what", ["switched off", "rotated", "archived", "a second table seven"])
def test_a_code_that_opens_nothing_any_more_is_never_unchanged(table: Table, what: str) -> None:
    etag = get(table).headers["ETag"]
    if what == "switched off":
        PayAtTable.objects.update(enabled=False)
    elif what == "rotated":
        rotate(table=Table.objects.get(pk=table.pk))
    elif what == "archived":
        Table.objects.filter(pk=table.pk).update(archived_at=NOON)
    else:
        Table.objects.create(venue=table.venue, area=table.area, pos_id="77", number=7)

    assert get(table, etag).status_code == (404 if what == "switched off" else 410)


def test_two_tables_with_one_number_show_no_bill_as_it_may_be_others(table: Table) -> None:
    twin = Table.objects.create(venue=table.venue, area=table.area, pos_id="77", number=7)

    for each in (table, twin):
        (error,) = get(each).json()["errors"]
        assert error["code"] == "ask_the_staff"
        assert "Two tables have this number" in error["detail"]
    twin.archived_at = NOON
    twin.save()
    assert len(get(table).json()["bills"]) == 1


def test_the_poll_that_finds_the_list_old_reads_it_and_shows_what_changed(
    table: Table, clock: time_machine.Traveller
) -> None:
    etag = get(table).headers["ETag"]
    till_has(check("A1.1", SOUP, WINE), AT_EIGHT)
    assert get(table, etag).status_code == 304

    clock.shift(FRESH_FOR)
    answer = get(table, etag)

    assert [row["name"] for row in answer.json()["bills"][0]["lines"]] == ["Soup", "Wine"]
    assert calls_made() == 2


def test_while_one_phone_has_the_till_asked_the_others_get_what_is_there_at_once(
    table: Table, clock: time_machine.Traveller
) -> None:
    etag = get(table).headers["ETag"]
    clock.shift(FRESH_FOR)
    CheckList.objects.update(next_attempt_at=NOON + timedelta(seconds=20))

    with mock.patch("time.sleep", side_effect=AssertionError("waits")):
        assert get(table, etag).status_code == 304
        assert len(get(table).json()["bills"]) == 1
    assert calls_made() == 1


def test_a_silent_till_is_no_reason_to_call_a_bill_unchanged_for_more_than_a_minute(
    table: Table, clock: time_machine.Traveller
) -> None:
    etag = get(table).headers["ETag"]
    till_is_silent()
    clock.shift(timedelta(seconds=50))
    assert get(table, etag).status_code == 304

    clock.shift(timedelta(seconds=20))
    assert get(table, etag).status_code == 503


def test_polls_that_nothing_came_of_count_for_no_throttle(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ByTable, "rate", "2/minute")
    etag = get(table).headers["ETag"]

    assert [get(table, etag).status_code for _ in range(5)] == [304] * 5
    assert [get(table).status_code for _ in range(2)] == [200, 429]


def test_a_guest_at_a_table_without_a_bill_has_its_check_asked_for(
    table: Table, clock: time_machine.Traveller, django_assert_max_num_queries: Any
) -> None:
    till_has(AT_EIGHT, unlisted=(AT_SEVEN,))
    etag = get(table).headers["ETag"]
    # The look waits for its turn, and the polls are cheap again.
    with django_assert_max_num_queries(1):
        assert get(table, etag).status_code == 304

    clock.shift(FRESH_FOR)
    assert len(get(table, etag).json()["bills"]) == 1
    assert tables_asked() == ["7"]


def test_a_table_whose_check_was_asked_for_in_vain_is_asked_for_again_half_a_minute_later(
    table: Table, clock: time_machine.Traveller
) -> None:
    till_has(AT_EIGHT)
    etag = get(table).headers["ETag"]
    for _ in range(5):
        clock.shift(FRESH_FOR)
        get(table, etag)
    assert tables_asked() == ["7"]

    clock.shift(LOOK_AGAIN_AFTER)
    for _ in range(3):
        clock.shift(FRESH_FOR)
        get(table, etag)
    assert tables_asked() == ["7", "7"]
