"""Queue what has just become due among orders. A worker calls this every two seconds; it only reads the database."""

from datetime import datetime

from django.db.models import Q

from orders.injection.confirmation_checks import GRACE
from orders.models import Alert, Injection
from storekit.db.due_rows import enqueue_each

_MOST_PER_POLL = 100

_State = Injection.State


def enqueue_newly_due(*, since: datetime, until: datetime) -> int:
    """Queue each row that became due after `since` and up to `until`, once; return how many were due."""
    injections = _injections(since, until)
    confirmation_checks = _confirmation_checks(since, until)
    alerts = _alerts(since, until)
    enqueue_each("orders.tasks.inject", injections)
    enqueue_each("orders.tasks.look_for_order", confirmation_checks)
    enqueue_each("orders.tasks.send_alert", alerts)
    return len(injections) + len(confirmation_checks) + len(alerts)


def _injections(since: datetime, until: datetime) -> list[int]:
    """Return the injections whose next attempt has become due or whose worker's lease has run out."""
    waiting = Injection.objects.filter(
        state__in=[_State.WAITING, _State.SCHEDULED], next_attempt_at__gt=since, next_attempt_at__lte=until
    )
    abandoned = Injection.objects.filter(state=_State.SENDING, lease_until__gt=since, lease_until__lte=until)
    # Two queries, as each has its own index.
    return [
        *waiting.order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_POLL],
        *abandoned.order_by("lease_until").values_list("pk", flat=True)[:_MOST_PER_POLL],
    ]


def _confirmation_checks(since: datetime, until: datetime) -> list[int]:
    overdue = Q(deliver_by__gt=since - GRACE) | Q(lease_until__gt=since, lease_until__lte=until)
    unconfirmed = Injection.objects.filter(overdue, state=_State.ACCEPTED, deliver_by__lte=until - GRACE)
    return list(unconfirmed.order_by("deliver_by").values_list("pk", flat=True)[:_MOST_PER_POLL])


def _alerts(since: datetime, until: datetime) -> list[int]:
    due = Alert.objects.filter(next_attempt_at__gt=since, next_attempt_at__lte=until)
    return list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_POLL])
