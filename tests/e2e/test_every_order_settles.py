"""All kinds of orders under all kinds of faults: each is on the till once, or the venue knows that it is not."""

from datetime import timedelta

from django.db import connection

from tests.faults.scenario import Scenario, run_scenario
from tests.support.fast_clock import FastClock
from tests.support.stack import postgresql_and_redis, sqlite_alone

_SPEED = 40
_SCENARIO = Scenario(orders=30, a_second=2.5, condition_seconds=0.5, settled_within=timedelta(minutes=40))


def test_every_order_is_on_the_till_once_or_reported_as_failed() -> None:
    clock = FastClock.from_now_on(_SPEED)
    stack = sqlite_alone if connection.vendor == "sqlite" else postgresql_and_redis
    with stack(has_worker=False, settings=clock.as_environment()) as up:
        outcomes = run_scenario(up, clock, _SCENARIO)
    assert outcomes.twice == []
    assert outcomes.unreported == []
    assert outcomes.wrong_advice == []
    # If the answer and every notification are lost, the advice is to check the till. Silence is one of the faults.
    assert len(outcomes.advised_to_check) <= _SCENARIO.orders / 4
    assert len(outcomes.on_the_till) + len(outcomes.failed_and_reported) == _SCENARIO.orders
    assert len(outcomes.on_the_till) >= _SCENARIO.orders / 3, outcomes.failed_and_reported
