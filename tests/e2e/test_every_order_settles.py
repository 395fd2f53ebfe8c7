"""All kinds of orders under all kinds of faults: each is on the till once, or the venue knows that it is not.

Short, so that each run of the tests has it: SQLite has half of what the POS and the network may do, PostgreSQL and
Redis have the other half, and both have what may happen to our own hosts. `make bench ONLY=order_faults` is the whole.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

from django.db import connection

from tests.faults.conditions import AT_THE_POS, SLOW, conditions_for
from tests.faults.scenario import Scenario, run_scenario
from tests.support.fast_clock import FastClock
from tests.support.stack import postgresql_and_redis, sqlite_alone

_SPEED = 60


def test_every_order_is_on_the_till_once_or_reported_as_failed(tmp_path: Path) -> None:
    clock = FastClock.from_now_on(_SPEED)
    is_sqlite = connection.vendor == "sqlite"
    settings = clock.as_environment(step_file=tmp_path / "step")
    stack = sqlite_alone if is_sqlite else partial(postgresql_and_redis, disk_megabytes=160)
    with stack(has_worker=False, settings=settings) as up:
        left_out = (*AT_THE_POS[is_sqlite::2], *SLOW)
        conditions = [one for one in conditions_for(up) if one not in left_out]
        scenario = Scenario(
            orders=40,
            a_second=4,
            conditions=conditions,
            condition_seconds=0.3,
            settled_within=timedelta(hours=3),
            workers=1,
        )
        outcomes = run_scenario(up, clock, scenario)
    assert outcomes.lost == []
    assert outcomes.twice == []
    assert outcomes.unreported == []
    assert outcomes.wrong_advice == []
    # If the answer and every notification are lost, the advice is to check the till. Silence is one of the faults.
    assert len(outcomes.advised_to_check) <= scenario.orders / 4
    # Those for later, and only while our clocks are wrong.
    assert sum(outcomes.refused.values()) <= scenario.orders / 10, outcomes.refused
    assert len(outcomes.on_the_till) >= scenario.orders / 3, outcomes.failed_and_reported
