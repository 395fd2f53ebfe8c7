"""What happens to a thousand orders of all kinds under all kinds of faults, on PostgreSQL and Redis."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.faults.conditions import conditions_for
from tests.faults.scenario import Scenario, run_scenario
from tests.support.fast_clock import FastClock
from tests.support.stack import postgresql_and_redis

_SPEED = 30
_DISK_MEGABYTES = 512
_ORDERS = int(os.environ.get("ORDERS", "1000"))


def rows() -> list[tuple[str, str, str, str]]:
    """Return how many were on the till once, failed and reported (or refunded), and twice, unreported or lost.

    The last three must be none. Less than a thousand are placed if the environment's `ORDERS` says how many.
    """
    clock = FastClock.from_now_on(_SPEED)
    with tempfile.TemporaryDirectory() as folder:
        settings = clock.as_environment(step_file=Path(folder) / "step")
        with postgresql_and_redis(has_worker=False, settings=settings, disk_megabytes=_DISK_MEGABYTES) as up:
            conditions = conditions_for(up)
            scenario = Scenario(
                orders=_ORDERS,
                a_second=2.5,
                conditions=conditions,
                condition_seconds=1.0,
                settled_within=timedelta(minutes=60),
                outage=timedelta(minutes=12),
            )
            outcomes = run_scenario(up, clock, scenario)
    once = f"{len(outcomes.on_the_till)} once on the till"
    told = f"{len(outcomes.failed_and_reported)} failed and reported"
    wrong = f"{len(outcomes.twice)} twice, {len(outcomes.unreported)} unreported, {len(outcomes.lost)} lost"
    refunded, refused = len(outcomes.refunded), sum(outcomes.refused.values())
    return [
        (f"{_ORDERS} orders, everything fails, {len(conditions)} conditions", once, told, wrong),
        ("  the rest", f"{refunded} refunded", f"{refused} refused at once", ""),
        ("  settled after the last condition", f"{outcomes.seconds:.0f} s at {_SPEED} times the speed", "", ""),
    ]
