"""What staff can do with an order: send it again, mark it as entered by hand, or cancel it.

Each action is one transaction. It locks the injection's row first, as everything that changes an order does, and stores
an event with the name of the person. An action that is not possible is refused with a sentence for staff; pages use the
same checks to decide which buttons to offer.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from orders.checkout.shares import ZERO
from orders.held_stock import count_as_sent
from orders.injection.confirmation import advance_orders
from orders.injection.failure import queue_cancellation_alert
from orders.injection.references import definitely_refused, may_have_arrived, restart_sending, start_new_revision
from orders.models import Alert, Injection, Order, StaffAction
from orders.queue import enqueue_injection
from storekit.db import clock

_State = Injection.State
_Status = Order.Status
_Action = StaffAction.Action

_WHY_NOT_IN_STATE: dict[str, str] = {
    _State.CONFIRMED: "The order is already on the till.",
    _State.ACCEPTED: "The POS already has the order.",
    _State.SENDING: "The order is being sent right now.",
}
_LONGEST_NOTE = 500


class NotPossible(Exception):
    """The action is not possible in the order's present state. `str(error)` says why, in a sentence for staff."""


@dataclass(frozen=True)
class Cancellation:
    """The consequences of cancelling an order.

    `till_is_notified`: the order is or may be on the till, so a message is printed there. `being_sent`: a worker is
    sending the order, so the till is alerted if it arrives. `to_refund`: the amount that the guest has paid and the
    storefront has to refund, in the venue's currency.
    """

    till_is_notified: bool
    being_sent: bool
    to_refund: Decimal


def send_again(*, order: Order, by: str) -> Injection:
    """Send a failed order to the POS again, at once and however late it is; return its injection.

    The order gets a new reference only if the POS has definitely refused it. Otherwise it keeps its reference, by which
    the POS recognises an order that it already has, so that none is made twice.

    Raises:
        NotPossible: the order is closed, on the till, being sent or waiting to be, or not paid.
    """
    with transaction.atomic():
        injection = _lock_injection(order)
        _raise_if(why_not_send_again(injection=injection))
        reason = injection.error.partition("\n")[0]
        if definitely_refused(injection=injection):
            start_new_revision(injection=injection)
        restart_sending(injection=injection)
        _drop_failure_alerts(injection.order)
        _store_action(injection.order, _Action.SENT_AGAIN, by, f"After: {reason}" if reason else "")
        transaction.on_commit(partial(enqueue_injection, injection_id=injection.pk))
    return injection


def mark_entered_by_hand(*, order: Order, by: str, account: str = "") -> None:
    """Record that staff keyed the order in on the till, as check `account` if known. It is never sent again.

    Raises:
        NotPossible: the order is closed, on the till, not paid, or being sent right now.
    """
    account = account.strip()
    with transaction.atomic():
        injection = _lock_injection(order)
        _raise_if(why_not_mark_entered(injection=injection))
        _update(
            injection,
            state=_State.CONFIRMED,
            confirmed_at=clock.now(),
            account=account or injection.account,
            error_code="",
            error="",
        )
        advance_orders(order_ids=[injection.order_id], status=_Status.CONFIRMED)
        count_as_sent(order_id=injection.order_id)
        _drop_failure_alerts(injection.order)
        _store_action(injection.order, _Action.ENTERED_BY_HAND, by, f"Check {account}" if account else "")


def cancel(*, order: Order, by: str, reason: str = "") -> Cancellation:
    """Cancel the order: stop sending it, and alert the till if it may be there; return the consequences.

    The POS has no call to cancel an order, so staff have to void the check. An order that is being sent right now can
    be cancelled too; the till is then alerted when the outcome is recorded.

    Raises:
        NotPossible: the order is already cancelled or completed.
    """
    with transaction.atomic():
        injection = _lock_injection(order)
        _raise_if(why_not_cancel(injection=injection))
        till_is_notified = may_be_on_the_till(injection=injection)
        being_sent = is_being_sent(injection=injection)
        if not being_sent and injection.state not in (_State.ACCEPTED, _State.CONFIRMED):
            _update(injection, state=_State.FAILED, error_code="cancelled", error="The order was cancelled.")
        advance_orders(order_ids=[injection.order_id], status=_Status.CANCELLED)
        _drop_failure_alerts(injection.order)
        _store_action(injection.order, _Action.CANCELLED, by, reason.strip())
        if till_is_notified:
            # If recording an attempt has queued this alert already, it is still sent once.
            queue_cancellation_alert(injection=injection)
    paid = injection.order.payment_status == Order.PaymentStatus.PAID
    to_refund = injection.order.payment_amount if paid else ZERO
    return Cancellation(till_is_notified=till_is_notified, being_sent=being_sent, to_refund=to_refund)


# --- Why an action is not possible, in a sentence for staff; empty if it is ------------------------------------------


def why_not_send_again(*, injection: Injection) -> str:
    """Return why the order cannot be sent again now; empty if it can."""
    why = _why_closed(injection.order) or _WHY_NOT_IN_STATE.get(injection.state, "") or _why_unpaid(injection.order)
    if why or injection.state == _State.FAILED:
        return why
    return "The order is already waiting to be sent. storekit sends it automatically."


def why_not_mark_entered(*, injection: Injection) -> str:
    """Return why the order cannot be marked as entered by hand now; empty if it can."""
    if closed := _why_closed(injection.order):
        return closed
    if injection.state == _State.CONFIRMED:
        return "The order is already on the till."
    if is_being_sent(injection=injection):
        return "The order is being sent right now. Wait a minute, check the till, and try again."
    return _why_unpaid(injection.order)


def why_not_cancel(*, injection: Injection) -> str:
    """Return why the order cannot be cancelled now; empty if it can."""
    return _why_closed(injection.order)


def may_be_on_the_till(*, injection: Injection) -> bool:
    """Return whether the POS has the order, or may have it because the outcome of an attempt is unknown."""
    if injection.state in (_State.ACCEPTED, _State.CONFIRMED):
        return True
    return not is_being_sent(injection=injection) and may_have_arrived(injection=injection)


def is_being_sent(*, injection: Injection) -> bool:
    """Return whether a worker is sending the order now. A worker whose lease has run out no longer counts."""
    expired = injection.lease_until is not None and injection.lease_until <= clock.now()
    return injection.state == _State.SENDING and not expired


def _why_closed(order: Order) -> str:
    if order.status == _Status.CANCELLED:
        return "The order is cancelled."
    return "The order is completed." if order.status == _Status.COMPLETED else ""


def _why_unpaid(order: Order) -> str:
    if order.payment_status == Order.PaymentStatus.PAID or order.is_on_the_bill:
        return ""
    return "The order is not paid yet. Once it is, storekit sends it to the till automatically."


# --- Rows ------------------------------------------------------------------------------------------------------------


def _lock_injection(order: Order) -> Injection:
    # Do not join the order: it would be loaded as it was before the wait for the lock.
    return Injection.objects.select_for_update().get(order_id=order.pk)


def _raise_if(why: str) -> None:
    if why:
        raise NotPossible(why)


def _update(injection: Injection, **columns: Any) -> None:
    """Update the columns, and end the lease of a lost worker: a person's action is the later information."""
    columns = {"next_attempt_at": None, "lease": None, "lease_until": None, **columns}
    for name, value in columns.items():
        setattr(injection, name, value)
    injection.save(update_fields=list(columns))


def _drop_failure_alerts(order: Order) -> None:
    """Drop unsent alerts about the failure, as staff are handling the order. Snoozes on the menu are still made."""
    unsent = order.alerts.filter(about=Alert.About.FAILED, next_attempt_at__isnull=False)
    unsent.exclude(channel=Alert.Channel.MENU).update(
        next_attempt_at=None, error="Not needed: staff handled the order first."
    )


def _store_action(order: Order, action: StaffAction.Action, by: str, note: str) -> None:
    StaffAction.objects.create(order=order, action=action, by=by[:200], note=note[:_LONGEST_NOTE])
