"""The summary of an order's status for busy staff: what is wrong, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from orders.alerts.advice import advice_for
from orders.expiry import is_expired
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from orders.staff_actions import is_being_sent, may_be_on_the_till
from orders.till_ready import can_be_sent_now, connection_of
from storekit.admin_base.local_time import short_moment
from storekit.money.words import format_money

_State = Injection.State
_Status = Order.Status

_KEY_IN = "enter it by hand from the details below and mark it as entered by hand"


@dataclass(frozen=True)
class StatusSummary:
    """An order's status in sentences for staff.

    `tone` is good, warning or bad. `pos_words` is the POS's own message. Everything after `headline` may be empty.
    """

    tone: str
    headline: str
    reason: str = ""
    next_step: str = ""
    pos_words: str = ""


def in_trouble(order: Order) -> bool:
    """Return whether the order failed and staff have not settled it yet."""
    return order.injection.state == _State.FAILED and order.status not in CLOSED_STATUSES


def is_unconfirmed(injection: Injection) -> bool:
    """Return whether the POS has had the order for longer than delivery to a till may take."""
    overdue = injection.deliver_by is not None and injection.deliver_by <= timezone.now()
    return injection.state == _State.ACCEPTED and overdue


def local_time(order: Order, moment: datetime) -> str:
    """Return a time in the order's venue, short: `today, 19:30` or `Sat 2 May, 19:30`."""
    return short_moment(moment, order.venue)


def status_summary(order: Order) -> StatusSummary:
    """Return the summary to show at the top of the order's page."""
    injection = order.injection
    if order.status == _Status.CANCELLED:
        return _cancelled(order)
    if injection.state == _State.CONFIRMED or order.status == _Status.COMPLETED:
        return _on_the_till(order)
    if injection.state == _State.FAILED:
        return _failed(injection)
    if order.status == _Status.AWAITING_PAYMENT:
        until = f" It expires if it is not paid by {local_time(order, order.pay_by)}." if order.pay_by else ""
        next_step = f"Once it is paid, storekit sends it to the till.{until}"
        return StatusSummary("warning", "Waiting for the guest's payment", next_step=next_step)
    if injection.state == _State.ACCEPTED:
        return _accepted(injection)
    return _to_be_sent(order)


def _cancelled(order: Order) -> StatusSummary:
    if is_expired(order=order):
        until = f"It was not paid by {local_time(order, order.pay_by)}. " if order.pay_by else ""
        reason = f"{until}It is not on the till, and its items and its discount code are free again."
        return StatusSummary("good", "Expired", reason)
    alert = order.alerts.filter(about=Alert.About.CANCELLED, channel=Alert.Channel.TILL).first()
    paid = order.payment_status == Order.PaymentStatus.PAID
    refund = f"Refund {format_money(order.payment_amount, order.venue)} to the guest in your web shop." if paid else ""
    if alert is None:
        sending = is_being_sent(injection=order.injection)
        reason = "It is being sent to the till right now." if sending else "It is not on the till."
        return StatusSummary("good", "Cancelled", reason, refund)
    if alert.sent_at:
        reason = "A message was printed on the till."
    elif alert.next_attempt_at:
        reason = "A message is being printed on the till."
    else:
        reason = "No message could be printed on the till. Tell the kitchen."
    return StatusSummary("warning", "Cancelled", reason, f"Void the check on the till. {refund}".strip())


def _on_the_till(order: Order) -> StatusSummary:
    check = f"Check {order.injection.account}" if order.injection.account else ""
    headline = "On the till" if order.status in (_Status.PLACED, _Status.CONFIRMED) else order.get_status_display()
    if order.status != _Status.COMPLETED and order.alerts.filter(about=Alert.About.DOUBLE).exists():
        next_step = "Check the till. Make the order once, and void the second check."
        return StatusSummary("warning", f"{headline}, possibly twice", check, next_step)
    return StatusSummary("good", headline, check)


def _failed(injection: Injection) -> StatusSummary:
    reason, _, pos_words = injection.error.partition("\n")
    if can_be_sent_now(injection=injection, connection=connection_of(injection.order.venue)):
        headline = "Not on the till yet"
        next_step = f"The till takes online orders again. Send the order again now, or {_KEY_IN}. Do only one of them."
    elif not may_be_on_the_till(injection=injection):
        headline = "Not on the till"
        next_step = advice_for(injection=injection) or f"Fix the cause and send it again, or {_KEY_IN}."
    elif injection.error_code == "never_confirmed":
        headline = "May not be on the till"
        next_step = f"Check the till. If the order is missing, {_KEY_IN}."
    else:
        headline = "May not be on the till"
        next_step = (
            "Check the till first: the order may have arrived. If it is missing, send it again, or "
            f"{_KEY_IN}. Sending it again is safe, because the POS recognises an order that it already has."
        )
    return StatusSummary("bad", headline, reason or "The POS gave no reason.", next_step, pos_words.strip())


def _accepted(injection: Injection) -> StatusSummary:
    if is_unconfirmed(injection):
        next_step = f"Check the till. If the order is missing, {_KEY_IN}."
        reason = "The POS accepted the order, but no till has confirmed it."
        return StatusSummary("warning", "Not confirmed", reason, next_step)
    return StatusSummary("good", "Being delivered", "The POS has the order and is delivering it to the till.")


def _to_be_sent(order: Order) -> StatusSummary:
    injection = order.injection
    reason, _, pos_words = injection.error.partition("\n")
    if is_being_sent(injection=injection):
        return StatusSummary("good", "Being sent", reason, pos_words=pos_words.strip())
    at = injection.next_attempt_at
    when = f" ({local_time(order, at)})" if at and at > timezone.now() else ""
    if reason:
        next_step = f"storekit sends it again automatically{when}. If the kitchen cannot wait, {_KEY_IN}."
        return StatusSummary("warning", "Not on the till yet", reason, next_step, pos_words.strip())
    headline = "Scheduled" if injection.state == _State.SCHEDULED else "Waiting to be sent"
    return StatusSummary("good", headline, f"storekit sends it to the till automatically{when}.")
