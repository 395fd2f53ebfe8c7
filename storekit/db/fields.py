"""Model fields that all apps share."""

from typing import Any

from django.db import models

from storekit.money import MAX_DECIMALS

_WHOLE_DIGITS = 10


def money(**options: Any) -> models.DecimalField:
    """Return a field for an amount in the venue's currency. It holds the decimals of every currency, so three.

    What is read from it has three decimals whatever the currency: show it with `storekit.money.format_money` or
    `money_string`.
    """
    return models.DecimalField(max_digits=_WHOLE_DIGITS + MAX_DECIMALS, decimal_places=MAX_DECIMALS, **options)
