"""When an order does not come to the till. Callers have the row locked."""

from orders.models import Alert, Injection
from orders.queueing import due_at_once


def tell_till_of_cancellation(*, injection: Injection) -> None:
    """Has a message printed on the till: the POS has no call for cancelling."""
    about, channel = Alert.About.CANCELLED, Alert.Channel.TILL
    row = Alert(order_id=injection.order_id, channel=channel, about=about, next_attempt_at=due_at_once())
    Alert.objects.bulk_create([row], ignore_conflicts=True)
