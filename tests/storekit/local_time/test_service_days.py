"""A service day begins when the one before has ended."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekit.local_time.opening_hours import OpeningHours
from storekit.local_time.service_days import service_day, service_day_bounds

LONDON = ZoneInfo("Europe/London")
FRIDAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("hours", "begins", "ends"),
    [
        ([], "2026-05-01T04:00", "2026-05-02T04:00"),
        ([OpeningHours(4, time(18), time(2))], "2026-05-01T04:00", "2026-05-02T04:00"),
        ([OpeningHours(4, time(18), time(7))], "2026-05-01T04:00", "2026-05-02T06:00"),
        ([OpeningHours(3, time(18), time(7))], "2026-05-01T06:00", "2026-05-02T04:00"),
        ([OpeningHours(4, time(4), time(12))], "2026-05-01T03:00", "2026-05-02T04:00"),
    ],
)
def test_a_day_lasts_until_five_or_as_long_as_its_night(hours: list[OpeningHours], begins: str, ends: str) -> None:
    found = service_day_bounds(day=FRIDAY, zone=LONDON, hours=hours)

    assert found == tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begins, ends))


CLOSINGS = st.sampled_from([time(23), time(0), time(2), time(5), time(7, 30)])


@given(closes=CLOSINGS, minutes=st.integers(0, 3 * 24 * 60))
def test_every_moment_lies_within_the_bounds_of_its_own_day(closes: time, minutes: int) -> None:
    hours = [OpeningHours(weekday, time(17), closes) for weekday in range(7)]
    moment = datetime.fromtimestamp(datetime(2026, 3, 28, tzinfo=UTC).timestamp() + 60 * minutes, UTC)

    day = service_day(moment=moment, zone=LONDON, hours=hours)
    begins, ends = service_day_bounds(day=day, zone=LONDON, hours=hours)

    assert begins <= moment < ends
