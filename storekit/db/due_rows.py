"""Rows that are due for work: claim them so that one process works on each, and tell the workers about them.

The rows are the truth. A queued task makes the work fast; a sweep every minute makes it certain. So a queue that cannot
be reached is logged and nothing worse.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import DatabaseError, transaction
from django.db.models import Model, QuerySet
from django_q.tasks import async_task
from redis.exceptions import RedisError

from storekit.db import clock

logger = logging.getLogger(__name__)

AnyModel = TypeVar("AnyModel", bound=Model)

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two hosts of ours may differ. A row that is due now is due on every host."""

# Enough for any delay; more would not fit into a `timedelta`.
_MOST_DOUBLINGS = 20


def due_now() -> datetime:
    """Return now, minus the clock skew we allow."""
    return clock.now() - CLOCK_SKEW


def enqueue(task: str, *args: Any, **options: Any) -> bool:
    """Queue a task; return whether the queue took it. If not, the sweep finds the row.

    Args:
        task: dotted path of a function in an app's `tasks.py`.
        args: what the task is given, as a rule the id of a row.
        options: django-q2's, for instance `timeout` in seconds.
    """
    try:
        async_task(task, *args, **options)
    except (DatabaseError, RedisError, OSError):
        logger.warning("%s%s could not be queued; the sweep will find it.", task, args, exc_info=True)
        return False
    return True


def enqueue_on_commit(task: str, *args: Any, **options: Any) -> None:
    """Queue a task when the transaction commits, or now if there is none."""
    transaction.on_commit(partial(enqueue, task, *args, **options), robust=True)


def enqueue_each(task: str, ids: Iterable[Any]) -> int:
    """Queue a task for each id; return how many the queue took. Stop at the first that it does not take."""
    return sum(1 for _ in takewhile(partial(enqueue, task), ids))


def claim(due: QuerySet[AnyModel], *, lease: timedelta, until: str = "lease_until", **columns: Any) -> UUID | None:
    """Take the rows of `due` for the length of the lease; return the lease's id, or None if there was none to take.

    One conditional UPDATE, so of several processes one gets each row. The model has `lease` and the column named by
    `until`. Record the outcome only where `lease` is still this id: a claim that ran out may be somebody else's by now.

    Args:
        due: the rows that are due and free, narrowed to what is to be taken.
        lease: longer than the work can take, time-outs included.
        until: the column for when the lease runs out.
        columns: what else the claim changes, for instance `attempts=F("attempts") + 1`.
    """
    lease_id = uuid4()
    taken = due.update(**{"lease": lease_id, until: clock.now() + lease}, **columns)
    return lease_id if taken else None


def claim_by_moment(
    due: QuerySet[AnyModel], *, column: str = "next_attempt_at", lease: timedelta, **columns: Any
) -> datetime | None:
    """Take the rows of `due` by moving the moment at which they are due; return that moment, or None.

    For models whose `column` is moment and lease in one: if the process dies, the row is due again after the lease.
    Record the outcome only where `column` is still this moment.
    """
    until = clock.now() + lease
    return until if due.update(**{column: until}, **columns) else None


def still_ours(rows: QuerySet[AnyModel], *, lease: UUID) -> AnyModel | None:
    """Return the claimed row, locked, or None if its claim is over: then somebody else's outcome is the later one.

    Call in a transaction. `rows` is narrowed to the one row. Code that settles a row by other means clears
    its `lease`.
    """
    return rows.select_for_update(of=("self",)).filter(lease=lease).first()


def growing_delay(*, failures: int, first: timedelta, longest: timedelta) -> timedelta:
    """Return how long to wait after this many failures, 1 or more: twice as long each time, up to `longest`."""
    return min(first * 2 ** min(failures - 1, _MOST_DOUBLINGS), longest)
