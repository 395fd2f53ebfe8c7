"""When an order that did not get through is sent again. Pure: the rows and the clock belong to the caller."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

RETRIES = 6
_FIRST_DELAY = timedelta(seconds=6)
_SETTLED_WITHIN = timedelta(minutes=10)
_TIME_TO_ACT = timedelta(minutes=15)
_LONGEST_DELAY = timedelta(hours=2)
# However late the first attempt was: what was hardly tried is not given up.
_TRIED_FOR = timedelta(minutes=2)
# An order for later shares out the time that is left: each wait is four times the one before.
_SHARES = tuple(4**number for number in range(RETRIES))
_JITTER = 0.2
# What the POS takes as its own time for getting an order onto a till. Lightspeed's K-Series API documentation
# (https://api-docs.lsk.lightspeed.app/) names the minimum; after a day nobody would want it.
_SHORTEST_DELIVERY = timedelta(minutes=1)
_LONGEST_DELIVERY = timedelta(hours=24)

_chance = random.SystemRandom().random


def settled_by(*, due_since: datetime, scheduled_for: datetime | None) -> datetime:
    """Until when an order is on the till or a person is told.

    Ten minutes after it was to be sent; an order for later may take until a quarter of an hour before its time, so
    that somebody can still key it in. Times are aware.
    """
    soonest = due_since + _SETTLED_WITHIN
    return soonest if scheduled_for is None else max(soonest, scheduled_for - _TIME_TO_ACT)


def deliver_within(*, now: datetime, settled_by: datetime) -> timedelta:
    """How long the POS may try to get the order onto a till: what is left, between a minute and a day."""
    return min(max(settled_by - now, _SHORTEST_DELIVERY), _LONGEST_DELIVERY)


def next_attempt(
    *,
    failures: int,
    now: datetime,
    first_tried_at: datetime,
    due_since: datetime,
    scheduled_for: datetime | None = None,
    retry_after: timedelta | None = None,
    chance: Callable[[], float] = _chance,
) -> datetime | None:
    """When to try again after the given number of failures (1 or more); None when it is time to tell a person.

    An order for now doubles its waits from six seconds; one for later spreads its retries over the time that is left.
    When the first attempt was late, the order is tried for two minutes all the same. `retry_after` is what the POS
    asked for: it is not tried sooner, and given up when that would be too late. `chance` gives numbers from 0 to 1 that
    scatter the attempts of many orders.
    """
    end = max(settled_by(due_since=due_since, scheduled_for=scheduled_for), first_tried_at + _TRIED_FOR)
    if failures > RETRIES or (retry_after is not None and now + retry_after > end):
        return None
    doubling: timedelta = _FIRST_DELAY * 2 ** (failures - 1)
    if now + _FIRST_DELAY > end and retry_after is None:
        return None
    # Scattered only ever later, so that the wait which the POS asked for is kept; but never beyond the end.
    planned = max(doubling, min(_share(failures, end - now, due_since, scheduled_for), _LONGEST_DELAY))
    scattered = now + max(planned, retry_after or planned) * (1 + _JITTER * chance())
    return min(scattered, max(end, now + (retry_after or timedelta(0))))


def _share(failures: int, left: timedelta, due_since: datetime, scheduled_for: datetime | None) -> timedelta:
    """The part of the time that is left which an order for later waits now; nothing for one that is due."""
    if scheduled_for is None or scheduled_for - _TIME_TO_ACT <= due_since + _SETTLED_WITHIN:
        return timedelta(0)
    return left * (_SHARES[failures - 1] / sum(_SHARES[failures - 1 :]))
