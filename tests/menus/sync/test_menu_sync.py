"""A menu sync, from the POS's response to the venue's rows."""

from collections.abc import Iterator

import pytest
import responses
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, SyncRun
from integrations.syncs.runs import SyncAlreadyRunning, queue_sync
from menus.models import Menu, Product
from menus.sync.run import sync_menu
from menus.tasks import sync_menu as sync_menu_task
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.pos_answers import answer_menu, answer_menu_list, item, menu, screen


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


def sync(venue: Venue, **options: object) -> SyncRun:
    return sync_menu(venue=venue, started_by="a test", **options)  # type: ignore[arg-type]


def test_the_only_menu_is_synced_counted_and_remembered(connection: Connection, venue: Venue) -> None:
    answer_menu_list((168, "Online menu"))
    answer_menu(menu(screen("1", item("BURGER"), item("SALAD"))))

    run = sync(venue)

    assert (run.state, run.error) == (SyncRun.State.SUCCEEDED, "")
    assert run.counts == {"created": 3, "updated": 0, "archived": 0, "unchanged": 0}
    kept = Menu.objects.get(venue=venue)
    assert (kept.pos_menu_id, kept.pos_menu_name, kept.version) == ("168", "Online menu", 1)


def test_a_chosen_menu_is_loaded_without_listing_the_menus(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))
    sync(venue, menu_id="168")

    run = sync(venue)

    assert run.state == SyncRun.State.SUCCEEDED
    assert not [call for call in responses.calls if "menu/list" in str(call.request.url)]


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        *(("fr_BE", "fr-be"), (" de-AT ", "de-at"), ("fr (France)", "fr-france"), ('e"n', "e-n")),
        *(("en\nX-Made-Up: 1", "en-x-made-up-1"), ("x" * 300, "x" * 35), ("中文", "en")),
    ],
)
def test_guests_can_read_a_menu_whatever_the_pos_calls_its_languages(
    connection: Connection, venue: Venue, client: Client, locale: str, tag: str
) -> None:
    cache.clear()
    texts = [{"locale": locale, "friendlyDisplayName": "Plat", "description": "Bon"}]
    answer_menu(menu(screen("1", item("A", itemRichData={"texts": texts}))))
    sync(venue, menu_id="168")

    read = client.get("/api/v1/venues/copper-pot/menu")

    assert (read.status_code, read["Content-Language"]) == (200, tag)
    again = client.get("/api/v1/venues/copper-pot/menu", headers={"If-None-Match": read["ETag"]})
    assert again.status_code == 304


def test_without_a_choice_between_several_menus_the_error_lists_them(connection: Connection, venue: Venue) -> None:
    answer_menu_list((271, "All day"), (272, "Brunch"))

    run = sync(venue)

    assert run.state == SyncRun.State.FAILED
    assert "271 (All day), 272 (Brunch)" in run.error
    assert "--menu" in run.error


def test_a_location_without_a_menu_is_an_error(connection: Connection, venue: Venue) -> None:
    answer_menu_list()

    assert "has no menu in the POS yet" in sync(venue).error


def test_another_menu_can_be_chosen_later(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))
    answer_menu(menu(screen("9", item("EGGS")), id=272, name="Brunch"), id=272)
    sync(venue, menu_id="168")

    run = sync(venue, menu_id="272", force=True)

    assert run.counts == {"created": 2, "updated": 0, "archived": 2, "unchanged": 0}
    assert Menu.objects.get(venue=venue).pos_menu_name == "Brunch"


def test_a_second_sync_of_an_unchanged_menu_writes_only_its_run(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))
    sync(venue, menu_id="168")

    with CaptureQueriesContext(database) as queries:
        run = sync(venue)

    assert run.counts == {"created": 0, "updated": 0, "archived": 0, "unchanged": 2}
    written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [sql for sql in written if "menus_" in sql] == []
    assert version_of(venue=venue) == 1


@pytest.mark.parametrize("body", [menu(), menu(screen("1"))])
def test_an_emptied_menu_is_held_unless_forced(connection: Connection, venue: Venue, body: dict[str, object]) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))
    sync(venue, menu_id="168")
    answer_menu(body)

    refused = sync(venue)
    assert refused.state == SyncRun.State.HELD
    assert "has no products" in refused.error
    assert refused.plan["counts"]["products"]["archived"] == 1
    assert Product.objects.filter(archived_at=None).count() == 1
    assert version_of(venue=venue) == 1

    forced = sync(venue, force=True)
    assert forced.state == SyncRun.State.SUCCEEDED
    assert Product.objects.filter(archived_at=None).count() == 0
    assert version_of(venue=venue) == 2


@pytest.mark.parametrize(
    ("body", "status"), [({"menuName": "broken"}, 200), ({"message": "no"}, 404), ({"message": "later"}, 400)]
)
def test_a_bad_response_keeps_the_old_menu_and_records_why(
    connection: Connection, venue: Venue, body: dict[str, object], status: int
) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))
    sync(venue, menu_id="168")
    answer_menu(body, status=status)

    run = sync(venue)

    assert run.state == SyncRun.State.FAILED
    assert run.error
    assert Product.objects.filter(archived_at=None).count() == 1


def test_entries_that_cannot_be_synced_are_named_in_warnings(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"), item("", productName="Nameless"))))

    run = sync(venue, menu_id="168")

    assert len(run.warnings) == 1
    assert "Nameless" in run.warnings[0] or "SKU" in run.warnings[0]


def test_only_one_sync_runs_or_is_queued_at_a_time(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))
    said: list[str] = []

    def second_one(percent: int, step: str) -> None:
        if not said:
            with pytest.raises(SyncAlreadyRunning):
                sync(venue, menu_id="168")
            with pytest.raises(SyncAlreadyRunning):
                queue_sync(venue=venue, kind=SyncRun.Kind.MENU, started_by="a test")
            said.append(str(percent))

    assert sync(venue, menu_id="168", on_progress=second_one).state == SyncRun.State.SUCCEEDED
    assert SyncRun.objects.count() == 1


def test_the_task_carries_out_a_queued_sync(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))

    run = queue_sync(venue=venue, kind=SyncRun.Kind.MENU, started_by="a test", options={"menu_id": "168"})

    assert sync_menu_task(run.pk) == "succeeded"
    assert "already started" in sync_menu_task(run.pk)
    assert Product.objects.count() == 1


def test_a_sync_of_a_disconnected_venue_fails(venue: Venue) -> None:
    run = sync(venue)

    assert run.state == SyncRun.State.FAILED
    assert "not connected" in run.error
