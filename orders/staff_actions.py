"""What people do about an order: send it again, say that they keyed it in by hand, or cancel it.

Each is one transaction that locks the injection's row first, as whatever else moves an order does, and leaves a line
that says who did it. What cannot be done is refused with a sentence for staff; the pages ask the same questions before
they offer a button.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from orders.checkout.shares import ZERO
from orders.injection.confirmation import advance
from orders.injection.failure import tell_till_of_cancellation
from orders.injection.references import definitely_refused, may_have_arrived, raise_revision, send_anew
from orders.models import Alert, Injection, Order, OrderEvent
from orders.queue import enqueue_injection

_State = Injection.State
_Status = Order.Status
_Action = OrderEvent.Action

_ON_ITS_WAY: dict[str, str] = {
    _State.CONFIRMED: "The order is on the till already.",
    _State.ACCEPTED: "The POS has the order already.",
    _State.SENDING: "The order is being sent at this moment.",
}
_LONGEST_NOTE = 500


class NotPossible(Exception):
    """The order is not in a state for what was asked. `str(error)` says why, in a sentence for staff."""


@dataclass(frozen=True)
class Cancellation:
    """What comes of a cancelled order.

    `till_is_told`: it is on the till, or may be, so a message is printed there. `being_sent`: a worker has it in hand,
    so the till is told if it gets there. `to_refund`: what the guest has paid, in the venue's currency, which the
    storefront has to give back.
    """

    till_is_told: bool
    being_sent: bool
    to_refund: Decimal


def send_again(*, order: Order, by: str) -> Injection:
    """Sends an order that failed to the POS again, at once and however late it is.

    Only what the POS has certainly refused goes out under a new reference. Otherwise it is the same one, by which the
    POS recognises an order that it has: nothing is doubled.

    Raises:
        NotPossible: it is closed, on the till, on its way, or not paid.
    """
    with transaction.atomic():
        injection = _locked(order)
        _refuse(why_not_send_again(injection=injection))
        reason = injection.error.partition("\n")[0]
        if definitely_refused(injection=injection):
            raise_revision(injection=injection)
        send_anew(injection=injection)
        _settle_alerts(injection.order)
        _write_down(injection.order, _Action.SENT_AGAIN, by, f"After: {reason}" if reason else "")
        transaction.on_commit(partial(enqueue_injection, injection_id=injection.pk))
    return injection


def mark_entered_by_hand(*, order: Order, by: str, account: str = "") -> None:
    """Notes that somebody keyed the order in on the till, as check `account` if that is known. It is never sent again.

    Raises:
        NotPossible: it is closed, on the till, not paid, or being sent at this moment.
    """
    account = account.strip()
    with transaction.atomic():
        injection = _locked(order)
        _refuse(why_not_mark(injection=injection))
        _move(
            injection,
            state=_State.CONFIRMED,
            confirmed_at=timezone.now(),
            account=account or injection.account,
            error_code="",
            error="",
        )
        advance(order_ids=[injection.order_id], status=_Status.CONFIRMED)
        _settle_alerts(injection.order)
        _write_down(injection.order, _Action.ENTERED_BY_HAND, by, f"Check {account}" if account else "")


def cancel(*, order: Order, by: str, reason: str = "") -> Cancellation:
    """Cancels the order: it is not sent any more, and the till is told of it if it may be there.

    The POS has no call for cancelling, so somebody has to void the check. An order that is being sent at this moment
    is cancelled as well; whoever records how that went tells the till.

    Raises:
        NotPossible: it is cancelled or completed already.
    """
    with transaction.atomic():
        injection = _locked(order)
        _refuse(why_not_cancel(injection=injection))
        till_is_told = may_be_on_the_till(injection=injection)
        being_sent = is_being_sent(injection=injection)
        if not being_sent and injection.state not in (_State.ACCEPTED, _State.CONFIRMED):
            _move(injection, state=_State.FAILED, error_code="cancelled", error="The order was cancelled.")
        advance(order_ids=[injection.order_id], status=_Status.CANCELLED)
        _settle_alerts(injection.order)
        _write_down(injection.order, _Action.CANCELLED, by, reason.strip())
        if till_is_told:
            # Whoever records an attempt may have done so before us: it is told once.
            tell_till_of_cancellation(injection=injection)
    paid = injection.order.payment_status == Order.PaymentStatus.PAID
    to_refund = injection.order.payment_amount if paid else ZERO
    return Cancellation(till_is_told=till_is_told, being_sent=being_sent, to_refund=to_refund)


# --- What is possible, as sentences for staff; empty: it is ---------------------------------------------------------


def why_not_send_again(*, injection: Injection) -> str:
    """Why the order cannot be sent again as it is now."""
    on_its_way = _ON_ITS_WAY.get(injection.state, "")
    why = _why_closed(injection.order) or on_its_way or _why_unpaid(injection.order)
    if why or injection.state == _State.FAILED:
        return why
    return "The order waits to be sent already. It goes out by itself."


def why_not_mark(*, injection: Injection) -> str:
    """Why the order cannot be marked as entered by hand as it is now."""
    if closed := _why_closed(injection.order):
        return closed
    if injection.state == _State.CONFIRMED:
        return "The order is on the till already."
    if is_being_sent(injection=injection):
        return "The order is being sent at this moment. Wait a minute, look at the till, and try again."
    return _why_unpaid(injection.order)


def why_not_cancel(*, injection: Injection) -> str:
    """Why the order cannot be cancelled as it is now."""
    return _why_closed(injection.order)


def may_be_on_the_till(*, injection: Injection) -> bool:
    """Whether the POS has the order or may have it: it said so, or nobody knows what became of an attempt."""
    if injection.state in (_State.ACCEPTED, _State.CONFIRMED):
        return True
    return not is_being_sent(injection=injection) and may_have_arrived(injection=injection)


def is_being_sent(*, injection: Injection) -> bool:
    """Whether a worker has it in hand; one that was not heard of for too long has lost it."""
    lost = injection.lease_until is not None and injection.lease_until <= timezone.now()
    return injection.state == _State.SENDING and not lost


def _why_closed(order: Order) -> str:
    if order.status == _Status.CANCELLED:
        return "The order is cancelled."
    return "The order is completed." if order.status == _Status.COMPLETED else ""


def _why_unpaid(order: Order) -> str:
    if order.payment_status == Order.PaymentStatus.PAID or order.is_on_the_bill:
        return ""
    return "The order is not paid yet. Once it is, it goes to the till by itself."


# --- Rows ------------------------------------------------------------------------------------------------------------


def _locked(order: Order) -> Injection:
    # The order is read after the lock, in a query of its own: joined, it would be as it was before waiting.
    return Injection.objects.select_for_update().get(order_id=order.pk)


def _refuse(why: str) -> None:
    if why:
        raise NotPossible(why)


def _move(injection: Injection, **columns: Any) -> None:
    """Writes the columns and ends the lease of a worker that was lost: what a person says is the later word."""
    columns = {"next_attempt_at": None, "lease": None, "lease_until": None, **columns}
    for name, value in columns.items():
        setattr(injection, name, value)
    injection.save(update_fields=list(columns))


def _settle_alerts(order: Order) -> None:
    """Somebody is at it: what was not told of the failure yet need not be told any more, except to the menu."""
    untold = order.alerts.filter(about=Alert.About.FAILED, next_attempt_at__isnull=False)
    untold.exclude(channel=Alert.Channel.MENU).update(
        next_attempt_at=None, error="Not needed any more: somebody saw to the order first."
    )


def _write_down(order: Order, action: OrderEvent.Action, by: str, note: str) -> None:
    OrderEvent.objects.create(order=order, action=action, by=by[:200], note=note[:_LONGEST_NOTE])
