"""How far ahead the moments of orders and their alerts may lie."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from orders.alerts import delivery
from orders.alerts.rush import GATHERED_FOR
from orders.injection import claims, confirmation_checks
from orders.injection.retry_policy import SETTLED_WITHIN, SHORTEST_TRIAL, TIME_TO_ACT
from orders.models import Alert, Injection, Order
from storekit.db import moments
from storekit.db.moments import Ahead, Reckoned

_INJECTION, _ALERT = "orders.Injection", "orders.Alert"
_WAITING = Q(state=Injection.State.WAITING)
_SENDING = Q(state=Injection.State.SENDING)
_ACCEPTED = Q(state=Injection.State.ACCEPTED)
_EMAIL = Q(channel=Alert.Channel.EMAIL)
# The retries of an order end ten minutes after it was due. Those of a scheduled one, and the wait of a parked one, may
# take until a quarter of an hour before its time.
_RETRIED = SETTLED_WITHIN + SHORTEST_TRIAL
_LATE = Q(next_attempt_at__gt=F("order__scheduled_for") - TIME_TO_ACT)
# An order that is sent once more is due after a minute.
_SENT_AGAIN = timedelta(minutes=1)

_MOMENTS = (
    Ahead(_INJECTION, "next_attempt_at", _SENT_AGAIN, where=_WAITING & Q(attempts=0, error_code="")),
    Ahead(_INJECTION, "next_attempt_at", _RETRIED, where=_WAITING & (Q(order__scheduled_for=None) | _LATE)),
    # The deadline counts from it. When a scheduled order is sent follows from its time, and is reckoned every minute.
    Ahead(_INJECTION, "due_since", _SENT_AGAIN, where=_WAITING),
    Ahead(_INJECTION, "due_since", _SENT_AGAIN, where=_SENDING),
    Ahead(_INJECTION, "lease_until", claims.LEASE, where=_SENDING, then=claims.LEASE),
    Ahead(_INJECTION, "lease_until", confirmation_checks.LONGEST_WAIT, where=_ACCEPTED),
    Reckoned(_INJECTION, since="accepted_at", until="deliver_by", where=_ACCEPTED),
    Reckoned("orders.Order", since="placed_at", until="pay_by", where=Q(status=Order.Status.AWAITING_PAYMENT)),
    Ahead(_ALERT, "next_attempt_at", GATHERED_FOR, where=Q(attempts=0)),
    Ahead(_ALERT, "next_attempt_at", delivery.LONGEST_DELAY, where=_EMAIL),
    # A till may say itself when to try again.
    Ahead(_ALERT, "next_attempt_at", delivery.TILL_TRIED_FOR, where=~_EMAIL),
)


def put_right(*, now: datetime) -> int:
    """Put right moments that lie too far ahead; return how many."""
    return moments.put_right(_MOMENTS, now=now)
