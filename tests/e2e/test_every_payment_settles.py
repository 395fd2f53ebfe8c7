"""Guests pay at their tables under all kinds of faults: each payment is on the till and charged, or it is neither.

Short, so that each run of the tests has it. `make bench ONLY=payment_faults` is the whole.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

from django.db import connection

from tests.faults.conditions import AT_THE_POS, SLOW, conditions_for
from tests.faults.table_payments import PAYMENT_CONDITIONS, Evening, run_evening
from tests.support.fast_clock import FastClock
from tests.support.stack import postgresql_and_redis, sqlite_alone

_SPEED = 10


def test_every_payment_is_charged_and_on_the_till_or_neither(tmp_path: Path) -> None:
    clock = FastClock.from_now_on(_SPEED)
    is_sqlite = connection.vendor == "sqlite"
    settings = clock.as_environment(step_file=tmp_path / "step")
    stack = sqlite_alone if is_sqlite else partial(postgresql_and_redis, disk_megabytes=160)
    with stack(has_worker=False, settings=settings) as up:
        left_out = (*AT_THE_POS[is_sqlite::2], *SLOW)
        conditions = [one for one in conditions_for(up) if one not in left_out]
        evening = Evening(
            payments=16,
            at_once=8,
            tables=12,
            conditions=[*conditions, *PAYMENT_CONDITIONS],
            condition_seconds=0.3,
            settled_within=timedelta(hours=2),
            workers=1,
        )
        outcomes = run_evening(up, clock, evening)
    assert outcomes.wrong == []
    assert outcomes.lost == []
    assert outcomes.lied_to == []
    assert outcomes.unfinished == []
    assert outcomes.authorised_for_ever == []
    assert outcomes.told == []
    assert outcomes.charged == outcomes.applied
    assert outcomes.paid >= evening.payments / 4, outcomes.causes
