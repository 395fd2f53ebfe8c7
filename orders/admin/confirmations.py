"""The consequences of each action on an order, in sentences for its confirmation page."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from orders.injection.references import definitely_refused
from orders.models import Injection, InjectionAttempt, Order
from orders.staff_actions import Cancellation, is_being_sent, may_be_on_the_till
from orders.status_summary import local_time
from storekit.money.words import format_money


def order_count(count: int) -> str:
    """Return the number of orders in words: "1 order", "2 orders"."""
    return "1 order" if count == 1 else f"{count} orders"


def _is_overdue(order: Order) -> bool:
    return order.scheduled_for is not None and order.scheduled_for <= timezone.now()


def consequences_of_sending(order: Order) -> list[str]:
    """Return the consequences of sending the order again."""
    sentences = []
    if definitely_refused(injection=order.injection):
        sentences.append("The till refused this order. Fix the reason first, or it will refuse it again.")
    else:
        sentences.append("This is safe: the POS recognises an order that it already has, so it will not be made twice.")
    if _is_overdue(order) and order.scheduled_for:
        sentences.append(f"It was due {local_time(order, order.scheduled_for)}. It will go to the kitchen at once.")
    return sentences


def consequences_of_sending_several(orders: list[Order], *, skipped: int) -> list[str]:
    """Return the consequences of sending the orders again. `skipped` more were selected and are not sent."""
    sentences = [
        "These orders will be sent at once: "
        + ", ".join(f"no. {order.number}" for order in orders[:20])
        + (f" and {len(orders) - 20} more." if len(orders) > 20 else "."),
        "This is safe: the POS recognises an order that it already has, so none will be made twice.",
    ]
    if refused := _refused_among(orders):
        sentences.append(f"The till refused {refused} of them. Fix the reason first, or it will refuse them again.")
    if overdue := sum(_is_overdue(order) for order in orders):
        sentences.append(
            f"{order_count(overdue)} {'is' if overdue == 1 else 'are'} past the time the guest chose. "
            "Cancel any that guests no longer expect."
        )
    if skipped:
        sentences.append(
            f"{skipped} of the selected orders will not be sent: they cannot be sent again, or you selected too many."
        )
    return sentences


def _refused_among(orders: list[Order]) -> int:
    refusals = InjectionAttempt.objects.filter(
        injection=OuterRef("pk"), reference=OuterRef("reference"), outcome=InjectionAttempt.Outcome.REJECTED
    )
    return Injection.objects.filter(Q(refused=True) | Exists(refusals), order__in=orders).count()


def consequences_of_entering_by_hand(order: Order) -> list[str]:
    """Return the consequences of marking the order as entered by hand."""
    sentences = [
        "The order will count as being on the till: the web shop will see it as confirmed, and "
        "it will not be sent again."
    ]
    if may_be_on_the_till(injection=order.injection):
        sentences.insert(0, "The POS may have the order already. Check the till first, so that it is not made twice.")
    return sentences


def consequences_of_cancelling(order: Order) -> list[str]:
    """Return the consequences of cancelling the order."""
    if may_be_on_the_till(injection=order.injection):
        where = "is on the till" if order.injection.state == Injection.State.CONFIRMED else "may be on the till"
        sentences = [
            f"The order {where}, and storekit cannot cancel it there. A message will be printed on the till: "
            "void the check there."
        ]
    elif is_being_sent(injection=order.injection):
        sentences = ["The order is being sent right now. If it reaches the till, a message will be printed there."]
    else:
        sentences = ["The order is not on the till and will not be sent."]
    if order.payment_status == Order.PaymentStatus.PAID:
        sentences.append(
            f"The guest has paid {format_money(order.payment_amount, order.venue)}. Refund it in your web "
            "shop: storekit does not refund payments."
        )
    return sentences


def cancelled_message(order: Order, outcome: Cancellation) -> str:
    """Return the message after an order was cancelled, with what is left for staff to do."""
    sentences = [f"Order {order.number} is cancelled."]
    if outcome.till_is_notified:
        sentences.append("A message is being printed on the till: void the check there.")
    elif outcome.being_sent:
        sentences.append("If it still reaches the till, a message will be printed there.")
    if outcome.to_refund:
        sentences.append(f"Refund the guest {format_money(outcome.to_refund, order.venue)} in your web shop.")
    return " ".join(sentences)
