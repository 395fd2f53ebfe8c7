"""The desk's other end, inside of storekit.

It also does what the task queue's own clock would: it queues the periodic tasks, by the hurried clock. (The queue's
clock looks every thirty seconds of the world, which is too seldom here.)
"""

import json
import os
import select
import sys
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django_q.tasks import async_task

from orders.models import Alert, Injection
from tests.support.hurry import Hurry

Json = dict[str, Any]


def serve() -> None:
    """Answers until nobody asks any more."""
    hurry = Hurry.of(os.environ)
    due = dict.fromkeys(settings.PERIODIC_TASKS, hurry.now())
    while True:
        for task, minutes in settings.PERIODIC_TASKS.items():
            if hurry.now() >= due[task]:
                async_task(task)
                due[task] = hurry.now() + timedelta(minutes=minutes)
        pause = min(hurry.seconds(moment - hurry.now()) for moment in due.values())
        if select.select([sys.stdin], [], [], max(pause, 0.01))[0]:
            asked = sys.stdin.readline().strip()
            if not asked:
                return
            print(json.dumps(_ANSWERS[asked](), default=_plain), flush=True)


def _prepare() -> None:
    pass


def _orders() -> list[Json]:
    rows = Injection.objects.select_related("order").prefetch_related("attempt_rows", "order__alerts")
    return [_order(row) for row in rows.order_by("order__number")]


def _order(row: Injection) -> Json:
    mails = [alert for alert in row.order.alerts.all() if alert.channel == Alert.Channel.EMAIL]
    return {
        "id": str(row.order.pk),
        "number": row.order.number,
        "code": row.order.collection_code,
        "type": row.order.type,
        "status": row.order.status,
        "state": row.state,
        "references": sorted({row.reference, *(attempt.reference for attempt in row.attempt_rows.all())}),
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at,
        "lease_until": row.lease_until,
        "deliver_by": row.deliver_by,
        "error_code": row.error_code,
        "error": row.error,
        "failures_told": sum(alert.about == Alert.About.FAILED and alert.told_at is not None for alert in mails),
        "still_to_tell": sum(alert.told_at is None for alert in mails),
    }


_ANSWERS = {"prepare": _prepare, "orders": _orders}


def _plain(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
