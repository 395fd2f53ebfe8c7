"""Order requests for the Copper Pot, placed or refused."""

from decimal import Decimal
from typing import Any

import pytest
from django_q.models import OrmQ

from orders.checkout.problems import OrderRefused
from orders.checkout.requests import Address, Guest, OrderRequest, Payment, RequestedItem
from orders.models import Order
from orders.placing import place_order
from storekit.models import Venue

PAID = Payment(paid=True, reference="web-1", amount=Decimal("2.35"))


def request_for(**changes: Any) -> OrderRequest:
    defaults: dict[str, Any] = {
        "type": Order.Type.PICKUP,
        "customer": Guest(first_name="Ada"),
        "items": (RequestedItem(sku="WATER"),),
        "payment": PAID,
    }
    return OrderRequest(**(defaults | changes))


def refused(venue: Venue, **changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(OrderRefused) as caught:
        place_order(venue=venue, request=request_for(**changes))
    assert not Order.objects.exists()
    assert not OrmQ.objects.exists()
    return {(problem.code, problem.attr) for problem in caught.value.problems}


HOME = Address(line1="1 High Street", line2="Flat 2", city="London", postcode="N1 9GU", notes="Second door")
UNPAID = Payment(paid=False)


def placed(venue: Venue, **changes: Any) -> Order:
    order = place_order(venue=venue, request=request_for(**({"payment": UNPAID} | changes))).order
    order.refresh_from_db()
    return order
