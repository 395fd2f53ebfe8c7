"""The contents of a payment's page: how it stands in a sentence for busy staff, facts, amounts and the timeline."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from storekit.admin_base.local_time import short_moment
from storekit.admin_base.timeline import TimelineEntry, in_order, timeline_entry
from storekit.money.words import format_money
from tables.admin.bill_sheet import tone_of
from tables.models import Payment, PaymentAlert, PaymentAttempt, PaymentRefund

_State = Payment.State
_Outcome = PaymentAttempt.Outcome

_TONES = {_Outcome.DONE: "good", _Outcome.REFUSED: "bad", _Outcome.WAITING: ""}
_REFUND_TONES = {PaymentRefund.State.DONE: "good", PaymentRefund.State.FAILED: "bad"}

_EXPLANATIONS: dict[str, str] = {
    _State.HELD: "The amount is kept for the guest, who has not paid yet. It is free again soon if they do not.",
    _State.AUTHORISED: "The card can be charged. The till is asked next, and the guest is charged only if it agrees.",
    _State.SENT: "The till has been asked to take the payment. The guest is charged once it has.",
    _State.APPLIED: "The till has taken the payment. The money is being collected.",
    _State.CAPTURED: "The till has the payment, and the guest was charged.",
    _State.REFUSED: "The till did not take the payment. The money is being given back or released.",
    _State.RELEASED: "The guest was not charged.",
    _State.REFUNDED: "The guest was charged, and has the money back.",
}


@dataclass(frozen=True)
class PaymentSummary:
    """How a payment stands. `tone` is good, warning, bad or empty; `reason` may be empty."""

    tone: str
    headline: str
    explanation: str
    reason: str = ""


def payment_summary(payment: Payment) -> PaymentSummary:
    """Return the summary to show at the top of the payment's page."""
    headline = payment.get_state_display()
    if payment.needs_staff:
        headline = f"Needs you: {headline[0].lower()}{headline[1:]}"
    return PaymentSummary(
        tone=tone_of(payment),
        headline=headline,
        explanation=_EXPLANATIONS[payment.state],
        reason=payment.error,
    )


def payment_facts(payment: Payment) -> list[tuple[str, str, str]]:
    """Return what is known of the payment: names, values, and links where there are some."""
    number = payment.bill.table_number
    table = str(payment.table or ("none" if number is None else f"Table {number}"))
    bill = reverse("admin:tables_bill_change", args=[payment.bill_id])
    facts = (
        ("Table", table, ""),
        ("Bill", payment.bill.account, bill),
        ("Started", short_moment(payment.created_at, payment.venue), ""),
        ("Paid with", payment.card or payment.get_method_display(), ""),
        ("Part of the bill", _part(payment), ""),
        ("Receipt to", payment.email, ""),
        ("Settled by", payment.settled_by, ""),
        ("Venue", payment.venue.name, ""),
    )
    return [fact for fact in facts if fact[1]]


def _part(payment: Payment) -> str:
    if payment.share:
        share, _, of = payment.share.partition("/")
        return f"{share} of {of} equal shares"
    modes = {"full": "everything due", "items": "chosen items", "shares": "equal shares", "amount": "an amount"}
    return modes.get(str(payment.choice.get("mode", "")), "")


def payment_amounts(payment: Payment) -> list[tuple[str, str]]:
    """Return the amounts, what the guest paid after refunds last."""
    tip = [("Tip", payment.tip)] if payment.tip else []
    amounts = [("Of the bill", payment.amount), *tip, ("Charged", payment.captured)]
    if payment.refunded:
        amounts += [("Refunded", -payment.refunded), ("Net", payment.captured - payment.refunded)]
    return [(name, format_money(amount, payment.venue)) for name, amount in amounts]


# --- Timeline --------------------------------------------------------------------------------------------------------


def payment_timeline(payment: Payment) -> list[TimelineEntry]:
    """Return everything that happened to the payment, oldest first: three queries."""
    entries = [
        _entry(payment, payment.created_at, "Started"),
        *(_attempt_entry(payment, attempt) for attempt in payment.attempt_rows.all()),
        *(_alert_entry(payment, alert) for alert in payment.alerts.all()),
        *(entry for refund in payment.refunds.all() for entry in _refund_entries(payment, refund)),
    ]
    if payment.applied_at:
        check = f"Check {payment.account}" if payment.account else ""
        entries.append(_entry(payment, payment.applied_at, "On the till", check, "good"))
    if payment.captured_at:
        charged = format_money(payment.captured, payment.venue)
        entries.append(_entry(payment, payment.captured_at, f"Charged {charged}", "", "good"))
    if payment.ended_at and payment.state in (_State.RELEASED, _State.REFUNDED):
        entries.append(_entry(payment, payment.ended_at, payment.get_state_display(), payment.error))
    if payment.receipt_sent_at:
        entries.append(_entry(payment, payment.receipt_sent_at, "Receipt sent", payment.email))
    return in_order(entries)


def _entry(payment: Payment, at: datetime, what: str, detail: str = "", tone: str = "") -> TimelineEntry:
    return timeline_entry(payment.venue, at, what, detail, tone)


def _attempt_entry(payment: Payment, attempt: PaymentAttempt) -> TimelineEntry:
    outcome = attempt.get_outcome_display()
    what = f"{attempt.get_step_display()}: {outcome[0].lower()}{outcome[1:]}"
    tone = _TONES.get(_Outcome(attempt.outcome), "warning")
    return _entry(payment, attempt.started_at, what, attempt.detail, tone)


def _alert_entry(payment: Payment, alert: PaymentAlert) -> TimelineEntry:
    subject = f"{alert.get_channel_display()}: “{alert.get_about_display()}”"
    if alert.sent_at:
        where = f"to {payment.venue.email}" if alert.channel == PaymentAlert.Channel.EMAIL else ""
        return _entry(payment, alert.sent_at, f"{subject}, sent", where, "good")
    state = "not sent yet" if alert.next_attempt_at else "not sent"
    return _entry(payment, alert.created_at, f"{subject}, {state}", alert.error, "warning")


def _refund_entries(payment: Payment, refund: PaymentRefund) -> list[TimelineEntry]:
    amount = format_money(refund.amount, payment.venue)
    asked = f"Refund of {amount} asked for by {refund.requested_by}"
    entries = [_entry(payment, refund.requested_at, asked, refund.reason)]
    tone = _REFUND_TONES.get(PaymentRefund.State(refund.state), "warning")
    if refund.done_at:
        entries.append(_entry(payment, refund.done_at, f"{refund.get_state_display()}: {amount}", refund.error, tone))
    elif refund.error:
        entries.append(_entry(payment, refund.requested_at, refund.get_state_display(), refund.error, tone))
    if refund.printed_at:
        entries.append(_entry(payment, refund.printed_at, "Message about the refund printed at the till"))
    return entries
