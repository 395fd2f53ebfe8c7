"""Model fields that all apps share."""

from typing import Any

from django.db import models

from storekit.money import MAX_DECIMALS, WHOLE_DIGITS


def money(**options: Any) -> models.DecimalField:
    """Return a field for an amount in the venue's currency. It holds the decimals of every currency, so three.

    What is read from it has three decimals whatever the currency: show it with
    `storekit.money_format.format_money`, or with `storekit.money.money_string` to programs.
    """
    return models.DecimalField(max_digits=WHOLE_DIGITS + MAX_DECIMALS, decimal_places=MAX_DECIMALS, **options)
