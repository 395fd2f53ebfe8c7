"""What an order that is not sent yet keeps of the counted stock. Callers have locked the injection's row."""

from typing import Any
from uuid import UUID

from menus.stock.reservations import release_held, send_held
from orders.models import Order


def give_back_stock(*, order_id: UUID) -> None:
    """Give back what the order holds, as it will not be sent. Call it in the transaction that ends the order."""
    if order := _take_record(order_id):
        release_held(venue=order.venue, held=order.held_stock)


def count_as_sent(*, order_id: UUID) -> None:
    """Leave what the order holds to the POS, which will count it. Call it in the transaction that sends the order."""
    if order := _take_record(order_id):
        send_held(venue=order.venue, held=order.held_stock)


def _take_record(order_id: UUID) -> Any:
    """Return the order with what it holds, and clear that in the database; None if it holds nothing."""
    holding = Order.objects.filter(pk=order_id, held_stock__isnull=False)
    order = holding.select_related("venue").only("venue", "held_stock").first()
    if order is not None:
        holding.update(held_stock=None)
    return order
