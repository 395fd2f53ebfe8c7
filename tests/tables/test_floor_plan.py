"""The floor plan is up to date with the POS."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import responses
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from integrations.models import Connection, SyncRun, SyncSchedule
from integrations.syncs.runs import queue_sync
from integrations.tasks import sweep_syncs
from storekit.models import Venue
from tables.floor_plan import sync_floor_plan
from tables.models import Area, Table
from tables.tasks import sync_floor_plan as sync_floor_plan_task
from tests import factories

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


def table(id: int, number: int | None = None, **more: Any) -> Json:
    return {"id": str(id), "number": id if number is None else number, "active": True, "description": "", **more}


def area(id: int, name: str, *tables: Json) -> Json:
    return {"id": id, "name": name, "tables": list(tables)}


def answer(connection: Connection, *areas: Json, status: int = 200) -> None:
    """Make this the location's floor plan from now on."""
    url = f"{settings.LIGHTSPEED_API_URL}/o/op/data/{connection.business_location_id}/floorplans"
    responses.upsert(responses.GET, url, json=list(areas) if status == 200 else {"message": "no"}, status=status)


def sync(venue: Venue) -> SyncRun:
    return sync_floor_plan(venue=venue, started_by="a test")


def tables_in_use(venue: Venue) -> list[tuple[int, str]]:
    rows = Table.objects.filter(venue=venue, archived_at=None).order_by("number", "pos_id")
    return [(row.number, row.area.name) for row in rows.select_related("area")]


def test_areas_and_tables_are_created(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7, description="By the door", defaultClientCount=4)), area(2, "Terrace"))

    run = sync(venue)

    assert (run.state, run.counts) == (
        SyncRun.State.SUCCEEDED,
        {"created": 3, "updated": 0, "archived": 0, "unchanged": 0},
    )
    made = Table.objects.get()
    assert (made.number, made.name, made.seats, made.area.name) == (7, "By the door", 4, "Bar")
    assert list(Area.objects.filter(venue=venue).values_list("name", flat=True)) == ["Bar", "Terrace"]
    assert (made.pos_id, made.area.pos_id) == ("7", "1")


def test_a_second_sync_changes_nothing(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)

    assert sync(venue).counts == {"created": 0, "updated": 0, "archived": 0, "unchanged": 2}


def test_renamed_renumbered_and_moved_tables_keep_their_ids(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7), table(8)), area(2, "Terrace"))
    sync(venue)
    before = dict(Table.objects.values_list("pos_id", "id"))
    areas_before = dict(Area.objects.values_list("pos_id", "id"))
    answer(connection, area(2, "Garden", table(7, 70)), area(1, "Bar", table(8, description="Corner")))

    run = sync(venue)

    assert run.counts == {"created": 0, "updated": 4, "archived": 0, "unchanged": 0}
    assert dict(Table.objects.values_list("pos_id", "id")) == before
    assert dict(Area.objects.values_list("pos_id", "id")) == areas_before
    assert tables_in_use(venue) == [(8, "Bar"), (70, "Garden")]


def test_a_table_that_is_gone_or_inactive_is_archived_and_comes_back_with_its_id(
    connection: Connection, venue: Venue
) -> None:
    answer(connection, area(1, "Bar", table(7), table(8)))
    sync(venue)
    before = dict(Table.objects.values_list("pos_id", "id"))
    answer(connection, area(1, "Bar", table(7, active=False)))

    gone = sync(venue)
    assert gone.counts == {"created": 0, "updated": 0, "archived": 2, "unchanged": 1}
    assert tables_in_use(venue) == []
    assert sync(venue).counts["archived"] == 0

    answer(connection, area(1, "Bar", table(7), table(8)))
    assert sync(venue).counts == {"created": 0, "updated": 2, "archived": 0, "unchanged": 1}
    assert dict(Table.objects.values_list("pos_id", "id")) == before
    assert tables_in_use(venue) == [(7, "Bar"), (8, "Bar")]


def test_a_returning_table_keeps_its_id_and_takes_its_new_values(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)), area(2, "Terrace"))
    sync(venue)
    before = Table.objects.get()
    answer(connection, area(1, "Bar"), area(2, "Terrace"))
    sync(venue)
    answer(connection, area(1, "Bar"), area(2, "Terrace", table(7, 70, description="Sunny")))

    assert sync(venue).counts == {"created": 0, "updated": 1, "archived": 0, "unchanged": 2}
    back = Table.objects.get()
    assert (back.pk, back.number, back.name, back.area.name) == (before.pk, 70, "Sunny", "Terrace")


def test_a_table_moves_out_of_an_area_that_is_removed_in_the_same_sync(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    before = Table.objects.get()
    answer(connection, area(2, "Terrace", table(7)))

    assert sync(venue).counts == {"created": 1, "updated": 1, "archived": 1, "unchanged": 0}
    assert Table.objects.get().pk == before.pk
    assert tables_in_use(venue) == [(7, "Terrace")]
    assert Area.objects.get(pos_id="1").archived_at is not None


def test_an_order_keeps_its_table_when_the_table_is_archived(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    order = factories.OrderFactory(venue=venue, table=Table.objects.get(), table_number=7)
    answer(connection, area(1, "Bar"))
    sync(venue)

    order.refresh_from_db()
    assert order.table is not None
    assert order.table.archived_at is not None


def test_an_area_that_is_gone_is_archived_and_comes_back_with_its_id(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)), area(2, "Terrace"))
    sync(venue)
    terrace = Area.objects.get(pos_id="2")
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    archived = Area.objects.get(pos_id="2").archived_at
    answer(connection, area(1, "Bar", table(7)), area(2, "Terrace"))
    sync(venue)

    assert archived is not None
    assert Area.objects.get(pos_id="2", archived_at=None).pk == terrace.pk


def test_two_tables_with_the_same_number_are_synced_with_a_warning(connection: Connection, venue: Venue) -> None:
    answer(
        connection,
        area(1, "Bar", table(7, 7, description="Door"), table(8)),
        area(2, "Terrace", table(9, 7), table(10, 7, active=False)),
    )

    run = sync(venue)

    assert run.warnings == [
        "2 tables have the number 7: Door (Bar), 9 (Terrace). Give each table its own number in the POS: "
        "orders and bills find a table by its number."
    ]
    assert tables_in_use(venue) == [(7, "Bar"), (7, "Terrace"), (8, "Bar")]


@pytest.mark.parametrize("status", [404, 200])
def test_without_a_floor_plan_everything_is_archived_with_a_warning(
    connection: Connection, venue: Venue, status: int
) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    answer(connection, status=status)

    run = sync(venue)

    assert run.state == SyncRun.State.SUCCEEDED
    assert run.counts["archived"] == 2
    assert "no floor plan" in run.warnings[0]


def test_a_bad_response_keeps_the_tables(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    answer(connection, area(1, "Bar", {"id": "7"}))

    run = sync(venue)

    assert run.state == SyncRun.State.FAILED
    assert run.error
    assert tables_in_use(venue) == [(7, "Bar")]


def test_another_venues_tables_are_left_alone(connection: Connection, venue: Venue, other_venue: Venue) -> None:
    theirs = Area.objects.create(venue=other_venue, pos_id="1", name="Theirs")
    Table.objects.create(venue=other_venue, area=theirs, pos_id="7", number=7)
    answer(connection, area(1, "Bar", table(7, 70)))

    sync(venue)

    assert tables_in_use(other_venue) == [(7, "Theirs")]
    assert tables_in_use(venue) == [(70, "Bar")]


def test_the_command_prints_what_changed_and_warns(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7), table(8, 7)))
    out, err = io.StringIO(), io.StringIO()

    call_command("sync_floor_plan", "copper-pot", stdout=out, stderr=err)

    assert out.getvalue() == (
        "The Copper Pot: floor plan is up to date with the POS (3 created, 0 updated, 0 archived, 0 unchanged).\n"
    )
    assert "2 tables have the number 7" in err.getvalue()


def test_the_command_fails_with_the_reason(venue: Venue) -> None:
    with pytest.raises(CommandError, match="not connected"):
        call_command("sync_floor_plan", "copper-pot", stdout=io.StringIO(), stderr=io.StringIO())


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_an_error_other_than_404_does_not_mean_there_is_no_floor_plan(
    connection: Connection, venue: Venue, status: int
) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    answer(connection, status=status)

    assert sync(venue).state == SyncRun.State.FAILED
    assert tables_in_use(venue) == [(7, "Bar")]


def test_a_schedule_syncs_the_floor_plan(
    connection: Connection, venue: Venue, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    answer(connection, area(1, "Bar", table(7)))
    factories.SyncScheduleFactory(connection=connection, kind=SyncRun.Kind.FLOOR_PLAN)
    SyncSchedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))

    with django_capture_on_commit_callbacks(execute=True):
        sweep_syncs()
    task = OrmQ.objects.get()
    assert task.func() == "tables.tasks.sync_floor_plan"

    assert sync_floor_plan_task(*task.args()) == "succeeded"
    assert SyncRun.objects.get().scheduled
    assert tables_in_use(venue) == [(7, "Bar")]


def test_the_task_carries_out_a_queued_sync(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)))

    queued = queue_sync(venue=venue, kind=SyncRun.Kind.FLOOR_PLAN, started_by="a test")

    assert sync_floor_plan_task(queued.pk) == "succeeded"
    assert tables_in_use(venue) == [(7, "Bar")]
    assert "already started" in sync_floor_plan_task(queued.pk)


def test_a_tables_code_survives_renames_moves_and_being_away(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    token = Table.objects.get().token
    assert token

    for plan in (
        [area(2, "Terrace", table(7, number=70, description="By the door"))],
        [area(1, "Bar")],
        [area(1, "Bar", table(7))],
    ):
        answer(connection, *plan)
        sync(venue)

    assert Table.objects.get().token == token


def test_a_sync_gives_a_token_to_tables_that_have_none(connection: Connection, venue: Venue) -> None:
    answer(connection, area(1, "Bar", table(7)))
    sync(venue)
    Table.objects.update(token=None)

    sync(venue)

    assert Table.objects.get().token
