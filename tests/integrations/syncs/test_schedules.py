"""Schedules: each runs once at its local time, however many workers there are, and once after an outage."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from integrations.models import Connection, SyncRun, SyncSchedule
from integrations.pos import PointOfSale
from integrations.syncs import runs, schedules
from integrations.syncs.runs import Progress
from integrations.tasks import sweep_syncs
from storekit.models import Venue
from tests import factories
from tests.integrations.syncs.work import run_sync
from tests.support.processes import run_python

PAGE = "/admin/integrations/syncschedule/"
# A Monday; London is an hour ahead of UTC.
MONDAY_MORNING = datetime(2026, 7, 6, 3, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def carry_out_queued_runs() -> list[SyncRun]:
    """Carry out the queued runs as a worker would, but without a POS."""

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        return {}

    return [
        run_sync(venue=run.connection.venue, kind=SyncRun.Kind(run.kind), started_by="", work=work, queued=run)
        for run in SyncRun.objects.filter(state=SyncRun.State.QUEUED).select_related("connection__venue")
    ]


def started_between(start: str, end: str, *, every: timedelta = timedelta(minutes=5)) -> list[str]:
    """Return the times, in UTC, at which the sweep starts a sync; it comes every minute, here less often."""
    begun: list[str] = []
    with time_machine.travel(at(start), tick=False) as clock:
        while timezone.now() < at(end):
            schedules.enqueue_due()
            begun += [f"{run.started_at:%m-%d %H:%M}" for run in carry_out_queued_runs()]
            clock.shift(every)
    return begun


@pytest.mark.parametrize(
    ("zone", "local", "start", "end", "expected"),
    [
        ("Europe/London", "01:30", "2026-03-29T00:00", "2026-03-29T03:00", ["03-29 01:00"]),
        ("Europe/London", "01:30", "2026-10-25T00:00", "2026-10-25T03:00", ["10-25 00:30"]),
        ("America/New_York", "02:30", "2026-03-08T06:00", "2026-03-08T09:00", ["03-08 07:00"]),
        ("America/New_York", "01:30", "2026-11-01T05:00", "2026-11-01T08:00", ["11-01 05:30"]),
        ("Pacific/Auckland", "02:30", "2026-09-26T13:00", "2026-09-26T16:00", ["09-26 14:00"]),
        ("Pacific/Auckland", "02:30", "2026-04-04T12:00", "2026-04-04T16:00", ["04-04 13:30"]),
        ("Asia/Kathmandu", "05:00", "2026-03-27T22:00", "2026-03-28T00:00", ["03-27 23:15"]),
    ],
)
def test_a_schedule_runs_once_on_the_night_of_a_clock_change(
    db: None, zone: str, local: str, start: str, end: str, expected: list[str]
) -> None:
    with time_machine.travel(at(start), tick=False):
        connection = factories.ConnectionFactory(venue__timezone=zone)
        factories.SyncScheduleFactory(connection=connection, time=time.fromisoformat(local))

    assert started_between(start, end) == expected


def test_a_schedule_runs_only_on_its_weekdays(connection: Connection) -> None:
    with time_machine.travel(MONDAY_MORNING):
        factories.SyncScheduleFactory(connection=connection, weekdays=[0, 3])

    begun = started_between("2026-07-06T03:00", "2026-07-14T00:00", every=timedelta(hours=1))

    assert begun == ["07-06 04:00", "07-09 04:00", "07-13 04:00"]


def test_after_an_outage_a_schedule_catches_up_once(connection: Connection) -> None:
    with time_machine.travel(MONDAY_MORNING):
        schedule = factories.SyncScheduleFactory(connection=connection)

    begun = started_between("2026-07-09T11:07", "2026-07-10T12:00", every=timedelta(minutes=30))

    assert begun == ["07-09 11:07", "07-10 04:07"]
    schedule.refresh_from_db()
    assert schedule.next_run_at == at("2026-07-11T04:00")
    assert schedule.last_run_at == at("2026-07-10T04:07")


def test_a_queued_run_is_marked_as_scheduled_and_given_to_the_task_of_its_kind(
    connection: Connection, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with time_machine.travel(MONDAY_MORNING):
        factories.SyncScheduleFactory(connection=connection, light=True)
        factories.SyncScheduleFactory(connection=connection, kind=SyncRun.Kind.FLOOR_PLAN)

    with time_machine.travel(MONDAY_MORNING + timedelta(hours=2)), django_capture_on_commit_callbacks(execute=True):
        assert sweep_syncs() == "2 due, 0 left behind"

    queued = {row.task["func"]: SyncRun.objects.get(pk=row.task["args"][0]) for row in OrmQ.objects.all()}
    menu, floor_plan = queued["menus.tasks.sync_menu"], queued["tables.tasks.sync_floor_plan"]
    assert (menu.kind, menu.options, menu.scheduled, menu.started_by) == ("menu", {"light": True}, True, "schedule")
    assert (floor_plan.kind, floor_plan.options, floor_plan.scheduled) == ("floor_plan", {}, True)


@pytest.mark.parametrize("off", [{"enabled": False}, {"weekdays": []}])
def test_a_disabled_schedule_never_runs(connection: Connection, off: dict[str, object]) -> None:
    with time_machine.travel(MONDAY_MORNING):
        schedule = factories.SyncScheduleFactory(connection=connection, **off)

    assert started_between("2026-07-06T03:00", "2026-07-08T00:00", every=timedelta(hours=1)) == []
    assert schedule.next_run_at is None


def test_a_due_schedule_waits_for_a_running_sync(connection: Connection, venue: Venue) -> None:
    with time_machine.travel(MONDAY_MORNING):
        schedule = factories.SyncScheduleFactory(connection=connection)
    with time_machine.travel(MONDAY_MORNING + timedelta(hours=2), tick=False):
        by_hand = runs.queue_sync(venue=venue, kind=SyncRun.Kind.MENU, started_by="Anna")
        assert schedules.enqueue_due() == 0
        schedule.refresh_from_db()
        assert (schedule.last_run_at, schedule.next_run_at) == (None, at("2026-07-06T04:00"))

        carry_out_queued_runs()
        assert schedules.enqueue_due() == 1
        assert SyncRun.objects.exclude(pk=by_hand.pk).get().scheduled


# --- Changes ---------------------------------------------------------------------------------------------------------


def test_changing_a_schedule_moves_its_next_run(connection: Connection) -> None:
    with time_machine.travel(MONDAY_MORNING, tick=False):
        schedule = factories.SyncScheduleFactory(connection=connection)
        assert schedule.next_run_at == at("2026-07-06T04:00")

        schedule.time = time(2, 0)
        schedule.save()
        assert schedule.next_run_at == at("2026-07-07T01:00"), "two o'clock has already passed today"
        schedule.weekdays = [5]
        schedule.save(update_fields=["weekdays"])
        schedule.refresh_from_db()
        assert schedule.next_run_at == at("2026-07-11T01:00")
        schedule.enabled = False
        schedule.save()
        assert schedule.next_run_at is None


def test_enabling_a_schedule_again_does_not_run_what_it_missed(connection: Connection) -> None:
    with time_machine.travel(MONDAY_MORNING):
        schedule = factories.SyncScheduleFactory(connection=connection, enabled=False)
    with time_machine.travel(MONDAY_MORNING + timedelta(days=3, hours=5)):
        schedule.enabled = True
        schedule.save()
        assert schedules.enqueue_due() == 0
    assert schedule.next_run_at == at("2026-07-10T04:00")


def test_changing_what_a_schedule_syncs_keeps_its_time(connection: Connection) -> None:
    with time_machine.travel(MONDAY_MORNING):
        schedule = factories.SyncScheduleFactory(connection=connection)
    with time_machine.travel(MONDAY_MORNING + timedelta(hours=2)):
        schedule.light = True
        schedule.save()
        assert schedules.enqueue_due() == 1, "it was due and still is"


def test_changing_the_venues_time_zone_moves_its_schedules(connection: Connection, venue: Venue) -> None:
    with time_machine.travel(MONDAY_MORNING):
        schedule = factories.SyncScheduleFactory(connection=connection)
    venue.timezone = "America/New_York"
    venue.save()

    # Past five in London; five in New York is still to come.
    assert started_between("2026-07-06T06:00", "2026-07-06T12:00") == ["07-06 09:00"]
    schedule.refresh_from_db()
    assert schedule.next_run_at == at("2026-07-07T09:00")


def test_the_sweep_notices_a_change_made_without_saving(connection: Connection) -> None:
    with time_machine.travel(MONDAY_MORNING):
        factories.SyncScheduleFactory(connection=connection)
    SyncSchedule.objects.update(time=time(6, 0))

    assert started_between("2026-07-06T03:55", "2026-07-06T07:00") == ["07-06 05:00"]


def test_scripts_may_give_times_and_weekdays_as_text(connection: Connection) -> None:
    with time_machine.travel(MONDAY_MORNING):
        schedule = SyncSchedule.objects.create(connection=connection, time="05:00", weekdays=["4", 0])
    assert (schedule.weekdays, schedule.next_run_at) == ([0, 4], at("2026-07-06T04:00"))
    with pytest.raises(ValueError, match="Weekdays are 0"):
        SyncSchedule.objects.create(connection=connection, time="05:00", weekdays=[8])


def test_a_broken_schedule_does_not_stop_the_others(
    connection: Connection, other_venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel(MONDAY_MORNING):
        factories.SyncScheduleFactory(connection=connection)
        broken = factories.SyncScheduleFactory(connection=factories.ConnectionFactory(venue=other_venue))
    Venue.objects.filter(pk=other_venue.pk).update(timezone="Middle/Earth")
    with time_machine.travel(MONDAY_MORNING + timedelta(hours=2)):
        assert schedules.enqueue_due() == 1
    assert f"Schedule {broken.pk} could not be checked" in caplog.text


# --- Concurrency ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_threads_queues_a_due_schedule(connection: Connection) -> None:
    schedule = factories.SyncScheduleFactory(connection=connection)
    SyncSchedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    barrier, counts = threading.Barrier(4), []

    def race() -> None:
        mine = SyncSchedule.objects.select_related("connection__venue").get(pk=schedule.pk)
        barrier.wait(timeout=20)
        try:
            counts.append(schedules._queue_if_due(mine))
        finally:
            database.close()

    racers = [threading.Thread(target=race) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)

    assert sorted(counts) == [False, False, False, True]
    assert SyncRun.objects.count() == OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_processes_queues_a_due_schedule(connection: Connection) -> None:
    factories.SyncScheduleFactory(connection=connection)
    SyncSchedule.objects.update(next_run_at=timezone.now() - timedelta(days=3))
    code = "from integrations.syncs import schedules\nprint(sum(schedules.enqueue_due() for _ in range(20)))"

    processes = [run_python(code) for _ in range(3)]
    answers = [process.communicate(timeout=60) for process in processes]

    assert sorted(out.strip() for out, _ in answers) == ["0", "0", "1"], answers
    assert SyncRun.objects.count() == 1
    assert not SyncSchedule.objects.filter(next_run_at__lte=timezone.now()).exists()


# --- The back office -------------------------------------------------------------------------------------------------


def form(connection: Connection, **changes: object) -> dict[str, object]:
    values = {"connection": connection.pk, "kind": "menu", "time": "05:00", "weekdays": [0, 4], "enabled": "on"}
    return values | changes


def test_a_manager_adds_a_schedule_and_sees_its_next_run(connection: Connection, annas_browser: Client) -> None:
    with time_machine.travel(datetime(2026, 7, 6, 3, 0, tzinfo=UTC)):
        added = annas_browser.post(f"{PAGE}add/", form(connection), follow=True)
        shown = added.content.decode()
        schedule = SyncSchedule.objects.get()
        page = annas_browser.get(f"{PAGE}{schedule.pk}/change/").content.decode()

    assert (schedule.time, schedule.weekdays, schedule.enabled) == (time(5), [0, 4], True)
    for text in ("Mon, Fri", "05:00", "Mon 6 Jul, 05:00 (Europe/London)"):
        assert text in shown
    assert "Mon 6 Jul, 05:00 (Europe/London)" in page


def test_the_next_run_is_shown_in_the_venues_time_zone(anna: object, annas_browser: Client) -> None:
    far = factories.ConnectionFactory(venue__timezone="Pacific/Auckland")
    factories.MembershipFactory(user=anna, venue=far.venue)
    with time_machine.travel(datetime(2026, 7, 6, 3, 0, tzinfo=UTC)):
        factories.SyncScheduleFactory(connection=far)
        assert "Tue 7 Jul, 05:00 (Pacific/Auckland)" in annas_browser.get(PAGE).content.decode()


def test_a_manager_changes_and_deletes_a_schedule(connection: Connection, annas_browser: Client) -> None:
    schedule = factories.SyncScheduleFactory(connection=connection)
    annas_browser.post(f"{PAGE}{schedule.pk}/change/", form(connection, time="06:30", weekdays=[6]))
    schedule.refresh_from_db()
    assert (schedule.time, schedule.weekdays) == (time(6, 30), [6])
    local = schedule.next_run_at.astimezone(connection.venue.zone)
    assert (local.weekday(), local.time()) == (6, time(6, 30))

    annas_browser.post(f"{PAGE}{schedule.pk}/delete/", {"post": "yes"})
    assert not SyncSchedule.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weekdays": []}, "Tick at least one day"),
        ({"kind": "floor_plan", "light": "on"}, "Light syncs are available for the menu only"),
        ({"time": ""}, "This field is required"),
    ],
)
def test_an_invalid_schedule_is_refused_with_a_message(
    connection: Connection, annas_browser: Client, changes: dict[str, object], sentence: str
) -> None:
    answer = annas_browser.post(f"{PAGE}add/", form(connection, **changes))
    assert sentence in answer.content.decode()
    assert not SyncSchedule.objects.exists()


def test_staff_can_only_view_and_other_managers_cannot_choose_this_venue(
    connection: Connection, bens_browser: Client, zoes_browser: Client
) -> None:
    assert bens_browser.get(PAGE).status_code == 200
    assert bens_browser.get(f"{PAGE}add/").status_code == 403
    assert "valid choice" in zoes_browser.post(f"{PAGE}add/", form(connection)).content.decode()
    assert not SyncSchedule.objects.exists()
