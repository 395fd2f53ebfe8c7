"""Moments ahead that no mechanism can have set: written while a clock was wrong, and put right once it is.

While a clock is two hours ahead, even for a minute, every lease, next attempt and schedule that is written lies two
hours further ahead than it should, and stays there when the clock is right again. So each app lists its moments and how
far ahead each can be set (its `moments.py`), and the ticker puts right what lies further ahead.

A clock that is behind makes right moments look as if they lay too far ahead. Then leases end and retries come too
early, which costs a call: an order keeps its reference, so it is not on the till twice.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.apps import apps
from django.db.models import Model, Q, QuerySet

logger = logging.getLogger(__name__)

# Processes compare their clock with the database's every half minute, so two may differ for as long.
_TOLERANCE = timedelta(seconds=30)
_MOST_AT_ONCE = 500
_NO_TIME = timedelta(0)
_ALL = Q()


@dataclass(frozen=True)
class Ahead:
    """A moment that is set ahead, `furthest` at most; with none, one that has passed, like that of the last success.

    Args:
        model: such as `orders.Injection`.
        column: the moment.
        furthest: how far ahead its mechanism may set it.
        where: which rows, so that an index finds them.
        then: how far ahead of now it is put; as far as a lease for a lease, whose holder may still be at work.
    """

    model: str
    column: str
    furthest: timedelta = _NO_TIME
    where: Q = _ALL
    then: timedelta = _NO_TIME

    def put_right(self, *, now: datetime) -> int:
        """Put right what lies too far ahead; return how many rows."""
        wrong = _rows(self.model).filter(self.where, **{f"{self.column}__gt": now + self.furthest + _TOLERANCE})
        return wrong.update(**{self.column: now + self.then})


@dataclass(frozen=True)
class Reckoned:
    """A moment reckoned from another that has passed: where that one lies ahead, both are moved back together."""

    model: str
    since: str
    until: str
    where: Q = _ALL

    def put_right(self, *, now: datetime) -> int:
        """Put right the moments reckoned from one that lies ahead; return how many rows."""
        wrong = _rows(self.model).filter(self.where, **{f"{self.since}__gt": now + _TOLERANCE})
        changed = 0
        for pk, since, until in list(wrong.values_list("pk", self.since, self.until)[:_MOST_AT_ONCE]):
            moved = until and until - (since - now)
            same = _rows(self.model).filter(pk=pk, **{self.since: since, self.until: until})
            changed += same.update(**{self.since: now, self.until: moved})
        return changed


def put_right(moments: Iterable[Ahead | Reckoned], *, now: datetime) -> int:
    """Put right whatever lies further ahead than its mechanism can have set it; return how many rows."""
    total = 0
    for moment in moments:
        if changed := moment.put_right(now=now):
            logger.warning("A clock was wrong: put right %s rows of %s", changed, moment)
            total += changed
    return total


def _rows(model: str) -> QuerySet[Model]:
    return apps.get_model(model)._default_manager.all()
