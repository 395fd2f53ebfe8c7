"""Amounts from a POS, rounded in one place."""

from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


def to_money(value: Decimal) -> Decimal:
    """Rounds to two decimals, half a cent up (away from nothing)."""
    return value.quantize(_CENT, rounding=ROUND_HALF_UP)
