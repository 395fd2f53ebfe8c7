"""How it stands with an order, in words for somebody who has ten seconds: what is wrong, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from orders.alerts.advice import advice_on
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from orders.staff_actions import is_being_sent, may_be_on_the_till

_State = Injection.State
_Status = Order.Status


@dataclass(frozen=True)
class StatusSummary:
    """`tone` is good, warning or bad. `pos_words` is what the POS itself said, when it said something."""

    tone: str
    said: str
    why: str = ""
    todo: str = ""
    pos_words: str = ""


def in_trouble(order: Order) -> bool:
    """Whether the order failed and nobody has seen to it."""
    return order.injection.state == _State.FAILED and order.status not in CLOSED_STATUSES


def is_unconfirmed(injection: Injection) -> bool:
    """Whether the POS has had the order for longer than it may take to bring it to a till."""
    overdue = injection.deliver_by is not None and injection.deliver_by <= timezone.now()
    return injection.state == _State.ACCEPTED and overdue


def local(order: Order, moment: datetime) -> str:
    """A time as people of the venue say it: `today, 19:30` or `Sat 2 May, 19:30`."""
    then, now = moment.astimezone(order.venue.zone), timezone.now().astimezone(order.venue.zone)
    day = "today" if then.date() == now.date() else date_format(then, "D j M" if then.year == now.year else "j M Y")
    return f"{day}, {date_format(then, 'H:i')}"


def status_summary_of(order: Order) -> StatusSummary:
    """What to tell a person who opens the order."""
    injection = order.injection
    if order.status == _Status.CANCELLED:
        return _cancelled(order)
    if injection.state == _State.CONFIRMED or order.status == _Status.COMPLETED:
        return _on_the_till(order)
    if injection.state == _State.FAILED:
        return _failed(injection)
    if order.status == _Status.AWAITING_PAYMENT:
        return StatusSummary("warning", "Waiting for the guest's payment", todo="Once it is paid it goes to the till.")
    if injection.state == _State.ACCEPTED:
        return _accepted(injection)
    return _on_its_way(order)


def _cancelled(order: Order) -> StatusSummary:
    told = order.alerts.filter(about=Alert.About.CANCELLED, channel=Alert.Channel.TILL).first()
    paid = order.payment_status == Order.PaymentStatus.PAID
    refund = (
        f"The guest paid {order.payment_amount} {order.venue.currency}: give it back in the web shop." if paid else ""
    )
    if told is None:
        why = (
            "It is being sent at this moment." if is_being_sent(injection=order.injection) else "It is not on the till."
        )
        return StatusSummary("good", "Cancelled", why, refund)
    if told.sent_at:
        why = "A message was printed on the till."
    elif told.next_attempt_at:
        why = "A message is printed on the till."
    else:
        why = "The till could not be told. Tell the kitchen."
    return StatusSummary("warning", "Cancelled", why, f"Void the check there. {refund}".strip())


def _on_the_till(order: Order) -> StatusSummary:
    where = f"Check {order.injection.account}" if order.injection.account else ""
    said = "On the till" if order.status in (_Status.PLACED, _Status.CONFIRMED) else order.get_status_display()
    if order.status != _Status.COMPLETED and order.alerts.filter(about=Alert.About.DOUBLE).exists():
        todo = "Look at the till. Make the order once, and void the second check."
        return StatusSummary("warning", f"{said}, perhaps twice", where, todo)
    return StatusSummary("good", said, where)


def _failed(injection: Injection) -> StatusSummary:
    why, _, pos_words = injection.error.partition("\n")
    said = "Not on the till"
    if may_be_on_the_till(injection=injection):
        said = "May not be on the till"
        todo = (
            "Look at the till. If the order is missing there, key it in by hand from what is below, and mark it so."
            if injection.error_code == "never_confirmed"
            else "Look at the till first: the order may have got there all the same. Sending it again does no harm, "
            "because the POS knows it by its reference. Or key it in by hand from what is below, and mark it so."
        )
    else:
        todo = advice_on(cause=injection.error_code) or (
            "Put right what is wrong and send it again, or key it in by hand from what is below, and mark it so."
        )
    return StatusSummary("bad", said, why or "The POS gave no reason.", todo, pos_words.strip())


def _accepted(injection: Injection) -> StatusSummary:
    if is_unconfirmed(injection):
        todo = "Look whether it is on the till. If it is not, key it in by hand from what is below, and mark it so."
        return StatusSummary("warning", "Not confirmed", "The POS took the order, but no till has confirmed it.", todo)
    return StatusSummary("good", "On its way", "The POS has the order and is bringing it to the till.")


def _on_its_way(order: Order) -> StatusSummary:
    injection = order.injection
    why, _, pos_words = injection.error.partition("\n")
    if is_being_sent(injection=injection):
        return StatusSummary("good", "Being sent at this moment", why, pos_words=pos_words.strip())
    at = injection.next_attempt_at
    when = f" It is sent {local(order, at)}." if at and at > timezone.now() else ""
    if why:
        todo = f"It is sent again by itself.{when} If the kitchen cannot wait, key it in by hand, and mark it so."
        return StatusSummary("warning", "Not on the till yet", why, todo, pos_words.strip())
    if injection.state == _State.SCHEDULED:
        return StatusSummary("good", "For later", f"It goes to the till by itself.{when}")
    return StatusSummary("good", "On its way", f"It goes to the till by itself.{when}")
