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


def enqueue_injection(*, injection_id: int) -> None:
    """Queues the injection. A queue that cannot be reached is logged and nothing worse: the sweep takes over."""
    _queue("orders.tasks.inject", injection_id)


def enqueue_alert(*, alert_id: int) -> None:
    """Queues what is to be told, likewise."""
    _queue("orders.tasks.send_alert", alert_id)


def enqueue_confirmation_check(*, injection_id: int) -> None:
    """Queues the look for an order that was accepted and never confirmed, likewise."""
    _queue("orders.tasks.look_for_order", injection_id)


def _queue(task: str, row_id: int) -> None:
    try:
        async_task(task, row_id)
    except (DatabaseError, RedisError, OSError):
        logger.warning("%s of %s could not be queued; the sweep will find it.", task, row_id, exc_info=True)
