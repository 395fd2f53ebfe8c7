"""What follows from the buttons of an order's page, in sentences for whoever is about to press them."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from orders.injection.references import definitely_refused
from orders.models import Injection, InjectionAttempt, Order
from orders.staff_actions import Cancellation, is_being_sent, may_be_on_the_till
from orders.status_summary import local_time


def counted(count: int) -> str:
    """So many orders, in words."""
    return "1 order" if count == 1 else f"{count} orders"


def _is_over(order: Order) -> bool:
    return order.scheduled_for is not None and order.scheduled_for <= timezone.now()


def what_sending_does(order: Order) -> list[str]:
    """What follows from sending it again."""
    said = []
    if definitely_refused(injection=order.injection):
        said.append("The till refused it. Put right what it said first, or it refuses it again.")
    else:
        said.append(
            "It goes out as before. Should the till have it already, the POS says so, and it is not made twice."
        )
    if _is_over(order) and order.scheduled_for:
        said.append(f"It was wanted {local_time(order, order.scheduled_for)}. It goes to the kitchen at once.")
    return said


def what_sending_many_does(orders: list[Order], *, left_alone: int) -> list[str]:
    """What follows from sending them again; `left_alone` more were chosen."""
    said = [
        "All of them go out at once: "
        + ", ".join(f"no. {order.number}" for order in orders[:20])
        + (f" and {len(orders) - 20} more." if len(orders) > 20 else "."),
        "What the till has already is recognised by the POS and not made twice.",
    ]
    if refused := _refused_among(orders):
        said.append(f"The till refused {refused} of them. Put right what it said first, or it refuses them again.")
    if over := sum(_is_over(order) for order in orders):
        said.append(
            f"For {counted(over)} the time that the guest wanted is over. Cancel what nobody waits for any more."
        )
    if left_alone:
        said.append(
            f"{left_alone} of your choice cannot be sent again, or are too many at once. Nothing happens to them."
        )
    return said


def _refused_among(orders: list[Order]) -> int:
    refusals = InjectionAttempt.objects.filter(
        injection=OuterRef("pk"), reference=OuterRef("reference"), outcome=InjectionAttempt.Outcome.REJECTED
    )
    return Injection.objects.filter(Q(refused=True) | Exists(refusals), order__in=orders).count()


def what_marking_does(order: Order) -> list[str]:
    """What follows from marking it as entered by hand."""
    said = ["storekit counts it as on the till from now on, the web shop sees it as confirmed, and it is never sent."]
    if may_be_on_the_till(injection=order.injection):
        said.insert(0, "The POS may have got it all the same. Look at the till first, so that it is not made twice.")
    return said


def what_cancelling_does(order: Order) -> list[str]:
    """What follows from cancelling it."""
    if may_be_on_the_till(injection=order.injection):
        where = "is on the till" if order.injection.state == Injection.State.CONFIRMED else "may be on the till"
        said = [
            f"The order {where}, and the POS has no way to cancel it from here. A message is printed on the till; "
            "void the check there."
        ]
    elif is_being_sent(injection=order.injection):
        said = ["The order is being sent at this moment. If it gets to the till, a message is printed there."]
    else:
        said = ["The order is not on the till, and is not sent any more."]
    if order.payment_status == Order.PaymentStatus.PAID:
        said.append(
            f"The guest has paid {order.payment_amount} {order.venue.currency}. storekit gives nothing back: "
            "do it in the web shop, where it was paid."
        )
    return said


def cancelled(order: Order, outcome: Cancellation) -> str:
    """What came of cancelling it."""
    said = [f"Order {order.number} is cancelled."]
    if outcome.till_is_notified:
        said.append("A message is printed on the till; void the check there.")
    elif outcome.being_sent:
        said.append("If it still gets to the till, a message is printed there.")
    if outcome.to_refund:
        said.append(f"The guest has paid {outcome.to_refund} {order.venue.currency}: give it back in the web shop.")
    return " ".join(said)
