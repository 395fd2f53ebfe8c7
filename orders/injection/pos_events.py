"""Apply the POS's notifications about an order. They may come twice, late, out of order, or sooner than expected."""

from django.db import transaction

from integrations.pos import OrderEvent, OrderUpdate
from orders.injection.check_identity import follow_check, open_injections_on
from orders.injection.confirmation import advance_orders, confirm, queue_duplicate_alert, was_entered_by_hand
from orders.injection.corrections import correct_and_resend
from orders.injection.failure import current_status, end_cancelled, fail, is_cancelled, queue_snooze_if_sold_out
from orders.injection.references import may_have_arrived, order_id_from_reference, reference_of
from orders.injection.refused_items import explained
from orders.models import Injection, Order
from storekit.models import Venue
from tables.bills.pos_events import check_changed

_State = Injection.State
_Status = Order.Status

# Any of these events also proves that the order is on the till. None of them is certain to come.
_STATUS_AFTER = {
    OrderEvent.CONFIRMED: _Status.CONFIRMED,
    OrderEvent.CHECK_UPDATED: _Status.CONFIRMED,
    OrderEvent.DELIVERED: _Status.CONFIRMED,
    OrderEvent.READY: _Status.READY,
    OrderEvent.OUT_FOR_DELIVERY: _Status.OUT_FOR_DELIVERY,
    OrderEvent.COMPLETED: _Status.COMPLETED,
    OrderEvent.CANCELLED: _Status.CANCELLED,
}


_READY_FOR_THE_GUEST = (_Status.READY, _Status.OUT_FOR_DELIVERY)


def apply_order_update(venue: Venue, update: OrderUpdate) -> str:
    """Apply a notification about one of the venue's orders; return in a few words what it changed.

    A notification about any check comes here, also about those that staff opened: guests' bills follow it too.
    """
    check_changed(venue=venue, update=update)
    status = _STATUS_AFTER.get(update.event)
    if not update.reference:
        return _apply_to_check(venue, update, status)
    with transaction.atomic():
        injection = _lock_injection(venue, update.reference)
        if injection is None:
            return "unknown reference"
        if status is None:
            return _apply_refusal(injection, update)
        result = _apply_arrival(injection, update, _status_of(injection, update, status))
    if update.event is OrderEvent.COMPLETED:
        # The check is closed, which completes every order on it.
        _apply_to_check(venue, update, status)
    return result


def _lock_injection(venue: Venue, reference: str) -> Injection | None:
    """Return the injection that the reference, of this or an earlier revision, belongs to, its row locked."""
    order_id = order_id_from_reference(reference=reference)
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


# --- Refused by the till ---------------------------------------------------------------------------------------------


def _apply_refusal(injection: Injection, update: OrderUpdate) -> str:
    if update.reference != injection.reference:
        return "of an earlier revision, so nothing to change"
    if injection.state == _State.CONFIRMED and not was_entered_by_hand(injection=injection):
        return "on the till already, so not failed"
    injection.refused = True
    injection.save(update_fields=["refused"])
    if result := _result_if_settled(injection):
        queue_snooze_if_sold_out(injection=injection, code=update.code, pos_words=update.reason, item=update.item)
        return result
    if correct_and_resend(injection=injection, code=update.code):
        return "being sent again"
    code, sentence = explained(
        order=injection.order,
        code=update.code or "refused_by_till",
        sentence=update.sentence or "The till refused the order.",
        item=update.item,
    )
    reason = update.reason or "The POS gave no reason."
    fail(injection=injection, code=code, error=f"{sentence}\n{reason}", item=update.item)
    return "failed"


def _result_if_settled(injection: Injection) -> str:
    """Return how the order was settled before, ending it if it was cancelled; empty if it is still open."""
    if injection.state == _State.CONFIRMED:
        return "entered by hand already"
    if injection.state == _State.FAILED:
        return "failed already"
    if is_cancelled(injection=injection):
        end_cancelled(injection=injection)
        return "cancelled already"
    return ""


# --- On the till -----------------------------------------------------------------------------------------------------


def _apply_arrival(injection: Injection, update: OrderUpdate, status: Order.Status) -> str:
    if was_entered_by_hand(injection=injection):
        # A check with our reference is not the one that staff keyed in.
        return _report_second_copy(injection, status)
    if update.reference != injection.reference:
        if injection.state == _State.CONFIRMED or status == _Status.CANCELLED:
            return _report_second_copy(injection, status)
        _adopt_earlier_revision(injection, update.reference)
    follow_check(injections=[injection], update=update)
    return confirm(injection=injection, account=update.account, status=status)


def _status_of(injection: Injection, update: OrderUpdate, status: Order.Status) -> Order.Status:
    """Return the status that the order has reached. DELIVERED is the guest's only if the order was ready before."""
    if update.event is OrderEvent.DELIVERED and current_status(injection=injection) in _READY_FOR_THE_GUEST:
        return _Status.COMPLETED
    return status


def _report_second_copy(injection: Injection, status: Order.Status) -> str:
    """Alert the venue to a second copy on the till. The order itself does not follow what happens to the copy."""
    if status == _Status.CANCELLED:
        return "another copy was cancelled"
    queue_duplicate_alert(injection=injection)
    return "perhaps twice on the till"


def _adopt_earlier_revision(injection: Injection, reference: str) -> None:
    """Use the earlier reference from now on: that revision reached the till in spite of its refusal."""
    if may_have_arrived(injection=injection):
        queue_duplicate_alert(injection=injection)
    injection.reference = reference
    injection.save(update_fields=["reference"])


def _apply_to_check(venue: Venue, update: OrderUpdate, status: Order.Status | None) -> str:
    """Advance all of the venue's orders that are on the check."""
    if not (update.account or update.check_uuid) or status is None:
        return "not an order of ours"
    injections = list(open_injections_on(venue=venue, update=update))
    follow_check(injections=injections, update=update)
    on_check = Order.objects.open().filter(injection__in=injections)
    if update.event is OrderEvent.DELIVERED:
        on_check, status = on_check.filter(status__in=_READY_FOR_THE_GUEST), _Status.COMPLETED
    order_ids = [] if status == _Status.CONFIRMED else list(on_check.values_list("pk", flat=True))
    return advance_orders(order_ids=order_ids, status=status) if order_ids else "not an order of ours"
