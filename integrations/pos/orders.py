"""An order as it is sent to the POS."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class OrderType(StrEnum):
    """How the guest gets the food."""

    PICKUP = "pickup"
    DELIVERY = "delivery"
    DINE_IN = "dine_in"


@dataclass(frozen=True)
class PosDiscount:
    """A discount that is set up at the POS under a code: a percentage or an amount."""

    code: str
    name: str
    percent: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class TicketDiscount:
    """One of the POS's own discounts on a line: its code, and the amount off the whole line, choices included."""

    code: str
    amount: Decimal


@dataclass(frozen=True)
class TicketLine:
    """A line of an order, or an item chosen below a line.

    `unit_price` is set only where storekit decides the price (delivery fee, service charge, discount, an item with an
    open price); otherwise the POS prices the line from its own menu. `name` and `unit_price` are set only if the POS
    lets an order set them for the item. `instructions` are instruction ids. `course` is for orders to a table;
    `course` and `discount` are for lines only, not for choices.
    """

    sku: str
    quantity: int
    name: str = ""
    unit_price: Decimal | None = None
    instructions: tuple[str, ...] = ()
    choices: tuple["TicketLine", ...] = ()
    course: int | None = None
    discount: TicketDiscount | None = None


@dataclass(frozen=True)
class TicketAddress:
    """A delivery address."""

    line1: str
    line2: str
    city: str
    postcode: str


@dataclass(frozen=True)
class TicketCustomer:
    """The guest who ordered. `reference` is one stable value per e-mail address; empty without an address."""

    first_name: str
    last_name: str = ""
    email: str = ""
    phone: str = ""
    """E.164, or empty."""
    reference: str = ""


@dataclass(frozen=True)
class TicketPayment:
    """What the guest has paid: `amount` excludes the tip."""

    method: str
    amount: Decimal
    tip: Decimal


@dataclass(frozen=True)
class OrderTicket:
    """An order as the POS needs it. `reference` is the same on every attempt to deliver the same order."""

    reference: str
    type: OrderType
    lines: tuple[TicketLine, ...]
    customer: TicketCustomer
    order_profile: str
    collection_code: str
    deliver_within: timedelta
    """How long the POS may try to get the order onto a till before it gives up and reports a failure."""
    note: str = ""
    collection_time: datetime | None = None
    payment: TicketPayment | None = None
    address: TicketAddress | None = None
    """For a delivery only."""
    table: int | None = None
    """For an order to a table, unless it is added to a check."""
    covers: int | None = None
    account: str = ""
    """Number of the open check that the order is added to."""
