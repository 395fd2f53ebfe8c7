"""Money: the decimals of each currency, and the one place where amounts are rounded and written. Free of Django."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import iso4217
from babel.core import get_global

MAX_DECIMALS = 3
"""The decimals that money columns hold. ISO 4217 has four only for two units of account (CLF, UYW)."""

WHOLE_DIGITS = 10
"""The digits that money columns hold before the point."""

LARGEST_AMOUNT = Decimal(10) ** WHOLE_DIGITS - Decimal(1).scaleb(-MAX_DECIMALS)
"""The most that an order may cost, in any currency: what money columns hold. In Vietnamese dong or Indonesian rupiah a
party's dinner has nine digits."""

ZERO = Decimal(0)

# Tills round what they charge in these currencies to the smallest coin, however it is paid. Swiss francs: integrators'
# reports on Lightspeed K-Series, where an order with another total is refused as overpaid. Coins of 0.05: the Swiss
# National Bank, and `cashRounding` in Unicode CLDR's supplemental data. CLDR lists other currencies (CAD, DKK, SEK),
# but there only payments in cash are rounded, and never an order paid online.
_CASH_STEPS = {"CHF": Decimal("0.05")}

# The smallest coin in use where CLDR has no cash step. Sources: the central banks; of the euro, those of the countries
# that round (Belgium, Finland, Ireland, Italy, the Netherlands and others).
_SMALLEST_COINS = {
    "EUR": Decimal("0.05"),
    "AUD": Decimal("0.05"),
    "NZD": Decimal("0.10"),
    "SGD": Decimal("0.05"),
    "ZAR": Decimal("0.10"),
    "HKD": Decimal("0.10"),
    "KWD": Decimal("0.005"),
    "BHD": Decimal("0.005"),
}

# A venue's currency is validated when it is set. Venues older than that check keep two decimals, as they always had.
_UNKNOWN_DECIMALS = 2


def is_currency(code: str) -> bool:
    """Say whether this is the ISO 4217 code of a currency that money columns can hold."""
    try:
        decimals = iso4217.Currency(code).exponent
    except ValueError:
        return False
    return code.isupper() and decimals is not None and decimals <= MAX_DECIMALS


@cache
def decimals_of(currency: str) -> int:
    """Return the decimals of a currency by ISO 4217: 0 for JPY, 3 for KWD, 2 for most and for an unknown code."""
    return (iso4217.Currency(currency).exponent or 0) if is_currency(currency) else _UNKNOWN_DECIMALS


def cash_step_of(currency: str) -> Decimal | None:
    """Return the step that tills round a currency's amounts to, such as 0.05 for CHF; None for most."""
    return _CASH_STEPS.get(currency)


@cache
def smallest_amount(currency: str) -> Decimal:
    """Return the least amount above zero that a till can charge: the cash step, else 1, 0.01 or 0.001."""
    return cash_step_of(currency) or _unit(currency)


@cache
def smallest_cash(currency: str) -> Decimal:
    """Return the smallest coin that guests pay with, which is the most that a till leaves out when it rounds cash.

    That is 5 for HUF, 1 for JPY, 0.005 for KWD, and the least amount for a currency of which all coins are in use.
    Never less than `smallest_amount`.
    """
    # Digits and step of amounts, then those of cash; from `cashDigits` and `cashRounding` of CLDR.
    *_, digits, step = get_global("currency_fractions").get(currency, (0, 0, decimals_of(currency), 0))
    coin = _SMALLEST_COINS.get(currency) or Decimal(step or 1).scaleb(-digits)
    return max(coin, smallest_amount(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round an amount as the till does: to the currency's cash step or else its decimals, half of it away from zero."""
    step = cash_step_of(currency)
    if step is not None:
        amount = (amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return amount.quantize(_unit(currency), ROUND_HALF_UP)


def money_string(amount: Decimal, currency: str) -> str:
    """Return an amount with the currency's own number of decimals, as the API writes it: `8.00`, `800` or `8.000`."""
    # Adding zero turns -0.00 into 0.00.
    return f"{amount.quantize(_unit(currency), ROUND_HALF_UP) + ZERO:f}"


def money_with_code(amount: Decimal, currency: str) -> str:
    """Return an amount and its currency as texts for programmers have it: `8.00 GBP`, `800 JPY`.

    For people there is `storekit.money.words.format_money`.
    """
    return f"{money_string(amount, currency)} {currency}"


@cache
def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-decimals_of(currency))
