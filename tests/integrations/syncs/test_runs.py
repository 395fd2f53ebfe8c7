"""Sync runs: one at a time, with live progress, and with a recorded outcome whatever happens."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection as database
from django.utils import timezone

from integrations.models import Connection, SyncRun
from integrations.pos import PointOfSale, Rejected
from integrations.syncs.runs import Progress, SyncAlreadyRunning, SyncFailed
from storekit.models import Venue
from tests import factories
from tests.integrations.syncs.work import do_nothing, run_sync

MENU, FLOOR_PLAN = SyncRun.Kind.MENU, SyncRun.Kind.FLOOR_PLAN


def test_a_finished_run_has_its_counts_and_warnings_and_who_started_it(venue: Venue, connection: Connection) -> None:
    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.report(40, "Reading the menu")
        progress.warn("An entry without a SKU was left out.")
        return {"created": 2, "unchanged": 5}

    run = run_sync(venue=venue, kind=MENU, started_by="Anna", work=work)
    assert (run.state, run.progress, run.step, run.started_by) == (SyncRun.State.SUCCEEDED, 100, "", "Anna")
    assert (run.counts, run.warnings) == ({"created": 2, "unchanged": 5}, ["An entry without a SKU was left out."])
    assert run.finished_at is not None
    assert run.error == ""


def test_progress_is_written_and_reported_while_the_sync_runs(venue: Venue, connection: Connection) -> None:
    seen: list[tuple[int, str]] = []
    reported: list[tuple[int, str]] = []

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.report(40, "Reading the menu")
        seen.extend(SyncRun.objects.values_list("progress", "step"))
        progress.report(45, "Still reading")
        return {}

    run_sync(venue=venue, kind=MENU, started_by="", work=work, on_progress=lambda *step: reported.append(step))
    assert seen == [(40, "Reading the menu")]
    assert reported == [(40, "Reading the menu"), (45, "Still reading")]


def test_an_error_from_the_pos_is_recorded_with_its_detail(venue: Venue, connection: Connection) -> None:
    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.warn("The menu is old.")
        raise Rejected("Lightspeed refused this request.", detail="menu 168 is locked")

    run = run_sync(venue=venue, kind=MENU, started_by="", work=work)
    assert run.state == SyncRun.State.FAILED
    assert run.error == "Lightspeed refused this request.\nmenu 168 is locked"
    assert run.warnings == ["The menu is old."]


def test_a_sync_that_fails_records_its_reason(venue: Venue, connection: Connection) -> None:
    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        raise SyncFailed("The menu is empty; nothing was changed.")

    run = run_sync(venue=venue, kind=MENU, started_by="", work=work)
    assert (run.state, run.error) == (SyncRun.State.FAILED, "The menu is empty; nothing was changed.")


def test_a_sync_of_a_disconnected_venue_fails_and_says_why(venue: Venue) -> None:
    factories.ConnectionFactory(venue=venue, enabled=False)
    run = run_sync(venue=venue, kind=MENU, started_by="", work=do_nothing)
    assert run.state == SyncRun.State.FAILED
    assert "switched off" in run.error


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_an_unexpected_error_ends_the_run_and_is_raised_again(
    error: type[BaseException], venue: Venue, connection: Connection
) -> None:
    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        raise error

    with pytest.raises(error):
        run_sync(venue=venue, kind=MENU, started_by="", work=work)
    run = SyncRun.objects.get()
    assert run.state == SyncRun.State.FAILED
    assert error.__name__ in run.error
    assert run_sync(venue=venue, kind=MENU, started_by="", work=do_nothing).state == SyncRun.State.SUCCEEDED


def test_a_second_sync_is_refused_and_told_how_long_one_has_run(venue: Venue, connection: Connection) -> None:
    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        with pytest.raises(SyncAlreadyRunning, match=r"A menu sync has been running since \d\d:\d\d:\d\d"):
            run_sync(venue=venue, kind=MENU, started_by="", work=do_nothing)
        assert run_sync(venue=venue, kind=FLOOR_PLAN, started_by="", work=do_nothing).state == "succeeded"
        return {}

    assert run_sync(venue=venue, kind=MENU, started_by="", work=work).state == SyncRun.State.SUCCEEDED
    assert SyncRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_syncs_started_at_once_runs(venue: Venue, connection: Connection) -> None:
    barrier = threading.Barrier(4)
    finished = threading.Barrier(4)
    outcomes: list[str] = []

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        finished.wait(timeout=20)
        return {}

    def race() -> None:
        barrier.wait(timeout=20)
        try:
            run_sync(venue=venue, kind=MENU, started_by="", work=work)
            outcomes.append("ran")
        except SyncAlreadyRunning:
            outcomes.append("refused")
            finished.wait(timeout=20)
        database.close()

    racers = [threading.Thread(target=race) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)
    assert sorted(outcomes) == ["ran", "refused", "refused", "refused"]


def test_a_killed_sync_fails_and_makes_way_once_its_lease_has_run_out(venue: Venue, connection: Connection) -> None:
    killed = SyncRun.objects.create(connection=connection, kind=MENU, lease_until=timezone.now() + timedelta(minutes=5))
    with pytest.raises(SyncAlreadyRunning):
        run_sync(venue=venue, kind=MENU, started_by="", work=do_nothing)
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert run_sync(venue=venue, kind=MENU, started_by="", work=do_nothing).state == SyncRun.State.SUCCEEDED
    killed.refresh_from_db()
    assert killed.state == SyncRun.State.FAILED
    assert "killed" in killed.error
    assert killed.finished_at is not None


def test_a_long_sync_keeps_its_lease_by_reporting(venue: Venue, connection: Connection) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
            for percent in (25, 50, 75):
                clock.shift(timedelta(minutes=4))
                progress.report(percent, "Writing")
                with pytest.raises(SyncAlreadyRunning):
                    run_sync(venue=venue, kind=MENU, started_by="", work=do_nothing)
            return {}

        assert run_sync(venue=venue, kind=MENU, started_by="", work=work).state == SyncRun.State.SUCCEEDED


def test_a_sync_whose_lease_ran_out_stops_and_keeps_its_outcome(venue: Venue, connection: Connection) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
            clock.shift(timedelta(minutes=6))
            run_sync(venue=venue, kind=MENU, started_by="the other", work=do_nothing)
            progress.report(50, "Writing")
            raise AssertionError("the sync should have stopped at the report")

        run = run_sync(venue=venue, kind=MENU, started_by="", work=work)
    assert run.state == SyncRun.State.FAILED
    assert "killed" in run.error
    assert SyncRun.objects.get(started_by="the other").state == SyncRun.State.SUCCEEDED


def test_too_many_warnings_are_cut_off_with_a_count(venue: Venue, connection: Connection) -> None:
    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        for number in range(2250):
            progress.warn(f"Entry {number} was left out.")
        return {}

    run = run_sync(venue=venue, kind=SyncRun.Kind.MENU, started_by="a test", work=work)

    assert len(run.warnings) == 2000
    assert run.warnings[-2:] == ["Entry 1998 was left out.", "… and 251 more warnings."]
