"""What amounts may be. Source: "Supported currencies" (https://docs.stripe.com/currencies)."""

from tests.support.stripe_stand_in.problems import invalid

LEAST = {"usd": 50, "eur": 50, "chf": 50, "gbp": 30, "jpy": 50, "isk": 100, "kwd": 10, "sek": 300, "dkk": 250}
"""The currencies that this stand-in takes, with the least amount that can be charged in each."""

_MOST = 99_999_999
# The last digits that have to be zeros.
_STEPS = {"kwd": 10, "isk": 100}


def check(amount: int, currency: str) -> None:
    """Raise a `Problem` if this cannot be charged."""
    if currency not in LEAST:
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    if amount < LEAST[currency]:
        raise invalid("Amount must be at least the minimum.", param="amount", code="amount_too_small")
    if amount > _MOST:
        raise invalid("Amount must be no more than 99999999.", param="amount", code="amount_too_large")
    if amount % _STEPS.get(currency, 1):
        raise invalid(f"Invalid amount for {currency}: its last digits must be zeros.", param="amount")
