"""Money as decimals: read from numbers or numeric strings, rounded to pennies in one place."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

PENNY = Decimal("0.01")
NOTHING = Decimal("0.00")


def decimal(value: Any) -> Decimal:
    """Read a JSON number or numeric string; absent and null are nothing."""
    return NOTHING if value is None else Decimal(str(value))


def pennies(amount: Decimal) -> Decimal:
    """Round to two decimals, half up, as the till does."""
    return amount.quantize(PENNY, ROUND_HALF_UP)
