"""Sharing an amount out over the parts of an order. `storekit.money` does the rounding."""

from collections.abc import Sequence
from decimal import Decimal

from storekit.money import smallest_amount

ZERO = Decimal(0)


def shares(amount: Decimal, of: Sequence[Decimal], *, currency: str) -> list[Decimal]:
    """Share the amount out over parts in proportion to their cost, to the smallest amount that a till can charge.

    Uses the largest-remainder method; the first of equal remainders wins. The shares add up to the amount exactly, and
    none exceeds its part as long as the amount does not exceed the sum of the parts above zero. Parts that cost zero or
    less get nothing.
    """
    smallest = smallest_amount(currency)
    pennies = int(amount / smallest)
    weights = [max(0, int(part / smallest)) for part in of]
    whole = sum(weights)
    if not whole:
        return [ZERO for _ in of]
    found = [pennies * weight // whole for weight in weights]
    by_remainder = sorted(range(len(of)), key=lambda index: -(pennies * weights[index] % whole))
    for index in by_remainder[: pennies - sum(found)]:
        found[index] += 1
    return [share * smallest for share in found]
