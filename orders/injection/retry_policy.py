"""When to send an order again that did not get through. Pure: the caller brings the rows and the clock."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

RETRIES = 6
_FIRST_DELAY = timedelta(seconds=6)
SETTLED_WITHIN = timedelta(minutes=10)
TIME_TO_ACT = timedelta(minutes=15)
"""How long before its time staff need to know that a scheduled order has to be keyed in."""
_LONGEST_DELAY = timedelta(hours=2)
# Keep trying for this long even if the first attempt was late.
SHORTEST_TRIAL = timedelta(minutes=2)
# A scheduled order spreads its retries over the time left: each wait is four times the one before.
_WAIT_WEIGHTS = tuple(4**number for number in range(RETRIES))
_JITTER = 0.2
# Limits for the time that the POS is given to get an order onto a till. Lightspeed's K-Series API documentation
# (https://api-docs.lsk.lightspeed.app/) sets the minimum; after a day the order is of no use.
_SHORTEST_DELIVERY = timedelta(minutes=1)
_LONGEST_DELIVERY = timedelta(hours=24)

_chance = random.SystemRandom().random


def settled_by(*, due_since: datetime, scheduled_for: datetime | None) -> datetime:
    """Return the moment by which an order must be on the till, or the venue alerted.

    Ten minutes after it was due; a scheduled order may take until a quarter of an hour before its time, which leaves
    staff time to key it in. Times are aware.
    """
    soonest = due_since + SETTLED_WITHIN
    return soonest if scheduled_for is None else max(soonest, scheduled_for - TIME_TO_ACT)


def deliver_within(*, now: datetime, settled_by: datetime) -> timedelta:
    """Return how long the POS may try to get the order onto a till: the time left, from one minute to one day."""
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
    """Return when to try again, or None when it is time to alert the venue. Times are aware.

    An immediate order doubles its waits, starting at six seconds; a scheduled one spreads its retries over the time
    left. If the first attempt was late, the order is still tried for two minutes.

    Args:
        failures: how many attempts have failed, 1 or more.
        now: the current time.
        first_tried_at: when the first attempt began.
        due_since: when the order was first due.
        scheduled_for: the time that the guest chose; None for an immediate order.
        retry_after: the wait that the POS requested. If it ends after the deadline, the order is given up.
        chance: returns numbers from 0 to 1, which scatter the attempts of many orders.
    """
    end = max(settled_by(due_since=due_since, scheduled_for=scheduled_for), first_tried_at + SHORTEST_TRIAL)
    if failures > RETRIES or (retry_after is not None and now + retry_after > end):
        return None
    doubling: timedelta = _FIRST_DELAY * 2 ** (failures - 1)
    if now + _FIRST_DELAY > end and retry_after is None:
        return None
    # Scatter towards later only, to respect the wait that the POS requested, but never beyond the end.
    planned = max(doubling, min(_spread_wait(failures, end - now, due_since, scheduled_for), _LONGEST_DELAY))
    scattered = now + max(planned, retry_after or planned) * (1 + _JITTER * chance())
    return min(scattered, max(end, now + (retry_after or timedelta(0))))


def postponed_until(
    *, now: datetime, settled_by: datetime, retry_after: timedelta, chance: Callable[[], float] = _chance
) -> datetime | None:
    """Return when to try again an order that was not sent because the POS is down; None when to alert the venue.

    Such an attempt does not count. The last one is at the deadline.
    """
    if now >= settled_by:
        return None
    return min(now + retry_after * (1 + _JITTER * chance()), settled_by)


def _spread_wait(failures: int, left: timedelta, due_since: datetime, scheduled_for: datetime | None) -> timedelta:
    """Return how much of the time left a scheduled order waits now; zero for an immediate order."""
    if scheduled_for is None or scheduled_for - TIME_TO_ACT <= due_since + SETTLED_WITHIN:
        return timedelta(0)
    return left * (_WAIT_WEIGHTS[failures - 1] / sum(_WAIT_WEIGHTS[failures - 1 :]))
