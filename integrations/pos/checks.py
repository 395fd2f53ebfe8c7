"""Checks that are open at the POS."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class CheckItem:
    """A line on a check that has not been voided. The quantity may be a fraction."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True)
class OpenCheck:
    """A check that is open at the POS. `table` is None for a check without a table."""

    account: str
    name: str
    table: int | None
    amount: Decimal
    """The total, without tips."""
    paid: Decimal
    opened_at: datetime | None
    payment_references: tuple[str, ...] = ()
    """References of the payments that have not been voided; an order's payment has the order's reference."""
    items: tuple[CheckItem, ...] = ()
    """The lines that have not been voided, without the choices below them."""
