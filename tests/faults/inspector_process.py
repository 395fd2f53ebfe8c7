"""The inspector's other end, inside storekit.

It also queues the periodic tasks by the fast clock, in place of the task queue's scheduler: that runs every thirty
seconds of real time, which is too seldom for a fast clock.
"""

import json
import os
import select
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, close_old_connections

from integrations.models import LightspeedSettings
from orders.models import Alert, DiscountCode, Injection
from storekit.backoffice.failures import failed_injections
from storekit.db.due_rows import enqueue
from storekit.models import User, Venue
from storekit.queue.registry import PERIODIC_TASKS
from tables.floor_plan import sync_floor_plan
from tables.models import ENDED_STATES, PayAtTable, Payment, SandboxCharge, Table
from tests.support.fast_clock import FastClock

Json = dict[str, Any]


def serve(*, schedules: bool) -> None:
    """Answer questions until the input ends, and queue the periodic tasks if `schedules` says so."""
    clock = FastClock.from_environment(os.environ)
    tasks = PERIODIC_TASKS if schedules else {}
    due = dict.fromkeys(tasks, clock.now())
    while True:
        for task, minutes in tasks.items():
            # What lies further ahead than its interval was planned while the clock was wrong.
            if clock.now() >= due[task] or due[task] > clock.now() + timedelta(minutes=minutes):
                # Whether the queue takes it or not: the next turn comes either way.
                enqueue(task)
                due[task] = clock.now() + timedelta(minutes=minutes)
        pause = min((clock.seconds(moment - clock.now()) for moment in due.values()), default=60.0)
        if select.select([sys.stdin], [], [], max(pause, 0.01))[0]:
            question = sys.stdin.readline().strip()
            if not question:
                return
            print(json.dumps(_answer(question), default=_plain), flush=True)


def _answer(question: str) -> Any:
    """Answer, or return None while the database is away."""
    try:
        close_old_connections()
        return _ANSWERS[question]()
    except DatabaseError:
        return None


def _prepare() -> None:
    venue = Venue.objects.get()
    sync_floor_plan(venue=venue, started_by="test")
    LightspeedSettings.objects.update(
        delivery_profile="delivery", dine_in_profile="dinein", native_discounts=True, buffer_minutes=20
    )
    DiscountCode.objects.create(venue=venue, code="NATIVE", percent=10, pos_id="STAFF10")
    DiscountCode.objects.create(venue=venue, code="LINE", amount=Decimal("2.50"))
    DiscountCode.objects.create(venue=venue, code="UNKNOWN", percent=5, pos_id="NOT-AT-THE-POS")


def _hold() -> None:
    _hold_orders_for_later(True)


def _release() -> None:
    _hold_orders_for_later(False)


def _hold_orders_for_later(hold: bool) -> None:
    """Do what the form in the back office does: save the setting, then queue the task."""
    LightspeedSettings.objects.update(buffer_orders=hold)
    enqueue("orders.tasks.settings_changed", Venue.objects.get().pk)


def _orders() -> list[Json]:
    rows = Injection.objects.select_related("order").prefetch_related("attempt_rows", "order__alerts")
    trouble = set(failed_injections(user=User.objects.get()).values_list("pk", flat=True))
    return [_order(row) | {"in_trouble": row.pk in trouble} for row in rows.order_by("order__number")]


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
        "attempts": [f"{attempt.reference[-1]} {attempt.outcome}" for attempt in row.attempt_rows.all()],
        "next_attempt_at": row.next_attempt_at,
        "lease_until": row.lease_until,
        "deliver_by": row.deliver_by,
        "error_code": row.error_code,
        "error": row.error,
        "mails_sent": [alert.about for alert in mails if alert.sent_at is not None],
        "mails_waiting": [alert.about for alert in mails if alert.next_attempt_at is not None],
        "is_on_the_bill": row.order.is_on_the_bill,
    }


def _open_tables() -> dict[str, str]:
    venue = Venue.objects.get()
    sync_floor_plan(venue=venue, started_by="test")
    PayAtTable.objects.update_or_create(venue=venue, defaults={"enabled": True, "payments_enabled": True})
    return {str(table.number): table.token or "" for table in Table.objects.filter(venue=venue, archived_at=None)}


def _payments() -> Json:
    return {
        "payments": [_payment(row) for row in Payment.objects.order_by("created_at")],
        "charges": [_charge(row) for row in SandboxCharge.objects.order_by("created_at")],
    }


def _payment(row: Payment) -> Json:
    attempts = row.attempt_rows.values_list("step", "outcome", "detail")
    return {
        "id": str(row.pk),
        "state": row.state,
        # One that a person has to look at may have no more to wait for.
        "ended": row.state in ENDED_STATES or (row.needs_staff and row.next_attempt_at is None),
        "amount": str(row.amount),
        "tip": str(row.tip),
        "error_code": row.error_code,
        "error": row.error,
        "needs_staff": row.needs_staff,
        "next_attempt_at": row.next_attempt_at,
        "attempts": [" ".join(attempt)[:80] for attempt in attempts],
    }


def _charge(row: SandboxCharge) -> Json:
    return {"key": row.key, "state": row.state, "captured": str(row.captured), "refunded": str(row.refunded)}


_ANSWERS: dict[str, Callable[[], Any]] = {
    "prepare": _prepare,
    "hold": _hold,
    "release": _release,
    "orders": _orders,
    "open_tables": _open_tables,
    "payments": _payments,
}


def _plain(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
