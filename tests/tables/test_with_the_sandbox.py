"""The floor plan from the sandbox POS, over real sockets, through the real connect flow."""

from django.test import Client

from integrations.models import SyncRun
from storekit.models import Venue
from tables.floor_plan import sync_floor_plan
from tables.models import Area, Table
from tests.integrations.flow import connect
from tests.support.sandbox import SandboxPos

RIVERSIDE = "45454565682156"


def test_the_high_streets_active_tables_are_synced(sandbox: SandboxPos, venue: Venue, annas_browser: Client) -> None:
    connect(annas_browser, venue)

    run = sync_floor_plan(venue=venue, started_by="a test")

    assert (run.state, run.error, run.warnings) == (SyncRun.State.SUCCEEDED, "", [])
    assert list(Area.objects.filter(venue=venue).values_list("name", flat=True)) == ["Main room", "Terrace"]
    numbers = Table.objects.filter(venue=venue).values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23]


def test_a_location_without_a_floor_plan_gets_a_warning(
    sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> None:
    connect(annas_browser, venue, location=RIVERSIDE)

    run = sync_floor_plan(venue=venue, started_by="a test")

    assert run.state == SyncRun.State.SUCCEEDED
    assert "no floor plan" in run.warnings[0]
