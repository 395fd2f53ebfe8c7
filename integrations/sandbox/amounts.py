"""Money as decimals: parsed from numbers or numeric strings, rounded as the till rounds a currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Currency:
    """A currency with its ISO 4217 decimals and, where coins are coarser, the smallest amount of cash."""

    code: str
    decimals: int = 2
    cash_step: Decimal | None = None

    def rounded(self, amount: Decimal) -> Decimal:
        """Round half up to the currency's decimals, or to its cash step, as the till does."""
        step = self.cash_step or Decimal(1).scaleb(-self.decimals)
        return self.exact((amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step)

    def exact(self, amount: Decimal) -> Decimal:
        """Return an amount with the currency's decimals, whatever its cash step."""
        return amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)

    def in_minor_units(self, amount: Decimal) -> int:
        """Return an amount in the currency's smallest unit, such as pence."""
        return int(amount.scaleb(self.decimals).quantize(Decimal(1), ROUND_HALF_UP))


GBP = Currency("GBP")
CURRENCIES = {
    currency.code: currency
    for currency in (
        GBP,
        Currency("EUR"),
        Currency("USD"),
        Currency("CHF", cash_step=Decimal("0.05")),
        Currency("JPY", decimals=0),
        Currency("KWD", decimals=3),
    )
}


def decimal(value: Any) -> Decimal:
    """Return a JSON number or numeric string as a Decimal; null and absent values are 0."""
    return NOTHING if value is None else Decimal(str(value))
