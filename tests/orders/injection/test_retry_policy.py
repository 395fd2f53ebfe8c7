"""When an order is tried again: a table of plans, each followed from the first failure to the last."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from orders.injection.retry_policy import RETRIES, deliver_within, next_attempt, settled_by

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def plan(
    due_in: timedelta | None,
    *,
    chance: float = 0.0,
    retry_after: timedelta | None = None,
    late: timedelta = timedelta(0),
    start: datetime = NOW,
) -> list[timedelta]:
    """How long after it was due each retry comes, when every attempt fails at once; the first one may be late.

    The clock stands still but for the plan: it is moved to each retry when that is due.
    """
    tried: list[timedelta] = []
    with time_machine.travel(start + late, tick=False) as clock:
        first_tried_at = timezone.now()
        for failures in range(1, 20):
            again = next_attempt(
                failures=failures,
                now=timezone.now(),
                first_tried_at=first_tried_at,
                due_since=start,
                scheduled_for=start + due_in if due_in is not None else None,
                retry_after=retry_after,
                chance=lambda: chance,
            )
            if again is None:
                return tried
            clock.move_to(again)
            tried.append(timezone.now() - start)
    raise AssertionError("it never gives up")


def _rounded(times: list[timedelta]) -> list[int]:
    return [round(time.total_seconds()) for time in times]


@pytest.mark.parametrize(
    ("due_in", "seconds"),
    [
        pytest.param(None, [6, 18, 42, 90, 186, 378], id="now"),
        pytest.param(timedelta(minutes=-5), [6, 18, 42, 90, 186, 378], id="five minutes ago"),
        pytest.param(timedelta(minutes=10), [6, 18, 42, 90, 186, 378], id="in 10 minutes"),
        pytest.param(timedelta(minutes=25), [6, 18, 42, 90, 186, 378], id="in 25 minutes"),
        pytest.param(timedelta(minutes=30), [6, 18, 42, 90, 252, 900], id="in 30 minutes"),
        pytest.param(timedelta(hours=3), [7, 36, 152, 616, 2473, 9673], id="in 3 hours"),
        pytest.param(timedelta(days=1), [63, 313, 1315, 5324, 12524, 19724], id="tomorrow"),
    ],
)
def test_the_waits_grow_with_the_time_left(due_in: timedelta | None, seconds: list[int]) -> None:
    assert _rounded(plan(due_in)) == seconds


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("due_in", [None, *(timedelta(minutes=m) for m in (5, 20, 26, 30, 180, 1440, 10080))])
def test_every_plan_has_six_retries_and_leaves_time_to_act(due_in: timedelta | None, chance: float) -> None:
    tried = plan(due_in, chance=chance)
    assert len(tried) == RETRIES == 6
    assert tried == sorted(tried)
    allowed = max(timedelta(minutes=10), (due_in or timedelta()) - timedelta(minutes=15))
    assert tried[-1] <= allowed


def test_chance_scatters_only_ever_later() -> None:
    early, late = plan(None, chance=0.0), plan(None, chance=1.0)
    assert all(sooner < later <= sooner * 1.2 for sooner, later in zip(early, late, strict=True))


@pytest.mark.parametrize("sunday", [datetime(2026, 3, 29, tzinfo=LONDON), datetime(2026, 10, 25, tzinfo=LONDON)])
def test_waits_are_elapsed_time_on_a_night_when_the_clocks_change(sunday: datetime) -> None:
    evening_before = sunday.astimezone(UTC) - timedelta(hours=3)
    breakfast = sunday.replace(hour=8)
    hours = (breakfast.astimezone(UTC) - evening_before.astimezone(UTC)) / timedelta(hours=1)
    assert hours in (10, 12), "an hour less or more than the clocks say"
    tried = plan(timedelta(hours=hours), start=evening_before.astimezone(UTC))
    assert len(tried) == RETRIES
    assert tried[-1] <= timedelta(hours=hours) - timedelta(minutes=15)


# --- What the POS asks for -------------------------------------------------------------------------------------------


def test_the_wait_that_the_pos_asks_for_is_kept() -> None:
    assert _rounded(plan(None, retry_after=timedelta(seconds=45)))[:2] == [45, 90]


def test_a_shorter_wait_than_planned_changes_nothing() -> None:
    assert plan(None, retry_after=timedelta(seconds=1)) == plan(None)


def test_a_wait_that_would_be_too_late_is_not_accepted() -> None:
    assert plan(None, retry_after=timedelta(minutes=11)) == []
    assert len(plan(timedelta(hours=3), retry_after=timedelta(minutes=11))) == 6


def test_repeated_waits_do_not_add_up_beyond_the_time_for_settling() -> None:
    assert plan(None, retry_after=timedelta(minutes=4)) == [timedelta(minutes=4), timedelta(minutes=8)]


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_wait_to_the_very_end_is_accepted_and_not_cut_short(chance: float) -> None:
    assert plan(None, retry_after=timedelta(minutes=10), chance=chance) == [timedelta(minutes=10)]


# --- Late first attempts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [timedelta(minutes=9), timedelta(minutes=11), timedelta(hours=5), timedelta(days=3)])
@pytest.mark.parametrize("due_in", [None, timedelta(minutes=30)])
def test_an_order_first_tried_late_is_still_tried_for_two_minutes(due_in: timedelta | None, late: timedelta) -> None:
    tried = [time - late for time in plan(due_in, late=late)]
    assert len(tried) >= 5
    assert tried[-1] >= timedelta(minutes=2)


def test_an_order_for_later_that_was_first_tried_late_uses_what_is_left() -> None:
    tried = plan(timedelta(hours=3), late=timedelta(hours=2))
    assert len(tried) == RETRIES
    assert tried[-1] <= timedelta(hours=2, minutes=45)


# --- How long it may take --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_in", "minutes"),
    [(None, 10), (timedelta(minutes=5), 10), (timedelta(minutes=30), 15), (timedelta(hours=3), 165)],
)
def test_an_order_is_settled_in_ten_minutes_or_a_quarter_of_an_hour_before_its_time(
    due_in: timedelta | None, minutes: int
) -> None:
    scheduled_for = NOW + due_in if due_in is not None else None
    assert settled_by(due_since=NOW, scheduled_for=scheduled_for) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("left", "given"),
    [
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(seconds=20), timedelta(minutes=1)),
        (timedelta(hours=-2), timedelta(minutes=1)),
        (timedelta(days=5), timedelta(hours=24)),
    ],
)
def test_the_pos_is_given_what_is_left_between_a_minute_and_a_day(left: timedelta, given: timedelta) -> None:
    assert deliver_within(now=NOW, settled_by=NOW + left) == given


def test_chance_is_random_by_default() -> None:
    drawn = {next_attempt(failures=1, now=NOW, first_tried_at=NOW, due_since=NOW) for _ in range(20)}
    assert len(drawn) > 1
    assert all(timedelta(seconds=6) <= again - NOW <= timedelta(seconds=7.2) for again in drawn if again)
