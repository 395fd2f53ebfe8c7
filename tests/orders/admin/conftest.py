"""Fixtures of the back office of orders."""

import pytest

from orders.models import Injection, InjectionAttempt, Order, OrderLine
from storekit.models import Venue
from tests import factories
from tests.orders.admin.backoffice import State, order_in


@pytest.fixture
def refused_order(venue: Venue) -> Order:
    """An order with a modifier and a note that the POS refused at the second attempt."""
    order = order_in(State.FAILED, venue, number=7, note="Ring the bell", collection_code="ACDEFGHJ")
    line = OrderLine.objects.get(order=order)
    OrderLine.objects.filter(pk=line.pk).update(note="no salt")
    factories.OrderLineFactory(order=order, parent=line, position=1, kind="modifier", sku="CHEESE", name="Cheese")
    Injection.objects.update(error="Lightspeed refused the order.\nUnknown sku", attempts=2, account="A7.1")
    for attempt, outcome in enumerate(["unreachable", "rejected"], start=1):
        InjectionAttempt.objects.create(
            injection=order.injection, number=attempt, reference="r", lease=order.pk, outcome=outcome, detail="<b>503"
        )
    return order
