"""The tables of orders: what was ordered, its way to the till, discounts, and what a venue allows."""

from orders.models.discounts import DiscountCode
from orders.models.injections import Alert, Injection, InjectionAttempt, InjectionQuerySet
from orders.models.orders import CLOSED_STATUSES, Order, OrderCounter, OrderEvent, OrderLine, OrderQuerySet
from orders.models.rules import OrderingHours, OrderingRules

__all__ = [
    "CLOSED_STATUSES",
    "Alert",
    "DiscountCode",
    "Injection",
    "InjectionAttempt",
    "InjectionQuerySet",
    "Order",
    "OrderCounter",
    "OrderEvent",
    "OrderLine",
    "OrderQuerySet",
    "OrderingHours",
    "OrderingRules",
]
