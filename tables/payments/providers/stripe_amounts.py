"""Amounts as Stripe writes them: whole numbers of a currency's smallest unit, as Stripe counts it.

That is ISO 4217's, but for a few currencies. Source: "Supported currencies" in Stripe's documentation
(https://docs.stripe.com/currencies).
"""

from decimal import Decimal

from storekit.money import decimals_of
from tables.payments.providers.port import ProviderRefused

# Icelandic króna and Ugandan shilling have no decimals any more, but Stripe goes on counting them in hundredths, which
# have to be whole króna or shillings. The Malagasy ariary is divided by five, for which ISO has two decimals and Stripe
# none.
_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
# Of currencies with three decimals Stripe charges two: the last digit has to be a zero.
_THREE = 3


def to_stripe(amount: Decimal, currency: str) -> int:
    """Return an amount in Stripe's units, such as 1250 for 12.50 GBP, 800 for 800 JPY, 80000 for 800 ISK.

    Raises:
        ProviderRefused: if Stripe cannot charge it exactly, such as 8.005 KWD.
    """
    units = amount.scaleb(_decimals(currency))
    whole = int(units)
    coarse = (_decimals(currency) == _THREE and whole % 10) or (currency in ("ISK", "UGX") and whole % 100)
    if units != whole or coarse:
        raise ProviderRefused(f"Stripe cannot charge {amount} {currency} exactly.", code="amount_not_payable")
    return whole


def from_stripe(units: int, currency: str) -> Decimal:
    """Return an amount of Stripe's in the currency, whose code may be in small letters."""
    return Decimal(units).scaleb(-_decimals(currency.upper()))


def _decimals(currency: str) -> int:
    return _DECIMALS.get(currency, decimals_of(currency))
