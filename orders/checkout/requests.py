"""What a storefront asks for: a basket to look at, or an order to take. Plain values, checked by nobody yet."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from orders.checkout.pricing import WantedItem
from orders.checkout.shares import ZERO
from orders.models import Order


@dataclass(frozen=True)
class Guest:
    """Who ordered. `phone` as typed; a number without a country code belongs to the venue's country."""

    first_name: str
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Address:
    """Where a delivery goes."""

    line1: str
    city: str
    postcode: str
    line2: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Payment:
    """Whether the guest has paid, and how much; `amount` must be the order's total."""

    paid: bool
    reference: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Basket:
    """What may become an order. Times are aware; there are no prices, which come from the menu.

    `table` is a table's number or its id; `account` the number of an open check that the order is added to.
    """

    type: Order.Type
    items: tuple[WantedItem, ...]
    customer: Guest | None = None
    payment: Payment | None = None
    scheduled_for: datetime | None = None
    address: Address | None = None
    table: str = ""
    covers: int | None = None
    account: str = ""
    note: str = ""
    tip: Decimal = ZERO
    discount_code: str = ""
    delivery_fee: Decimal = ZERO
    service_charge: Decimal = ZERO


@dataclass(frozen=True, kw_only=True)
class OrderRequest(Basket):
    """An order as a storefront asks for it: a basket with a guest and word of the payment."""

    customer: Guest
    payment: Payment
