"""A basket or an order as a storefront sends it: plain values, not yet checked against the menu or the venue."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from orders.checkout.shares import ZERO
from orders.models import Order


@dataclass(frozen=True)
class RequestedModifier:
    """A modifier, instruction or deal item that the guest chose, with the choices made for it in turn."""

    modifier: str
    quantity: int = 1
    modifiers: tuple["RequestedModifier", ...] = ()


@dataclass(frozen=True)
class RequestedItem:
    """A product that the guest ordered, named by its id or, when `product` is empty, by its SKU."""

    product: str = ""
    sku: str = ""
    quantity: int = 1
    note: str = ""
    course: int | None = None
    modifiers: tuple[RequestedModifier, ...] = ()


@dataclass(frozen=True)
class Guest:
    """The person ordering. `phone` is as typed; a number without a country code belongs to the venue's country."""

    first_name: str
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Address:
    """The address of a delivery. Whether it has a city and a postcode depends on the country."""

    line1: str
    city: str = ""
    postcode: str = ""
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
    """A possible order. Times are aware. It carries no item prices: those come from the menu.

    `table` is a table's number or its id; `account` is the number of an open check to add the order to.
    `with_bill` says that guests at a table pay later, with the bill of their check, which may be a new one.
    """

    type: Order.Type
    items: tuple[RequestedItem, ...]
    customer: Guest | None = None
    payment: Payment | None = None
    scheduled_for: datetime | None = None
    address: Address | None = None
    table: str = ""
    covers: int | None = None
    account: str = ""
    with_bill: bool = False
    note: str = ""
    tip: Decimal = ZERO
    discount_code: str = ""
    delivery_fee: Decimal = ZERO
    service_charge: Decimal = ZERO


@dataclass(frozen=True, kw_only=True)
class OrderRequest(Basket):
    """An order to place: a basket whose guest and payment are given."""

    customer: Guest
    payment: Payment


def parse_uuid(text: str) -> UUID | None:
    """Return the id as a `UUID`, or None for text that is not one and so cannot be an id of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None
