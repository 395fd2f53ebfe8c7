"""Tell a venue that a payment needs a person: by e-mail and on the till, from rows, each once for each cause.

The row holds the time of the next attempt, so a mail server or a till that is down only delays a message.
"""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.formats import date_format

from integrations.connect.service import pos_for
from integrations.connect.venue_settings import settings_of
from integrations.pos import PosError, Rejected
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment, due_now, enqueue_each, enqueue_on_commit, growing_delay
from storekit.mail import send_to_venue
from storekit.money.words import format_money
from tables.models import Payment, PaymentAlert

logger = logging.getLogger(__name__)

SEND = "tables.tasks.send_payment_alert"
LEASE = timedelta(seconds=50)
"""Much longer than one e-mail or one call takes. What a killed worker was sending waits for so long."""
_FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
# A message on the till is for the shift that serves the table.
_TRIED_FOR = {PaymentAlert.Channel.EMAIL: timedelta(days=1), PaymentAlert.Channel.TILL: timedelta(hours=1)}
_MOST_PER_SWEEP = 200
_LONGEST_TEXT = 500
_LONGEST_MESSAGE = 1000

About = PaymentAlert.About

_HEADLINES = {
    About.NOT_CAPTURED: "{amount} at {table} is on the till, but the money was not taken",
    About.NO_WORD: "nobody knows whether {amount} at {table} is on the till",
    About.NOT_RELEASED: "{amount} at {table} was not taken by the till, and could not be given back yet",
    About.TWICE: "{amount} at {table} is on the till twice",
    About.REFUND_FAILED: "a refund of the payment of {amount} at {table} failed",
}
_ADVICE = {
    About.NOT_CAPTURED: "Void the payment on the till and ask the guest to pay again.",
    About.NO_WORD: "Look at the check on the till, then say in the back office whether the payment is there.",
    About.NOT_RELEASED: "storekit goes on trying. If it does not succeed today, refund the guest at the provider.",
    About.TWICE: "Void one of the two payments on the till.",
    About.REFUND_FAILED: "Look at the provider whether the guest has the money. If not, refund it there, or in cash.",
}


def queue_alert(*, payment: Payment, about: PaymentAlert.About, text: str = "", occurrence: int = 1) -> None:
    """Tell the venue by e-mail and on the till, once for each cause and occurrence. Call in a transaction."""
    rows = [
        PaymentAlert(
            payment=payment,
            channel=channel,
            about=about,
            occurrence=occurrence,
            text=text[:_LONGEST_TEXT],
            next_attempt_at=due_now(),
        )
        for channel in PaymentAlert.Channel
    ]
    PaymentAlert.objects.bulk_create(rows, ignore_conflicts=True)
    untried = payment.alerts.filter(about=about, occurrence=occurrence, attempts=0, next_attempt_at__isnull=False)
    for alert_id in untried.values_list("pk", flat=True):
        enqueue_on_commit(SEND, alert_id)


def send(*, alert_id: int) -> str:
    """Send the message if it is due. Safe to call at any time and from any number of processes.

    Returns:
        "sent", "not due", "retry" or "given up".
    """
    moment = claim_by_moment(_due().filter(pk=alert_id), lease=LEASE, attempts=F("attempts") + 1)
    if moment is None:
        return "not due"
    rows = PaymentAlert.objects.select_related("payment__venue", "payment__table", "payment__bill")
    alert = rows.get(pk=alert_id)
    problem, is_final = _send_email(alert) if alert.channel == PaymentAlert.Channel.EMAIL else _print(alert)
    if not problem:
        return _record(alert, "sent", next_attempt_at=None, sent_at=clock.now(), error="")
    delay = growing_delay(failures=alert.attempts, first=_FIRST_DELAY, longest=LONGEST_DELAY)
    retry_at = clock.now() + delay
    if is_final or retry_at > alert.created_at + _TRIED_FOR[PaymentAlert.Channel(alert.channel)]:
        logger.error("Payment %s: the venue was not told by %s", alert.payment_id, alert.channel)
        return _record(alert, "given up", next_attempt_at=None, error=problem)
    return _record(alert, "retry", next_attempt_at=retry_at, error=problem)


def enqueue_due() -> int:
    """Queue the messages that are due; return how many were queued."""
    ids = list(_due().order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_SWEEP])
    return enqueue_each(SEND, ids)


def headline(alert: PaymentAlert) -> str:
    """Return what happened in a few words, with amount and table."""
    return _HEADLINES[About(alert.about)].format(amount=_money(alert.payment), table=_table(alert.payment))


def _due() -> QuerySet[PaymentAlert]:
    return PaymentAlert.objects.filter(next_attempt_at__lte=clock.now())


def _send_email(alert: PaymentAlert) -> tuple[str, bool]:
    problem = send_to_venue(
        venue=alert.payment.venue,
        template="emails/payment_alert",
        context=_context(alert),
        name=f"payment-{alert.payment_id}-{alert.about}-{alert.occurrence}",
    )
    return (f"The e-mail could not be sent ({problem})." if problem else ""), False


def _print(alert: PaymentAlert) -> tuple[str, bool]:
    try:
        pos_for(venue=alert.payment.venue).print_message(till_message(alert))
    except PosError as error:
        return str(error), isinstance(error, Rejected)
    return "", False


def till_message(alert: PaymentAlert) -> str:
    """Return the message that the till shows and prints, at most 1,000 characters."""
    lines = [f"{headline(alert).upper()}. {_ADVICE[About(alert.about)]}", *(f"{n}: {v}" for n, v in _details(alert))]
    return "\n".join([*lines, alert.text])[:_LONGEST_MESSAGE].strip()


def _context(alert: PaymentAlert) -> dict[str, Any]:
    return {
        "headline": headline(alert),
        "advice": _ADVICE[About(alert.about)],
        "text": alert.text,
        "details": _details(alert),
        "link": settings.PUBLIC_URL + reverse("admin:tables_payment_change", args=[alert.payment_id]),
    }


def _details(alert: PaymentAlert) -> list[tuple[str, str]]:
    payment = alert.payment
    pos = settings_of(venue=payment.venue)
    by_gift_card = payment.method == Payment.Method.GIFT_CARD and pos.gift_card_payment_method
    return [
        ("Amount", format_money(payment.amount, payment.venue)),
        ("Tip", format_money(payment.tip, payment.venue)),
        ("Table", _table(payment)),
        ("Check", payment.account or payment.bill.account),
        ("Started", date_format(payment.created_at.astimezone(payment.venue.zone), "l j F, H:i")),
        ("Payment method", by_gift_card or pos.pat_payment_method),
        ("Reference", payment.pos_reference or str(payment.pk)),
    ]


def _money(payment: Payment) -> str:
    return format_money(payment.amount + payment.tip, payment.venue)


def _table(payment: Payment) -> str:
    number = payment.bill.table_number
    return f"table {number}" if number is not None else str(payment.table or "no table").lower()


def _record(alert: PaymentAlert, result: str, **columns: Any) -> str:
    # Only while the lease is ours: another process that claims the row moves its moment.
    PaymentAlert.objects.filter(pk=alert.pk, next_attempt_at=alert.next_attempt_at).update(**columns)
    return result
