"""What has just become due among orders, for the look that a worker takes every two seconds. Reads, and nudges."""

from datetime import datetime

from django.db.models import Q

from orders.injection.confirmation_checks import GRACE
from orders.models import Alert, Injection
from storekit.db.due_rows import enqueue_each

_AT_ONCE = 100

_State = Injection.State


def enqueue_newly_due(*, since: datetime, until: datetime) -> int:
    """Queues what became due after `since` and until `until`, each once; returns how many."""
    to_send, to_look_for, to_tell = _to_send(since, until), _to_look_for(since, until), _to_tell(since, until)
    enqueue_each("orders.tasks.inject", to_send)
    enqueue_each("orders.tasks.look_for_order", to_look_for)
    enqueue_each("orders.tasks.send_alert", to_tell)
    return len(to_send) + len(to_look_for) + len(to_tell)


def _to_send(since: datetime, until: datetime) -> list[int]:
    """Orders whose next attempt has come, and those whose sender was not heard of for too long."""
    waiting = Injection.objects.filter(
        state__in=[_State.WAITING, _State.SCHEDULED], next_attempt_at__gt=since, next_attempt_at__lte=until
    )
    lost = Injection.objects.filter(state=_State.SENDING, lease_until__gt=since, lease_until__lte=until)
    # Two queries: each has an index of its own.
    return [
        *waiting.order_by("next_attempt_at").values_list("pk", flat=True)[:_AT_ONCE],
        *lost.order_by("lease_until").values_list("pk", flat=True)[:_AT_ONCE],
    ]


def _to_look_for(since: datetime, until: datetime) -> list[int]:
    overdue = Q(deliver_by__gt=since - GRACE) | Q(lease_until__gt=since, lease_until__lte=until)
    unconfirmed = Injection.objects.filter(overdue, state=_State.ACCEPTED, deliver_by__lte=until - GRACE)
    return list(unconfirmed.order_by("deliver_by").values_list("pk", flat=True)[:_AT_ONCE])


def _to_tell(since: datetime, until: datetime) -> list[int]:
    due = Alert.objects.filter(next_attempt_at__gt=since, next_attempt_at__lte=until)
    return list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:_AT_ONCE])
