"""Orders in a given state of their injection, for tests of what staff do with them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from integrations.models import Connection
from menus.models import Menu
from orders.models import Alert, Injection, InjectionAttempt, Order
from storekit.models import Venue
from tests import factories
from tests.orders.sending import NOW

State, Outcome, Status = Injection.State, InjectionAttempt.Outcome, Order.Status

UNPAID = {"payment_status": "unpaid", "payment_amount": 0, "status": Status.AWAITING_PAYMENT}


def order_in(state: str, venue: Venue, *, outcomes: tuple[str, ...] = (), order: Any = None, **columns: Any) -> Order:
    """Create an order whose injection is in `state`, after attempts with these outcomes; `columns` are its own."""
    made: Order = factories.OrderFactory(venue=venue, **(order or {}))
    injection = made.injection
    for number, outcome in enumerate(outcomes, start=1):
        InjectionAttempt.objects.create(
            injection=injection, number=number, reference=injection.reference, lease=uuid4(), outcome=outcome
        )
    columns = {"next_attempt_at": None, "attempts": len(outcomes), **columns}
    Injection.objects.filter(pk=injection.pk).update(state=state, **columns)
    return Order.objects.get(pk=made.pk)


def put_on_the_menu(order: Order) -> None:
    """Put what the order contains on its venue's menu, as it was when the order was placed; the venue takes orders."""
    if not Connection.objects.filter(venue=order.venue).exists():
        factories.ConnectionFactory(venue=order.venue, settings=None, tokens=None)
    if not Menu.objects.filter(venue=order.venue).exists():
        factories.MenuFactory(venue=order.venue)
    for line in order.lines.filter(parent=None):
        product = factories.ProductFactory(venue=order.venue, sku=line.sku, name=line.name)
        order.lines.filter(pk=line.pk).update(menu_id=product.pk)


def order_being_sent(venue: Venue, *, lease_until: datetime = NOW + timedelta(seconds=30)) -> Order:
    return order_in(State.SENDING, venue, outcomes=(Outcome.UNKNOWN,), lease=uuid4(), lease_until=lease_until)


def injection_of(order: Order) -> Injection:
    return Injection.objects.get(order=order)


def events_of(order: Order) -> list[tuple[str, str, str]]:
    return list(order.staff_actions.values_list("action", "by", "note"))


def failure_alert(order: Order, **columns: Any) -> Alert:
    values: dict[str, Any] = {"channel": "email", "about": "failed", "next_attempt_at": NOW, **columns}
    return Alert.objects.create(order=order, **values)
