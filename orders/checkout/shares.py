"""How large an amount may become, and how it is shared out. Rounding is `integrations.money`'s."""

from collections.abc import Sequence
from decimal import Decimal

ZERO = Decimal("0.00")
LARGEST = Decimal("9999999.99")
"""No order costs more; what is larger is a mistake, and some columns and tills would not hold it."""


def shares(amount: Decimal, of: Sequence[Decimal]) -> list[Decimal]:
    """Shares the amount out over parts by what each costs, to the penny: by largest remainder, the first of equals.

    The shares add up to the amount exactly and none is more than its part, if the amount is not more than the parts
    that cost something. What costs nothing or less gets nothing.
    """
    pennies = int(amount * 100)
    weights = [max(0, int(part * 100)) for part in of]
    whole = sum(weights)
    if not whole:
        return [ZERO for _ in of]
    found = [pennies * weight // whole for weight in weights]
    by_remainder = sorted(range(len(of)), key=lambda place: -(pennies * weights[place] % whole))
    for place in by_remainder[: pennies - sum(found)]:
        found[place] += 1
    return [Decimal(share) / 100 for share in found]
