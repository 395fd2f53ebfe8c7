"""The admin of the floor plan."""

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from integrations.models import Connection, SyncRun
from storekit.models import User, Venue
from tables.models import Area, Table

SYNC = "/admin/tables/table/sync/"


def make_tables(venue: Venue, count: int) -> None:
    for number in range(count):
        area = Area.objects.create(venue=venue, pos_id=str(number), name=f"Area {number}", position=number)
        Table.objects.create(venue=venue, area=area, pos_id=str(number), number=number, name=f"Seat {number}")


@pytest.mark.parametrize("model", ["area", "table"])
def test_the_number_of_queries_does_not_grow_with_the_list(venue: Venue, annas_browser: Client, model: str) -> None:
    numbers = []
    for size in (2, 20):
        Table.objects.all().delete()
        Area.objects.all().delete()
        make_tables(venue, size)
        with CaptureQueriesContext(database) as queries:
            assert annas_browser.get(f"/admin/tables/{model}/").status_code == 200
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]


def test_tables_are_filtered_by_use_and_by_duplicate_numbers(venue: Venue, bens_browser: Client) -> None:
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    for pos_id, number, archived_at in (
        ("a", 7, None),
        ("b", 7, None),
        ("c", 7, timezone.now()),
        ("d", 8, None),
        ("e", 8, timezone.now()),
    ):
        Table.objects.create(venue=venue, area=area, pos_id=pos_id, number=number, archived_at=archived_at)

    def listed(use: str) -> list[str]:
        rows = bens_browser.get("/admin/tables/table/", {"use": use}).context["cl"].result_list
        return sorted(table.pos_id for table in rows)

    assert listed("now") == ["a", "b", "d"]
    assert listed("archive") == ["c", "e"]
    assert listed("twice") == ["a", "b"]
    shown = bens_browser.get(f"/admin/tables/table/{Table.objects.get(pos_id='a').pk}/change/").content.decode()
    assert "duplicate number" in shown


@pytest.mark.django_db(transaction=True)
def test_a_manager_queues_a_sync_and_is_redirected_to_its_page(
    connection: Connection, venue: Venue, annas_browser: Client
) -> None:
    assert "Sync The Copper Pot" in annas_browser.get(SYNC).content.decode()
    assert OrmQ.objects.count() == 0

    answer = annas_browser.post(SYNC, {"venue": "copper-pot"})

    run = SyncRun.objects.get()
    assert (run.kind, run.state, run.started_by) == (SyncRun.Kind.FLOOR_PLAN, SyncRun.State.QUEUED, "Anna")
    assert answer["Location"] == f"/admin/integrations/syncrun/{run.pk}/change/"
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"]) == ("tables.tasks.sync_floor_plan", (run.pk,))


@pytest.mark.django_db(transaction=True)
def test_a_second_request_redirects_to_the_sync_already_running(connection: Connection, annas_browser: Client) -> None:
    first = annas_browser.post(SYNC, {"venue": "copper-pot"})
    second = annas_browser.post(SYNC, {"venue": "copper-pot"}, follow=True)

    assert second.redirect_chain[-1][0] == first["Location"]
    assert "A floor plan sync has been queued since" in second.content.decode()
    assert OrmQ.objects.count() == 1


def test_only_the_venues_managers_can_sync(
    connection: Connection, venue: Venue, bens_browser: Client, zoes_browser: Client, anna: User
) -> None:
    assert bens_browser.post(SYNC, {"venue": "copper-pot"}).status_code == 403
    assert zoes_browser.post(SYNC, {"venue": "copper-pot"}).status_code == 404
    assert "Copper Pot" not in zoes_browser.get(SYNC).content.decode()
    assert OrmQ.objects.count() == 0


def test_other_venues_tables_are_neither_listed_nor_offered_as_filters(
    venue: Venue, other_venue: Venue, zoes_browser: Client
) -> None:
    make_tables(venue, 3)

    shown = zoes_browser.get("/admin/tables/table/").content.decode()

    assert "Seat 1" not in shown
    assert "Area 1" not in shown
