"""How large an amount may become. Rounding is `integrations.money`'s."""

from decimal import Decimal

ZERO = Decimal("0.00")
LARGEST = Decimal("9999999.99")
"""No order costs more; what is larger is a mistake, and some columns and tills would not hold it."""
