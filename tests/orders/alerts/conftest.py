"""The order that tests of sold-out items use."""

from datetime import timedelta

import pytest
import time_machine

from integrations.models import Connection, TokenPair
from orders.models import Injection, Order
from tests import factories
from tests.orders.conftest import CopperPotMenu
from tests.orders.sending import NOW


@pytest.fixture
def waiting_burger(clock: time_machine.Traveller, connection: Connection, menu: CopperPotMenu) -> Injection:
    """A paid order for a burger with bacon, due now."""
    TokenPair.objects.update(expires_at=NOW + timedelta(days=3))
    order: Order = factories.OrderFactory(venue=connection.venue, number=1042)
    factories.OrderLineFactory(
        order=order, parent=order.lines.get(), position=1, kind="modifier", sku="BACON", name="Bacon"
    )
    return order.injection
