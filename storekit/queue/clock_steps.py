"""Put right, from the ticker, what was written while a clock was ahead.

The schedules come first, as every sweep hangs on them. What else lies too far ahead is listed by each app; see
`storekit.db.moments`. What is cached in the database is forgotten when this host's clock was set back, as it would live
that much longer.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule

from storekit.db import clock
from storekit.queue import registry
from storekit.queue.schedules import name_of
from storekit.redis_client.options import STAND_IN

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 30.0
_SET_BACK = 30.0
_last_look: list[float] = []
# The difference between this host's two clocks, of which only one can be set.
_last_gap: list[float] = []


def put_right_now_and_then(*, since: datetime, until: datetime) -> None:
    """Put right what lies too far ahead, every half minute; called by the ticker, whose moments do not matter here."""
    monotonic = time.monotonic()
    if _last_look and monotonic - _last_look[-1] < _EVERY_SECONDS:
        return
    _last_look[:] = [monotonic]
    put_right()
    forget_cached_if_set_back(monotonic=monotonic)


def put_right() -> int:
    """Put right every schedule and moment that lies further ahead than it can have been set; return how many.

    An error in one app's moments does not keep the others wrong.
    """
    total = put_schedules_right(now=clock.now())
    for name in registry.MOMENTS:
        try:
            total += import_string(name)(now=clock.now())
        except Exception:
            logger.exception("%s failed", name)
    return total


def put_schedules_right(*, now: datetime) -> int:
    """Make each periodic task due whose next run lies further ahead than its interval; return how many."""
    minutes = {name_of(task): minutes for task, minutes in registry.PERIODIC_TASKS.items()}
    changed = 0
    for name, next_run in Schedule.objects.filter(name__in=minutes).values_list("name", "next_run"):
        if next_run is not None and next_run > now + timedelta(minutes=minutes[name]) + timedelta(seconds=30):
            # Unless the queue's own scheduler was faster.
            changed += Schedule.objects.filter(name=name, next_run=next_run).update(next_run=now)
    if changed:
        logger.warning("A clock was wrong: put right %s schedules", changed)
    return changed


def forget_cached_if_set_back(*, monotonic: float) -> bool:
    """Empty the cache in the database if this host's clock was set back since the last look; return whether it was."""
    gap = timezone.now().timestamp() - monotonic
    was_set_back = bool(_last_gap) and gap < _last_gap[-1] - _SET_BACK
    _last_gap[:] = [gap]
    if was_set_back:
        caches[STAND_IN if settings.REDIS_URL else "default"].clear()
    return was_set_back
