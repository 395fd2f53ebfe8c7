"""What the POS says about an order after taking it: perhaps twice, late, out of order, or before we expect it."""

from django.db import transaction

from integrations.pos import OrderEvent, OrderUpdate
from orders.injection.confirmation import advance, confirm, entered_by_hand, tell_of_double
from orders.injection.corrections import correct
from orders.injection.failure import end_cancelled, fail, is_cancelled, snooze_if_sold_out
from orders.injection.references import may_have_arrived, order_named_by, reference_of
from orders.models import Injection, Order
from storekit.models import Venue

_State = Injection.State
_Status = Order.Status

# Whatever happens to an order at the till says that it is there.
_STATUS_AFTER = {
    OrderEvent.CONFIRMED: _Status.CONFIRMED,
    OrderEvent.READY: _Status.READY,
    OrderEvent.OUT_FOR_DELIVERY: _Status.OUT_FOR_DELIVERY,
    OrderEvent.COMPLETED: _Status.COMPLETED,
    OrderEvent.CANCELLED: _Status.CANCELLED,
}


def apply_order_update(venue: Venue, update: OrderUpdate) -> str:
    """Applies a notification about one of the venue's orders; returns what it changed in a few words."""
    status = _STATUS_AFTER.get(update.event)
    if status is None and update.event is not OrderEvent.FAILED:
        return "nothing to change"
    if not update.reference:
        return _follow_check(venue, update, status)
    with transaction.atomic():
        injection = _named(venue, update.reference)
        if injection is None:
            return "unknown reference"
        if status is None:
            return _refuse(injection, update)
        word = _arrive(injection, update, status)
    if status == _Status.COMPLETED:
        # The check is closed, with all that is on it.
        _follow_check(venue, update, status)
    return word


def _named(venue: Venue, reference: str) -> Injection | None:
    """The order that the reference belongs to, its row locked; also by the reference of an earlier revision."""
    order_id = order_named_by(reference=reference)
    if order_id is None:
        return None
    injection = (
        Injection.objects.select_for_update(of=("self",))
        .select_related("order")
        .filter(order_id=order_id, order__venue=venue)
        .first()
    )
    if injection is None or reference == injection.reference:
        return injection
    used = {reference_of(order_id=injection.order_id, revision=n) for n in range(1, injection.revision + 1)}
    return injection if reference in used else None


# --- What the till did not take --------------------------------------------------------------------------------------


def _refuse(injection: Injection, update: OrderUpdate) -> str:
    if update.reference != injection.reference:
        return "of an earlier revision, so nothing to change"
    if injection.state == _State.CONFIRMED and not entered_by_hand(injection=injection):
        return "on the till already, so not failed"
    injection.refused = True
    injection.save(update_fields=["refused"])
    if word := _over_already(injection):
        snooze_if_sold_out(injection=injection, code=update.code, pos_words=update.reason)
        return word
    if correct(injection=injection, code=update.code):
        return "sent again in another form"
    sentence = update.sentence or "The till did not take the order."
    reason = update.reason or "The POS gave no reason."
    fail(injection=injection, code=update.code or "refused_by_till", error=f"{sentence}\n{reason}")
    return "failed"


def _over_already(injection: Injection) -> str:
    if injection.state == _State.CONFIRMED:
        return "entered by hand already"
    if injection.state == _State.FAILED:
        return "failed already"
    if is_cancelled(injection=injection):
        end_cancelled(injection=injection)
        return "cancelled already"
    return ""


# --- What is on the till ---------------------------------------------------------------------------------------------


def _arrive(injection: Injection, update: OrderUpdate, status: Order.Status) -> str:
    if entered_by_hand(injection=injection):
        # What carries our reference is not what somebody keyed in.
        return _second_copy(injection, status)
    if update.reference != injection.reference:
        if injection.state == _State.CONFIRMED or status == _Status.CANCELLED:
            return _second_copy(injection, status)
        _adopt(injection, update.reference)
    return confirm(injection=injection, account=update.account, status=status)


def _second_copy(injection: Injection, status: Order.Status) -> str:
    """What happens to a copy of the order moves the order nowhere; but a person has to know of it."""
    if status == _Status.CANCELLED:
        return "another copy was cancelled"
    tell_of_double(injection=injection)
    return "perhaps twice on the till"


def _adopt(injection: Injection, reference: str) -> None:
    """An earlier revision has come to the till in spite of its refusal: it is the order from now on."""
    if may_have_arrived(injection=injection):
        tell_of_double(injection=injection)
    injection.reference = reference
    injection.save(update_fields=["reference"])


def _follow_check(venue: Venue, update: OrderUpdate, status: Order.Status | None) -> str:
    """What happens to a check happens to all of the venue's orders on it."""
    if not update.account or status in (None, _Status.CONFIRMED):
        return "not an order of ours"
    on_it = Order.objects.open().filter(
        venue=venue, injection__account=update.account, injection__state=_State.CONFIRMED
    )
    order_ids = list(on_it.values_list("pk", flat=True))
    return advance(order_ids=order_ids, status=status) if order_ids else "not an order of ours"
