"""Anna presses Sync and follows it on the real page, while the sync waits for a POS that takes its time."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta

import pytest
import responses
from django.conf import settings
from django.db import connection as database
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from playwright.sync_api import Browser, Page, expect

from integrations.models import Connection, SyncRun, SyncSchedule
from storekit.models import User
from tests.browser.conftest import Visit
from tests.menus.pos_answers import answer_menu, answer_menu_list, item, menu, screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MENU = "/o/op/2/menu/load/168"
LONGEST_WAIT = 15_000
"""In milliseconds: the longest that the page waits between two requests for progress."""


class SlowPos:
    """The POS, which does not answer one of its addresses until it is let go."""

    def __init__(self) -> None:
        self._let_go = threading.Event()

    def hold(self, path: str, body: object, *, status: int = 200) -> None:
        """Answer GET requests for the path with this, once let go."""

        def answer(request: object) -> tuple[int, dict[str, str], str]:
            assert self._let_go.wait(timeout=60), "the test never let the POS answer"
            return status, {}, json.dumps(body)

        url = settings.LIGHTSPEED_API_URL + path
        responses.remove(responses.GET, url)
        responses.add_callback(responses.GET, url, callback=answer)

    @contextmanager
    def holds_up_the_queued_sync(self) -> Iterator[None]:
        """Carry out the queued task in a thread, as a worker does. At the end of the block, let the POS answer."""
        task = OrmQ.objects.get().task
        thread = threading.Thread(target=_carry_out, args=[task])
        thread.start()
        try:
            yield
        finally:
            self._let_go.set()
            thread.join(timeout=60)
        assert not thread.is_alive()


def _carry_out(task: dict) -> None:
    try:
        import_string(task["func"])(*task["args"])
    finally:
        database.close()


@pytest.fixture
def pos() -> Iterator[SlowPos]:
    with responses.mock:
        yield SlowPos()


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A window of its own for these tests, since a clock set up in a context stays there."""
    context = chromium.new_context(reduced_motion="reduce")
    context.clock.install()
    yield context.new_page()
    context.close()


@pytest.fixture
def annas_visit(visit: Visit, anna: User, connection: Connection) -> Visit:
    """Anna, logged in, whose restaurant is connected."""
    visit.log_in(anna)
    return visit


def press(visit: Visit, path: str, button: str) -> None:
    """Press the button, wait for the run's page, and leave a mark on it that a reload would erase."""
    visit.open(path)
    visit.page.get_by_role("button", name=button).click()
    visit.page.wait_for_url("**/syncrun/*/change/")
    visit.page.evaluate("window.notLoadedAgain = true")


def assert_not_loaded_again(visit: Visit) -> None:
    assert visit.page.evaluate("window.notLoadedAgain") is True


def hurry(visit: Visit) -> None:
    """Let the page's next request for progress be due now."""
    visit.page.clock.fast_forward(LONGEST_WAIT)


def note_requests(visit: Visit) -> list[str]:
    """Return a list that collects the requests for progress from now on."""
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url) if "/progress/" in request.url else None)
    return asked


def test_the_page_follows_a_menu_sync_from_start_to_finish(annas_visit: Visit, pos: SlowPos) -> None:
    visit = annas_visit
    answer_menu_list((168, "Online menu"))
    answer_menu({})
    pos.hold(MENU, menu(screen("1", item("BURGER"), item("SALAD"))))
    press(visit, "/admin/menus/menu/sync/", "Sync menu")
    status = visit.page.locator("#sync-status")
    bar = visit.page.get_by_role("progressbar")
    expect(status).to_have_text("Waiting to start")
    expect(bar).not_to_have_attribute("aria-valuenow", "0")
    visit.assert_in_order("#sync")
    visit.screenshot("sync-menu-queued")

    with pos.holds_up_the_queued_sync():
        expect(status).to_have_text("Loading the menu from the POS")
        assert 0 < int(bar.get_attribute("aria-valuenow") or 0) < 100
        visit.screenshot("sync-menu-running")
    expect(status).to_have_text("Up to date with the POS")

    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(visit.page.locator("[data-slot=counts]")).to_contain_text("3 created")
    visit.screenshot("sync-menu-done")
    visit.assert_in_order("#sync")
    assert_not_loaded_again(visit)

    asked = note_requests(visit)
    hurry(visit)
    visit.page.wait_for_load_state("networkidle")
    assert asked == [], "a finished sync is not polled"


def test_a_floor_plan_sync_waits_for_a_worker_and_then_fails(
    annas_visit: Visit, connection: Connection, pos: SlowPos
) -> None:
    visit = annas_visit
    floor_plans = f"/o/op/data/{connection.business_location_id}/floorplans"
    pos.hold(floor_plans, {"message": "This location is locked."}, status=400)
    press(visit, "/admin/tables/table/sync/", "Sync The Copper Pot")
    SyncRun.objects.update(started_at=timezone.now() - timedelta(seconds=10))
    hurry(visit)
    hint = visit.page.locator("[data-slot=hint]")
    expect(hint).to_contain_text("Not started yet")
    assert "qcluster" in hint.inner_text()
    visit.assert_in_order("#sync")
    visit.screenshot("sync-no-worker")

    status = visit.page.locator("#sync-status")
    with pos.holds_up_the_queued_sync():
        expect(status).to_have_text("Loading the floor plan from the POS")
        expect(hint).to_be_hidden()
    expect(status).to_have_text("Failed: nothing was changed")
    assert "This location is locked." in visit.page.locator("[data-slot=error]").inner_text()
    assert_not_loaded_again(visit)
    visit.assert_in_order("#sync")
    visit.screenshot("sync-failed")


def test_a_page_without_a_response_keeps_trying_and_says_so(annas_visit: Visit, connection: Connection) -> None:
    visit = annas_visit
    press(visit, "/admin/tables/table/sync/", "Sync The Copper Pot")
    hint = visit.page.locator("[data-slot=hint]")
    visit.page.route("**/progress/", lambda route: route.fulfill(status=503))
    hurry(visit)
    expect(hint).to_contain_text("storekit is not responding")
    visit.page.unroute("**/progress/")
    SyncRun.objects.update(state=SyncRun.State.HELD, warnings=["Soup has no SKU."], error="It would empty the menu.")

    hurry(visit)
    expect(visit.page.locator("#sync-status")).to_contain_text("Waiting for approval")
    expect(hint).to_be_hidden()
    expect(visit.page.get_by_role("region", name="Warnings")).to_contain_text("Soup has no SKU.")
    assert "It would empty the menu." in visit.page.locator("[data-slot=error]").inner_text()
    assert_not_loaded_again(visit)


def test_making_a_schedule(annas_visit: Visit) -> None:
    visit = annas_visit
    visit.open("/admin/integrations/syncschedule/add/")
    visit.page.locator("#id_time").fill("05:00")
    for day in ("Saturday", "Sunday"):
        visit.page.get_by_label(day).uncheck()
    visit.screenshot("schedule-new")
    visit.assert_in_order("#syncschedule_form")

    visit.page.get_by_role("button", name="Save", exact=True).click()
    visit.page.wait_for_url("**/syncschedule/")

    schedule = SyncSchedule.objects.get()
    assert (schedule.time, schedule.weekdays, schedule.enabled) == (time(5), [0, 1, 2, 3, 4], True)
    visit.screenshot("schedules")
    visit.open(f"/admin/integrations/syncschedule/{schedule.pk}/change/")
    assert "05:00 (Europe/London)" in visit.page.locator("#syncschedule_form").inner_text()
    visit.screenshot("schedule")
    visit.assert_in_order("#syncschedule_form")
