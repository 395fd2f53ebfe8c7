"""Telling the workers that something is due. The rows say the same: what is not heard here is found by the sweep."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_CLOCKS_DIFFER_BY = timedelta(seconds=5)


def due_at_once() -> datetime:
    """A moment that has come on every host, also where the clock is a little behind this one's."""
    return timezone.now() - _CLOCKS_DIFFER_BY


def nudge(*, injection_id: int) -> None:
    """Queues the injection. A queue that cannot be reached is logged and nothing worse: the sweep takes over."""
    try:
        async_task("orders.tasks.inject", injection_id)
    except (DatabaseError, RedisError, OSError):
        logger.warning("Injection %s could not be queued; the sweep will find it.", injection_id, exc_info=True)
