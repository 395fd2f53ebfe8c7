"""A queued sync from start to finish, and the page that shows its progress."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from integrations.models import Connection, SyncRun
from integrations.pos import PointOfSale, Rejected
from integrations.syncs import progress, queue, runs
from integrations.syncs.runs import (
    Progress,
    SyncAlreadyRunning,
    SyncHeld,
    latest_run_page,
    queue_sync,
    queued_run,
    run_page,
)
from storekit.db import due_rows
from storekit.models import Venue
from tests.integrations.syncs.work import do_nothing, run_sync

MENU, FLOOR_PLAN = SyncRun.Kind.MENU, SyncRun.Kind.FLOOR_PLAN
State = SyncRun.State


def queue_menu_sync(venue: Venue, **options: Any) -> SyncRun:
    return queue_sync(venue=venue, kind=MENU, started_by="Anna", **options)


def carry_out(run: SyncRun, work: Any = do_nothing) -> SyncRun:
    found = queued_run(run_id=run.pk)
    return run_sync(venue=found.connection.venue, kind=MENU, started_by="", work=work, queued=found)


def progress_page(browser: Client, run: SyncRun) -> dict[str, Any]:
    answer = browser.get(f"/admin/integrations/syncrun/{run.pk}/progress/")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


# --- Queueing --------------------------------------------------------------------------------------------------------


def test_queueing_creates_the_row_and_then_the_task(
    venue: Venue, connection: Connection, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = queue_menu_sync(venue, options={"force": True})
        assert not OrmQ.objects.exists()
    assert (run.state, run.options, run.started_by) == (State.QUEUED, {"force": True}, "Anna")
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"]) == ("menus.tasks.sync_menu", (run.pk,))


def test_a_queued_run_is_started_once_and_keeps_who_queued_it(venue: Venue, connection: Connection) -> None:
    run = queue_menu_sync(venue, options={"light": True})
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        ended = carry_out(run)
        assert ended.started_at == timezone.now(), "the time in the queue does not count towards the duration"
    assert (ended.pk, ended.state, ended.started_by, ended.options) == (run.pk, "succeeded", "Anna", {"light": True})
    with pytest.raises(SyncAlreadyRunning, match="already started"):
        carry_out(run)


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_workers_given_the_same_run_carries_it_out(venue: Venue, connection: Connection) -> None:
    run = queue_menu_sync(venue)
    barrier, outcomes = threading.Barrier(3), []

    def race() -> None:
        found = queued_run(run_id=run.pk)
        barrier.wait(timeout=20)
        try:
            run_sync(venue=venue, kind=MENU, started_by="", work=do_nothing, queued=found)
            outcomes.append("ran")
        except SyncAlreadyRunning:
            outcomes.append("refused")
        finally:
            database.close()

    racers = [threading.Thread(target=race) for _ in range(3)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)
    assert sorted(outcomes) == ["ran", "refused", "refused"]


def test_a_second_sync_is_refused_while_one_is_queued_or_running(venue: Venue, connection: Connection) -> None:
    run = queue_menu_sync(venue)
    with pytest.raises(SyncAlreadyRunning, match=r"A menu sync has been queued since \d\d:\d\d:\d\d"):
        queue_menu_sync(venue)
    assert queue_sync(venue=venue, kind=FLOOR_PLAN, started_by="Anna").state == State.QUEUED

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.report(40, "Reading the menu")
        with pytest.raises(SyncAlreadyRunning, match=r"running since .* \(40% done\)"):
            queue_menu_sync(venue)
        return {}

    carry_out(run, work)
    assert queue_menu_sync(venue).pk != run.pk


def test_a_foreground_sync_replaces_a_queued_one_that_no_worker_starts(venue: Venue, connection: Connection) -> None:
    run = queue_menu_sync(venue)
    with pytest.raises(SyncAlreadyRunning, match="about to start"):
        run_sync(venue=venue, kind=MENU, started_by="command", work=do_nothing)
    with time_machine.travel(timezone.now() + timedelta(seconds=20)):
        assert run_sync(venue=venue, kind=MENU, started_by="command", work=do_nothing).state == State.SUCCEEDED
    run.refresh_from_db()
    assert run.state == State.SUPERSEDED
    assert "No background worker started this sync" in run.error
    assert progress.progress_of(run)["status"] == "Replaced by another sync: nothing was changed"
    assert queue.enqueue_due() == 0
    with pytest.raises(SyncAlreadyRunning, match="another one replaced it"):
        carry_out(run, do_nothing)


def test_a_lost_task_is_queued_again_but_not_at_every_sweep(
    venue: Venue, connection: Connection, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = queue_menu_sync(venue)
    OrmQ.objects.all().delete()

    assert queue.enqueue_due() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=2, seconds=1)):
        assert queue.enqueue_due() == 1
        assert queue.enqueue_due() == 0
    assert OrmQ.objects.get().task["args"] == (run.pk,)


def test_a_sync_survives_a_task_queue_that_is_down(
    venue: Venue,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(due_rows, "async_task", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            run = queue_menu_sync(venue)
    assert run.state == State.QUEUED
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert queue.enqueue_due() == 1
    assert OrmQ.objects.get().task["args"] == (run.pk,)


def test_the_sweep_ends_a_killed_sync(venue: Venue, connection: Connection) -> None:
    run = runs._start(queue_menu_sync(venue))
    assert queue.enqueue_due() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert queue.enqueue_due() == 1
    run.refresh_from_db()
    assert (run.state, run.next_alert_at) == (State.FAILED, None)


def test_a_held_run_keeps_its_plan_and_blocks_no_other_sync(venue: Venue, connection: Connection) -> None:
    def hold(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.warn("No SKU: Soup")
        raise SyncHeld("It would archive 40 of 50 products.", plan={"archived": ["Soup"]}, counts={"archived": 40})

    run = carry_out(queue_menu_sync(venue), hold)
    assert (run.state, run.error) == (State.HELD, "It would archive 40 of 50 products.")
    assert (run.plan, run.counts, run.warnings) == ({"archived": ["Soup"]}, {"archived": 40}, ["No SKU: Soup"])
    assert queue_menu_sync(venue).state == State.QUEUED, "a held plan does not block another sync"


# --- Progress --------------------------------------------------------------------------------------------------------


def test_the_page_shows_each_state(venue: Venue, connection: Connection, bens_browser: Client) -> None:
    run = queue_menu_sync(venue)
    waiting = progress_page(bens_browser, run)
    assert (waiting["state"], waiting["active"], waiting["percent"]) == ("queued", True, None)
    assert (waiting["status"], waiting["hint"]) == ("Waiting to start", "")

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.warn("No SKU: Soup")
        progress.count(created=3, updated=1)
        progress.report(40, "Reading the menu")
        seen = progress_page(bens_browser, run)
        assert (seen["active"], seen["percent"], seen["status"]) == (True, 40, "Reading the menu")
        assert (seen["counts"], seen["warnings"]) == ("3 created, 1 updated", ["No SKU: Soup"])
        return {"created": 3, "updated": 1}

    carry_out(run, work)
    ended = progress_page(bens_browser, run)
    assert (ended["active"], ended["percent"], ended["tone"]) == (False, 100, "good")
    assert ended["counts"] == "3 created, 1 updated"


def test_a_new_step_is_written_at_once_and_an_old_one_now_and_then(venue: Venue, connection: Connection) -> None:
    seen: list[tuple[int, str]] = []

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        for percent, step in [(10, "Reading"), (20, "Writing"), (30, "Writing")]:
            progress.report(percent, step)
            seen.append(SyncRun.objects.values_list("progress", "step").get())
        return {}

    with time_machine.travel(timezone.now(), tick=False):
        carry_out(queue_menu_sync(venue), work)
    assert seen == [(10, "Reading"), (20, "Writing"), (20, "Writing")]


def test_only_managers_get_a_link_to_a_held_plan(
    venue: Venue, connection: Connection, annas_browser: Client, bens_browser: Client
) -> None:
    def hold(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        raise SyncHeld("It would archive 40 of 50 products.", plan={"archived": {}}, counts={"archived": 40})

    run = carry_out(queue_menu_sync(venue), hold)
    shown = progress_page(annas_browser, run)
    assert (shown["active"], shown["tone"], shown["status"][:20]) == (False, "warning", "Waiting for approval")
    assert shown["plan"] == f"/admin/menus/menu/plan/{run.pk}/"
    assert shown["plan"] in annas_browser.get(run_page(run=run)).content.decode()
    assert annas_browser.get(shown["plan"]).status_code == 200
    assert progress_page(bens_browser, run)["plan"] == ""


def test_a_failed_run_shows_its_error(venue: Venue, connection: Connection, bens_browser: Client) -> None:
    def refuse(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.report(15, "Loading the menu from the POS")
        raise Rejected("Lightspeed refused this request.", detail="menu 168 is locked")

    run = carry_out(queue_menu_sync(venue), refuse)
    shown = progress_page(bens_browser, run)
    assert (shown["active"], shown["tone"], shown["percent"]) == (False, "bad", 15)
    assert shown["error"] == "Lightspeed refused this request.\nmenu 168 is locked"
    assert "menu 168 is locked" in bens_browser.get(run_page(run=run)).content.decode()


def test_a_run_that_has_not_started_explains_why_that_may_be(
    venue: Venue, connection: Connection, bens_browser: Client
) -> None:
    run = queue_menu_sync(venue)
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        page = bens_browser.get(run_page(run=run)).content.decode()
        hint = progress_page(bens_browser, run)["hint"]
    assert hint.startswith("Not started yet.")
    assert "qcluster" in hint
    assert "Not started yet." in page


@pytest.mark.parametrize(
    ("silent", "hint"),
    [
        (timedelta(seconds=30), ""),
        (timedelta(minutes=2), "No progress for over"),
        (timedelta(minutes=6), "probably killed"),
    ],
)
def test_a_run_without_progress_gets_a_hint(
    venue: Venue, connection: Connection, bens_browser: Client, silent: timedelta, hint: str
) -> None:
    run = runs._start(queue_menu_sync(venue))
    with time_machine.travel(timezone.now() + silent):
        assert hint in progress_page(bens_browser, run)["hint"]
        assert bool(progress_page(bens_browser, run)["hint"]) == bool(hint)


def test_a_running_sync_shows_the_first_warnings_and_a_finished_one_shows_all(
    venue: Venue, connection: Connection, bens_browser: Client
) -> None:
    run = queue_menu_sync(venue)

    def seen() -> tuple[int, int, str]:
        shown, page = progress_page(bens_browser, run), bens_browser.get(run_page(run=run)).content.decode()
        return len(shown["warnings"]), shown["more_warnings"], page

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        for number in range(60):
            progress.warn(f"No SKU: <i>Soup {number}</i>")
        progress.report(50, "Comparing")
        shown, more, page = seen()
        assert (shown, more, "and 10 more" in page, "Soup 50" in page) == (50, 10, True, False)
        return {}

    carry_out(run, work)
    shown, more, page = seen()
    assert (shown, more, "&lt;i&gt;Soup 59" in page) == (60, 0, True)


def test_other_venues_cannot_see_the_progress(
    venue: Venue, connection: Connection, zoes_browser: Client, client: Client
) -> None:
    run = queue_menu_sync(venue)
    address = f"/admin/integrations/syncrun/{run.pk}/progress/"
    assert zoes_browser.get(address).status_code == 404
    assert client.get(address).status_code == 302


def test_the_progress_page_takes_few_queries(
    venue: Venue, connection: Connection, bens_browser: Client, django_assert_max_num_queries: Any
) -> None:
    run = queue_menu_sync(venue)
    with django_assert_max_num_queries(6):
        progress_page(bens_browser, run)


def test_the_latest_run_page_is_the_newest_run_or_the_list(venue: Venue, connection: Connection) -> None:
    assert latest_run_page(venue=venue, kind=MENU) == "/admin/integrations/syncrun/"
    assert latest_run_page(venue=venue, kind=MENU) != run_page(run=(run := queue_menu_sync(venue)))
    assert latest_run_page(venue=venue, kind=MENU) == f"/admin/integrations/syncrun/{run.pk}/change/"
