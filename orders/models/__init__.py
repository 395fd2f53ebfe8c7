"""The models of orders: orders with their lines, injections, alerts, discount codes and ordering rules."""

from orders.models.discounts import DiscountCode
from orders.models.injections import Alert, CheckIdentifier, Injection, InjectionAttempt, InjectionQuerySet
from orders.models.orders import CLOSED_STATUSES, Order, OrderCounter, OrderLine, OrderQuerySet, StaffAction
from orders.models.rules import OrderingHours, OrderingRules

__all__ = [
    "CLOSED_STATUSES",
    "Alert",
    "CheckIdentifier",
    "DiscountCode",
    "Injection",
    "InjectionAttempt",
    "InjectionQuerySet",
    "Order",
    "OrderCounter",
    "OrderLine",
    "OrderQuerySet",
    "OrderingHours",
    "OrderingRules",
    "StaffAction",
]
