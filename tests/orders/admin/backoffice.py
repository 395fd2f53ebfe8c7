"""Orders in the states that the back office shows, and its pages."""

from datetime import UTC, datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from orders.models import Injection, InjectionAttempt, Order
from storekit.models import Venue
from tests import factories

LIST = reverse("admin:orders_order_changelist")
State = Injection.State
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def order_in(state: str, venue: Venue, **columns: Any) -> Order:
    order: Order = factories.OrderFactory(venue=venue, **columns)
    Injection.objects.filter(order=order).update(state=state)
    return order


def an_attempt(order: Order, outcome: str, *, number: int = 1) -> None:
    injection = order.injection
    InjectionAttempt.objects.create(
        injection=injection, number=number, reference=injection.reference, lease=order.pk, outcome=outcome
    )


def listed(browser: Client, **query: str) -> list[int]:
    answer = browser.get(LIST, query)
    assert answer.status_code == 200
    return [order.number for order in answer.context["cl"].result_list]
