"""Local times on weekdays, in UTC: by the tables of the clock changes, and against a slow search minute by minute."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django_q.models import Schedule
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.recurrence import every_day, in_words, next_occurrence, read_weekdays
from tests.support.examples import examples

EVERY_DAY = range(7)
SINCE = datetime(2015, 1, 1, tzinfo=UTC)
ZONES = ["Europe/London", "Pacific/Auckland", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]


def runs(zone: str, at: str, *, since: str, days: int, weekdays: object = EVERY_DAY) -> list[str]:
    """Every run of some days, as UTC, month-day hour:minute."""
    moment = datetime.fromisoformat(since).replace(tzinfo=UTC)
    end = moment + timedelta(days=days)
    found: list[str] = []
    while True:
        following = next_occurrence(
            after=moment,
            time=time.fromisoformat(at),
            weekdays=weekdays,  # type: ignore[arg-type]
            zone=zoneinfo.ZoneInfo(zone),
        )
        if following is None or following > end:
            return found
        assert following > moment
        found.append(f"{following:%m-%d %H:%M}")
        moment = following


@pytest.mark.parametrize(
    ("zone", "at", "since", "expected"),
    [
        # Clocks go forward: the local time is left out that night and comes at the first moment after the gap.
        ("Europe/London", "01:30", "2026-03-27T12:00", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        ("Europe/London", "01:00", "2026-03-27T12:00", ["03-28 01:00", "03-29 01:00", "03-30 00:00"]),
        ("Europe/London", "02:00", "2026-03-27T12:00", ["03-28 02:00", "03-29 01:00", "03-30 01:00"]),
        ("Europe/London", "05:00", "2026-03-27T12:00", ["03-28 05:00", "03-29 04:00", "03-30 04:00"]),
        ("America/New_York", "02:59", "2026-03-06T12:00", ["03-07 07:59", "03-08 07:00", "03-09 06:59"]),
        ("Pacific/Auckland", "02:15", "2026-09-25T00:00", ["09-25 14:15", "09-26 14:00", "09-27 13:15"]),
        # Clocks go back: the local time is there twice that night and counts the first time.
        ("Europe/London", "01:30", "2026-10-23T12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
        ("Europe/London", "05:00", "2026-10-23T12:00", ["10-24 04:00", "10-25 05:00", "10-26 05:00"]),
        ("America/New_York", "01:30", "2026-10-30T12:00", ["10-31 05:30", "11-01 05:30", "11-02 06:30"]),
        ("Pacific/Auckland", "02:30", "2026-04-03T00:00", ["04-03 13:30", "04-04 13:30", "04-05 14:30"]),
        # A zone that never changes, at an offset of its own.
        ("Asia/Kathmandu", "05:00", "2026-03-27T12:00", ["03-27 23:15", "03-28 23:15", "03-29 23:15"]),
        ("Asia/Kathmandu", "00:00", "2026-10-24T18:00", ["10-24 18:15", "10-25 18:15", "10-26 18:15"]),
    ],
)
def test_runs_around_a_clock_change(zone: str, at: str, since: str, expected: list[str]) -> None:
    assert runs(zone, at, since=since, days=3) == expected


@pytest.mark.parametrize(
    ("zone", "at", "weekdays", "since", "expected"),
    [
        # 2026-07-06 is a Monday. Auckland's Monday morning is Sunday evening in UTC.
        ("Europe/London", "05:00", [0, 4], "2026-07-06T00:00", ["07-06 04:00", "07-10 04:00", "07-13 04:00"]),
        ("Pacific/Auckland", "05:00", [0], "2026-07-04T00:00", ["07-05 17:00", "07-12 17:00"]),
        ("America/New_York", "23:00", [6], "2026-07-05T00:00", ["07-06 03:00", "07-13 03:00"]),
        # The night of the change is a Sunday: left out for whom Sunday is no day, not moved to another one.
        (
            "Europe/London",
            "01:30",
            [5, 0],
            "2026-03-28T00:00",
            ["03-28 01:30", "03-30 00:30", "04-04 00:30", "04-06 00:30"],
        ),
    ],
)
def test_weekdays_are_the_venues_own(zone: str, at: str, weekdays: list[int], since: str, expected: list[str]) -> None:
    assert runs(zone, at, since=since, days=10, weekdays=weekdays) == expected


def test_a_day_that_a_zone_left_out_altogether_runs_when_the_next_one_begins() -> None:
    # Samoa went from 29 December 2011 straight to the 31st.
    assert runs("Pacific/Apia", "12:00", since="2011-12-29T00:00", days=3) == [
        "12-29 22:00",
        "12-30 10:00",
        "12-30 22:00",
        "12-31 22:00",
    ]


def test_without_weekdays_nothing_runs() -> None:
    zone = zoneinfo.ZoneInfo("Europe/London")
    assert next_occurrence(after=datetime.now(UTC), time=time(5), weekdays=[], zone=zone) is None


@settings(max_examples=examples(60), deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    start=st.integers(0, 20 * 365 * 24 * 60).map(lambda minutes: SINCE + timedelta(minutes=minutes)),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
)
def test_each_local_day_among_the_weekdays_has_exactly_one_run(
    zone: str, at: time, start: datetime, weekdays: set[int]
) -> None:
    venue, moment = zoneinfo.ZoneInfo(zone), start
    days: list[date] = []
    for _ in range(10):
        following = next_occurrence(after=moment, time=at, weekdays=weekdays, zone=venue)
        assert following is not None
        local = following.astimezone(venue)
        # Only a time that the day does not have is late, and then it is the very end of the gap.
        if local.time() != at:
            assert (following - timedelta(seconds=1)).astimezone(venue).utcoffset() != local.utcoffset()
            assert local.time() > at
        days.append(local.date())
        moment = following
    assert days == sorted(set(days))
    assert {day.weekday() for day in days} == weekdays
    everyday = {days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)}
    assert set(days) == {day for day in everyday if day.weekday() in weekdays}


def test_weekdays_are_kept_in_order_and_once_each() -> None:
    assert read_weekdays(["4", 0, 4]) == [0, 4]
    with pytest.raises(ValueError, match=r"0 \(Monday\) to 6 \(Sunday\)"):
        read_weekdays([7])


@pytest.mark.parametrize(
    ("weekdays", "words"),
    [(every_day(), "05:00 every day"), ([0, 4], "05:00 on Monday, Friday"), ([], "05:00 on no day")],
)
def test_a_schedule_in_words(weekdays: list[int], words: str) -> None:
    assert in_words(time(5), weekdays) == words


def test_a_daily_run_in_the_repeated_hour_is_due_once_and_the_next_day_again() -> None:
    # croniter finds two runs in this night: see findings/croniter-repeated-hour.sh.
    assert runs("Europe/Berlin", "02:30", since="2026-10-24T12:00", days=2) == ["10-25 00:30", "10-26 01:30"]
    # Asked between the two times at which a clock shows 02:30, and after the second one.
    assert runs("Europe/Berlin", "02:30", since="2026-10-25T00:30", days=1) == []
    assert runs("Europe/Berlin", "02:30", since="2026-10-25T01:30", days=1) == ["10-26 01:30"]


def test_a_run_that_began_on_the_31st_is_due_on_the_last_day_of_every_month_that_follows() -> None:
    # A monthly job that began on the 31st drifts to the 28th for good in some schedulers. Days are counted here from
    # today, not from the last run, so a short month changes nothing.
    found = runs("Europe/Berlin", "02:30", since="2027-01-30T12:00", days=90)

    assert [run[:5] for run in found if run.startswith(("01-31", "02-28", "03-31", "04-30"))] == [
        *("01-31", "02-28", "03-31", "04-30"),
    ]
    assert len(found) == 90


@pytest.mark.django_db
def test_no_periodic_task_repeats_by_the_month_or_by_a_cron_expression() -> None:
    # In these, django-q2 counts from the last run and in one zone for all venues.
    found = Schedule.objects.values_list("schedule_type", flat=True)
    assert set(found) == {Schedule.MINUTES}
