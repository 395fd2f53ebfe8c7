"""Queue what has just become due among payments. A worker calls this every two seconds; it only reads the database."""

from datetime import datetime

from storekit.db.due_rows import CLOCK_SKEW, enqueue_each
from tables.models import Payment, PaymentAlert
from tables.payments.leasing import ADVANCE

_MOST_PER_POLL = 100


def enqueue_newly_due(*, since: datetime, until: datetime) -> int:
    """Queue each row that became due after `since` and up to `until`; return how many were due.

    What is due at once is stored as due since `CLOCK_SKEW` ago. It is found here if its task was lost, so that a guest
    does not wait for the sweep.
    """
    window = {"next_attempt_at__gt": since - CLOCK_SKEW, "next_attempt_at__lte": until}
    payments = Payment.objects.filter(**window).order_by("next_attempt_at").values_list("pk", flat=True)
    alerts = PaymentAlert.objects.filter(**window).order_by("next_attempt_at").values_list("pk", flat=True)
    ids, alert_ids = [str(pk) for pk in payments[:_MOST_PER_POLL]], list(alerts[:_MOST_PER_POLL])
    enqueue_each(ADVANCE, ids)
    enqueue_each("tables.tasks.send_payment_alert", alert_ids)
    return len(ids) + len(alert_ids)
