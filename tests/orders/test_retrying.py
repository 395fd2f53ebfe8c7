"""When an order is tried again: a table of plans, each followed from the first failure to the last."""

from datetime import UTC, datetime, timedelta

import pytest

from orders.retrying import RETRIES, next_attempt

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)


def plan(due_in: timedelta | None, *, chance: float = 0.0, retry_after: timedelta | None = None) -> list[timedelta]:
    """How long after the first failure each retry comes, when all of them fail at once."""
    now = NOW
    tried: list[timedelta] = []
    for failures in range(1, 20):
        again = next_attempt(
            failures=failures,
            now=now,
            first_tried_at=NOW,
            due_at=NOW + due_in if due_in is not None else None,
            retry_after=retry_after,
            chance=lambda: chance,
        )
        if again is None:
            return tried
        now = again
        tried.append(again - NOW)
    raise AssertionError("it never gives up")


def _rounded(times: list[timedelta]) -> list[int]:
    return [round(time.total_seconds()) for time in times]


@pytest.mark.parametrize(
    ("due_in", "seconds"),
    [
        (None, [6, 18, 42, 90, 186, 378]),
        (timedelta(minutes=-5), [6, 18, 42, 90, 186, 378]),
        (timedelta(minutes=10), [6, 18, 42, 90, 186, 378]),
        (timedelta(minutes=30), [6, 18, 42, 90, 252, 900]),
        (timedelta(hours=3), [7, 36, 152, 616, 2473, 9673]),
        (timedelta(days=1), [63, 313, 1315, 5324, 12524, 19724]),
    ],
)
def test_the_plan_stretches_with_the_time_that_is_left(due_in: timedelta | None, seconds: list[int]) -> None:
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


def test_the_wait_that_the_pos_asks_for_is_kept() -> None:
    assert _rounded(plan(None, retry_after=timedelta(seconds=45)))[:2] == [45, 90]


def test_a_shorter_wait_than_planned_changes_nothing() -> None:
    assert plan(None, retry_after=timedelta(seconds=1)) == plan(None)


def test_a_wait_that_would_be_too_late_is_not_waited_for() -> None:
    assert plan(None, retry_after=timedelta(minutes=11)) == []
    assert len(plan(timedelta(hours=3), retry_after=timedelta(minutes=11))) == 6


def test_repeated_waits_do_not_add_up_beyond_the_time_for_settling() -> None:
    assert plan(None, retry_after=timedelta(minutes=4)) == [timedelta(minutes=4), timedelta(minutes=8)]


def test_chance_is_real_without_being_told() -> None:
    drawn = {next_attempt(failures=1, now=NOW, first_tried_at=NOW) for _ in range(20)}
    assert len(drawn) > 1
    assert all(timedelta(seconds=6) <= again - NOW <= timedelta(seconds=7.2) for again in drawn if again)
