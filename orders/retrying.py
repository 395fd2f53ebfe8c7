"""When an order that did not get through is sent again. Pure: the rows and the clock belong to the caller."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

RETRIES = 6
_FIRST_DELAY = timedelta(seconds=6)
_SETTLED_WITHIN = timedelta(minutes=10)
_TIME_TO_ACT = timedelta(minutes=15)
_LONGEST_DELAY = timedelta(hours=2)
# An order for later shares out the time that is left: each wait is four times the one before.
_SHARES = tuple(4**number for number in range(RETRIES))
_JITTER = 0.2

_chance = random.SystemRandom().random


def next_attempt(
    *,
    failures: int,
    now: datetime,
    first_tried_at: datetime,
    due_at: datetime | None = None,
    retry_after: timedelta | None = None,
    chance: Callable[[], float] = _chance,
) -> datetime | None:
    """When to try again after the given number of failures (1 or more); None when it is time to tell a person.

    An order for now doubles its waits from six seconds and is settled within about ten minutes. An order for later
    spreads its retries up to a quarter of an hour before its time, so that somebody can still key it in. `retry_after`
    is what the POS asked for: it is not tried sooner, and given up when that would be too late. `chance` gives numbers
    from 0 to 1 that scatter the attempts of many orders.
    """
    soonest = first_tried_at + _SETTLED_WITHIN
    settled_by = soonest if due_at is None else max(soonest, due_at - _TIME_TO_ACT)
    if failures > RETRIES or (retry_after is not None and now + retry_after > settled_by):
        return None
    # Scattered only ever later, so that the wait which the POS asked for is kept.
    scatter = 1 + _JITTER * chance()
    doubling: timedelta = _FIRST_DELAY * 2 ** (failures - 1)
    if settled_by == soonest:
        return now + max(doubling, retry_after or doubling) * scatter
    share = (settled_by - now) * (_SHARES[failures - 1] / sum(_SHARES[failures - 1 :]))
    delay = max(doubling, min(share, _LONGEST_DELAY), retry_after or doubling)
    return min(now + delay * scatter, max(settled_by, now + doubling))
