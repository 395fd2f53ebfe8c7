"""The tasks of tables. Each takes ids and returns a line for the task queue's log."""

from functools import partial
from uuid import UUID

from django.conf import settings

from integrations.models import SyncRun
from integrations.syncs.queue import SYNCS
from integrations.syncs.runs import SyncAlreadyRunning, queued_run
from storekit.queue.worker_threads import Lane
from tables import floor_plan
from tables.bills import closing
from tables.models import Bill, Payment, PaymentAlert, PaymentRefund, Reconciliation
from tables.payments import alerts, receipts, refunding, steps
from tables.reconciliation import alerts as reconciliation_alerts
from tables.reconciliation import queue, run

PAYMENTS = Lane("payments", threads=24, per_key=settings.POS_CALLS_PER_PROCESS)
COMPARISONS = Lane("comparisons", threads=4, per_key=1)
PAYMENT_ALERTS = Lane("payment alerts", threads=4, per_key=1)
RECEIPTS = Lane("receipts", threads=2, per_key=2)


def sync_floor_plan(run_id: int) -> str:
    """Carry out a queued sync of the floor plan, unless it has already started. Its row records the outcome."""
    run = queued_run(run_id=run_id)
    return str(SYNCS.hand_over(run.connection.venue_id, partial(_carry_out, run)))


def _carry_out(run: SyncRun) -> str:
    try:
        return floor_plan.sync_floor_plan(venue=run.connection.venue, started_by=run.started_by, queued=run).state
    except SyncAlreadyRunning as error:
        return str(error)


def advance_payment(payment_id: str) -> str:
    """Take the next steps of one payment, if they are due."""
    venue = Payment.objects.filter(pk=payment_id).values_list("venue", flat=True).first()
    return str(PAYMENTS.hand_over(venue, partial(steps.advance, payment_id=UUID(payment_id))))


def sweep_payments() -> str:
    """Queue every payment that is due, and every message and receipt about one."""
    due, told, sent = steps.enqueue_due(), alerts.enqueue_due(), receipts.enqueue_due()
    return f"{due} due" + (f", {told} messages" if told else "") + (f", {sent} receipts" if sent else "")


def send_payment_alert(alert_id: int) -> str:
    """Send one message about a payment, if it is due."""
    venue = PaymentAlert.objects.filter(pk=alert_id).values_list("payment__venue", flat=True).first()
    return str(PAYMENT_ALERTS.hand_over(venue, partial(alerts.send, alert_id=alert_id)))


def send_receipt(payment_id: str) -> str:
    """Send the receipt of one payment by e-mail, if it is due."""
    venue = Payment.objects.filter(pk=payment_id).values_list("venue", flat=True).first()
    return str(RECEIPTS.hand_over(venue, partial(receipts.send_receipt, payment_id=UUID(payment_id))))


def check_settled_bill(bill_id: str) -> str:
    """Look whether the till still has the check of one paid bill, if that is due."""
    venue = Bill.objects.filter(pk=bill_id).values_list("venue", flat=True).first()
    return str(COMPARISONS.hand_over(venue, partial(closing.check_settled_bill, bill_id=UUID(bill_id))))


def sweep_settled_bills() -> str:
    """Queue every paid bill that is to be looked for on the till."""
    return f"{closing.enqueue_due()} due"


def reconcile(reconciliation_id: int) -> str:
    """Compare one service day's payments with the till, if that is due; tell the venue of a night's differences."""
    venue = Reconciliation.objects.filter(pk=reconciliation_id).values_list("venue", flat=True).first()
    return str(COMPARISONS.hand_over(venue, partial(_reconcile, reconciliation_id)))


def _reconcile(reconciliation_id: int) -> str:
    outcome = run.carry_out(reconciliation_id=reconciliation_id)
    reconciliation_alerts.send_due()
    return outcome


def sweep_reconciliations() -> str:
    """Ask for the comparisons of nights that have ended, queue those that are due, and send the e-mails about them."""
    return f"{queue.enqueue_due()} due, {reconciliation_alerts.send_due()} e-mails"


def refund_payment(refund_id: str) -> str:
    """Carry out one refund, if it is due."""
    venue = PaymentRefund.objects.filter(pk=refund_id).values_list("payment__venue", flat=True).first()
    return str(PAYMENTS.hand_over(venue, partial(refunding.carry_out, refund_id=UUID(refund_id))))


def sweep_refunds() -> str:
    """Queue every refund that is due."""
    return f"{refunding.enqueue_due()} due"
