"""When something that repeats at a local time on weekdays is due, in UTC, across clock changes. No database."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# From yesterday, whose time may fall today if a clock change skipped it, to the same weekday next week.
_DAYS = range(-1, 9)


def every_day() -> list[int]:
    """Return all seven weekdays, Monday (0) first."""
    return list(range(7))


def read_weekdays(value: Iterable[int | str]) -> list[int]:
    """Return weekdays sorted and without duplicates, 0 for Monday to 6 for Sunday.

    Raises:
        ValueError: a value is not a weekday.
    """
    days = sorted({int(day) for day in value})
    if any(day not in range(7) for day in days):
        raise ValueError(f"Weekdays are 0 (Monday) to 6 (Sunday), not {days}.")
    return days


def in_words(at: time, weekdays: Collection[int]) -> str:
    """Return a description such as `05:00 on Monday, Friday`."""
    days = "every day" if set(weekdays) == set(range(7)) else f"on {', '.join(WEEKDAYS[day] for day in weekdays)}"
    return f"{at:%H:%M} {days}" if weekdays else f"{at:%H:%M} on no day"


def next_occurrence(*, after: datetime, time: time, weekdays: Collection[int], zone: tzinfo) -> datetime | None:
    """Return the first moment after `after`, in UTC, when it is `time` on one of the weekdays; None without weekdays.

    A time that a clock change skips counts as the first moment after the gap. A time that a clock change repeats counts
    the first time only.
    """
    today = after.astimezone(zone).date()
    for day in (today + timedelta(days=days) for days in _DAYS):
        if day.weekday() in weekdays:
            moment = _moment(day, time, zone)
            if moment > after:
                return moment
    return None


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    wall = datetime.combine(day, at.replace(fold=0), tzinfo=zone)
    # For a time inside a gap, fold 0 uses the offset before the gap and fold 1 the one after it.
    before, after = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    return before if after >= before else _end_of_gap(after, before, zone)


def _end_of_gap(early: datetime, late: datetime, zone: tzinfo) -> datetime:
    """Return the moment between the two, to the second, when the zone's offset changes."""
    old = early.astimezone(zone).utcoffset()
    early, late = early.replace(microsecond=0), late.replace(microsecond=0) + timedelta(seconds=1)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            early = middle
        else:
            late = middle
    return late
