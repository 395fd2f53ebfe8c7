"""How far ahead the moments of the tables' rows may lie."""

from datetime import datetime, timedelta

from django.db.models import Q

from storekit.db import moments
from storekit.db.moments import Ahead, Reckoned
from tables.bills import refreshing, unlisted
from tables.models import Payment
from tables.payments import alerts, leasing, receipts, starting, transitions
from tables.reconciliation import alerts as reconciliation_alerts
from tables.reconciliation import run

_PAYMENT, _REFUND, _ALERT = "tables.Payment", "tables.PaymentRefund", "tables.PaymentAlert"
_TO_ALERT = Q(next_alert_at__isnull=False)
# The most minutes that a venue's setting holds.
_LONGEST_DELAY = timedelta(minutes=32767)

_MOMENTS = (
    Ahead("tables.CheckList", "next_attempt_at", refreshing.LEASE),
    Ahead("tables.CheckList", "fetched_at"),
    Ahead("tables.CheckList", "looked_at"),
    Ahead("tables.Bill", "next_look_at", unlisted.LOOK_AGAIN_AFTER),
    Ahead("tables.Bill", "check_at", _LONGEST_DELAY, where=Q(check_at__isnull=False)),
    Ahead("tables.Reconciliation", "next_attempt_at", run.LEASE, where=Q(next_attempt_at__isnull=False)),
    Ahead("tables.Reconciliation", "next_alert_at", reconciliation_alerts.RETRY_AFTER, where=_TO_ALERT),
    Ahead("tables.CheckToFind", "named_at"),
    Ahead("tables.Table", "look_wanted_at"),
    Ahead("tables.Table", "next_look_at", unlisted.LOOK_AGAIN_AFTER),
    Ahead(_PAYMENT, "next_attempt_at", starting.HOLD, where=Q(state=Payment.State.HELD)),
    Ahead(_PAYMENT, "next_attempt_at", transitions.LONGEST_DELAY, where=Q(next_attempt_at__isnull=False)),
    Ahead(_PAYMENT, "lease_until", leasing.LEASE, where=Q(next_attempt_at__isnull=False), then=leasing.LEASE),
    Ahead(_PAYMENT, "receipt_due_at", receipts.GIVE_UP_AFTER, where=Q(receipt_due_at__isnull=False)),
    Reckoned(_PAYMENT, since="created_at", until="held_until", where=Q(state=Payment.State.HELD)),
    Reckoned(_PAYMENT, since="sent_at", until="answer_by", where=Q(state=Payment.State.SENT)),
    Ahead(_REFUND, "next_attempt_at", transitions.LONGEST_DELAY, where=Q(next_attempt_at__isnull=False)),
    Ahead(_REFUND, "lease_until", leasing.LEASE, where=Q(next_attempt_at__isnull=False), then=leasing.LEASE),
    Ahead(_ALERT, "next_attempt_at", alerts.LONGEST_DELAY, where=Q(next_attempt_at__isnull=False)),
)


def put_right(*, now: datetime) -> int:
    """Put right moments that lie too far ahead; return how many."""
    return moments.put_right(_MOMENTS, now=now)
