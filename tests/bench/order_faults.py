"""What happens to two hundred orders of all kinds under all kinds of faults, on PostgreSQL and Redis."""

from datetime import timedelta

from tests.faults.scenario import Scenario, run_scenario
from tests.support.fast_clock import FastClock
from tests.support.stack import postgresql_and_redis

_SPEED = 30
_SCENARIO = Scenario(
    orders=200,
    a_second=2.5,
    condition_seconds=1.0,
    settled_within=timedelta(minutes=60),
    outage=timedelta(minutes=12),
)


def rows() -> list[tuple[str, str, str, str]]:
    """Return how many were on the till once, failed and reported, on the till twice, and lost unreported.

    The last two must be none.
    """
    clock = FastClock.from_now_on(_SPEED)
    with postgresql_and_redis(has_worker=False, settings=clock.as_environment()) as up:
        outcomes = run_scenario(up, clock, _SCENARIO)
    once = f"{len(outcomes.on_the_till)} once on the till"
    reported = f"{len(outcomes.failed_and_reported)} failed and reported"
    wrong = f"{len(outcomes.twice)} twice, {len(outcomes.unreported)} unreported"
    return [(f"{_SCENARIO.orders} orders, everything fails", once, reported, wrong)]
