"""Telling the workers that something is due. The rows say the same: what is not heard here is found by the sweep."""

import logging

from django.db import DatabaseError
from django_q.tasks import async_task
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def nudge(*, injection_id: int) -> None:
    """Queues the injection. A queue that cannot be reached is logged and nothing worse: the sweep takes over."""
    try:
        async_task("orders.tasks.inject", injection_id)
    except (DatabaseError, RedisError, OSError):
        logger.warning("Injection %s could not be queued; the sweep will find it.", injection_id, exc_info=True)
