"""Anna presses Sync and follows it: the real page, a real worker, and a slow sandbox POS."""

from datetime import time

import pytest
from django.test import Client
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from integrations.models import SyncRun, SyncSchedule
from storekit.models import User, Venue
from tests.browser.conftest import Visit
from tests.integrations.flow import connect
from tests.support.processes import worker
from tests.support.sandbox import SandboxPos

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 30_000


def press_sync_menu(visit: Visit) -> None:
    visit.open("/admin/menus/menu/sync/")
    visit.page.get_by_role("button", name="Sync menu").click()


def press_sync_floor_plan(visit: Visit) -> None:
    visit.open("/admin/tables/table/sync/")
    visit.page.get_by_role("button", name="Sync The Copper Pot").click()


PRESS = {"menu": press_sync_menu, "floor_plan": press_sync_floor_plan}


@pytest.fixture
def till(
    visit: Visit,
    live_server: LiveServer,
    settings: Settings,
    sandbox: SandboxPos,
    venue: Venue,
    anna: User,
    annas_browser: Client,
) -> SandboxPos:
    """The Copper Pot connected to the sandbox, and Anna logged in."""
    settings.PUBLIC_URL = live_server.url
    connect(annas_browser, venue)
    visit.log_in(anna)
    return sandbox


def press(visit: Visit, kind: str) -> None:
    """Press the button, wait for the run's page, and leave a mark on it that a reload would erase."""
    PRESS[kind](visit)
    visit.page.wait_for_url("**/syncrun/*/change/")
    visit.page.evaluate("window.notLoadedAgain = true")


def assert_not_loaded_again(visit: Visit) -> None:
    assert visit.page.evaluate("window.notLoadedAgain") is True


def note_requests(visit: Visit) -> list[str]:
    """Return a list that collects the requests for progress from now on."""
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url) if "/progress/" in request.url else None)
    return asked


@pytest.mark.parametrize("kind", list(PRESS))
def test_the_page_follows_a_sync_from_start_to_finish(visit: Visit, till: SandboxPos, kind: str, size: str) -> None:
    till.switch_on(slow=1.2)
    visit.page.clock.install()
    press(visit, kind)
    status = visit.page.locator("#sync-status")
    bar = visit.page.get_by_role("progressbar")
    expect(status).to_have_text("Waiting to start")
    expect(bar).not_to_have_attribute("aria-valuenow", "0")
    visit.assert_in_order("#sync")
    visit.screenshot(f"sync-{kind}-queued-{size}")

    with worker():
        expect(status).to_have_text(
            "Loading the menu from the POS" if kind == "menu" else "Loading the floor plan from the POS",
            timeout=PATIENCE,
        )
        assert 0 < int(bar.get_attribute("aria-valuenow") or 0) < 100
        visit.screenshot(f"sync-{kind}-running-{size}")
        expect(status).to_have_text("Up to date with the POS", timeout=PATIENCE)

    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(visit.page.locator("[data-slot=counts]")).to_contain_text("created")
    visit.screenshot(f"sync-{kind}-done-{size}")
    visit.assert_in_order("#sync")
    assert_not_loaded_again(visit)

    asked = note_requests(visit)
    visit.page.clock.fast_forward(60_000)
    visit.page.wait_for_load_state("networkidle")
    assert asked == [], "a finished sync is not polled"


def test_a_failed_sync_shows_the_error_from_the_pos(visit: Visit, till: SandboxPos, size: str) -> None:
    press(visit, "floor_plan")
    till.switch_on(error_status=400)
    with worker():
        expect(visit.page.locator("#sync-status")).to_have_text("Failed: nothing was changed", timeout=PATIENCE)
    assert "set to fail" in visit.page.locator("[data-slot=error]").inner_text()
    assert_not_loaded_again(visit)
    visit.assert_in_order("#sync")
    visit.screenshot(f"sync-failed-{size}")


def test_without_a_worker_the_page_says_why_the_sync_has_not_started(visit: Visit, till: SandboxPos, size: str) -> None:
    press(visit, "floor_plan")
    hint = visit.page.locator("[data-slot=hint]")
    expect(hint).to_contain_text("Not started yet", timeout=PATIENCE)
    assert "qcluster" in hint.inner_text()
    visit.assert_in_order("#sync")
    visit.screenshot(f"sync-no-worker-{size}")


@pytest.mark.parametrize("size", ["office"], indirect=True)
def test_a_page_without_a_response_keeps_trying_and_says_so(visit: Visit, till: SandboxPos) -> None:
    press(visit, "floor_plan")
    hint = visit.page.locator("[data-slot=hint]")
    visit.page.route("**/progress/", lambda route: route.fulfill(status=503))
    expect(hint).to_contain_text("storekit is not responding", timeout=PATIENCE)
    visit.page.unroute("**/progress/")
    SyncRun.objects.update(state=SyncRun.State.HELD, warnings=["Soup has no SKU."], error="It would empty the menu.")

    expect(visit.page.locator("#sync-status")).to_contain_text("Waiting for approval", timeout=PATIENCE)
    expect(hint).to_be_hidden()
    expect(visit.page.get_by_role("region", name="Warnings")).to_contain_text("Soup has no SKU.")
    assert "It would empty the menu." in visit.page.locator("[data-slot=error]").inner_text()
    assert_not_loaded_again(visit)


def test_making_a_schedule(visit: Visit, till: SandboxPos, size: str) -> None:
    visit.open("/admin/integrations/syncschedule/add/")
    visit.page.locator("#id_time").fill("05:00")
    for day in ("Saturday", "Sunday"):
        visit.page.get_by_label(day).uncheck()
    visit.screenshot(f"schedule-new-{size}")
    visit.assert_in_order("#syncschedule_form")

    visit.page.get_by_role("button", name="Save", exact=True).click()
    visit.page.wait_for_url("**/syncschedule/")

    schedule = SyncSchedule.objects.get()
    assert (schedule.time, schedule.weekdays, schedule.enabled) == (time(5), [0, 1, 2, 3, 4], True)
    visit.screenshot(f"schedules-{size}")
    visit.open(f"/admin/integrations/syncschedule/{schedule.pk}/change/")
    assert "05:00 (Europe/London)" in visit.page.locator("#syncschedule_form").inner_text()
    visit.screenshot(f"schedule-{size}")
    visit.assert_in_order("#syncschedule_form")
