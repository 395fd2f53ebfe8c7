"""What a guest pays for one of a menu entry in an order of a given type. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from integrations.pos import CustomPrice, OrderType
from storekit.money import round_money

PRICING_COLUMNS = ("price", "exact_price", "tax_rate", "tax_at_till", "custom_price", "prices", "staff_price")

OPEN = Q(custom_price__gt="", price=0, prices={}, staff_price=None)
"""Rows that have an open price, in orders of every type, and none from staff: they cannot be ordered."""


@dataclass(frozen=True)
class EntryPrice:
    """The price of one piece.

    `exact` is the price before rounding, None if it is the price; the till rounds each line. `custom` is the price that
    the order has to send, because only we know it, without its sign and without tax that the till adds; None for none.
    """

    price: Decimal
    exact: Decimal | None = None
    custom: Decimal | None = None
    tax_at_till: bool = False


def entry_price(
    type: OrderType | str,
    currency: str,
    price: Decimal,
    exact_price: Decimal | None,
    tax_rate: Decimal | None,
    tax_at_till: bool,
    custom_price: str,
    prices: Mapping[str, str],
    staff_price: Decimal | None,
) -> EntryPrice | None:
    """Return the price of an entry with these `PRICING_COLUMNS`; None if it is open, so that it cannot be ordered."""
    if prices and (other := prices.get(str(type))) is not None:
        exact = Decimal(other)
        price = round_money(exact, currency)
        exact_price = exact if exact != price else None
    if not custom_price or price:
        return EntryPrice(price, exact_price, None, tax_at_till)
    if not staff_price:
        return None
    exact = staff_price * (1 + (tax_rate or Decimal(0)) / 100)
    exact = -exact if custom_price == CustomPrice.TAKEN_OFF else exact
    price = round_money(exact, currency)
    return EntryPrice(price, exact if tax_rate and exact != price else None, staff_price, tax_at_till)
