"""The one place where amounts of money are rounded."""

from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


def to_money(value: Decimal) -> Decimal:
    """Round to two decimals, half a cent away from zero."""
    return value.quantize(_CENT, rounding=ROUND_HALF_UP)
