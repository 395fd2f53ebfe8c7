"""The model field that all amounts share."""

from typing import Any

from django.db import models


def money(**options: Any) -> models.DecimalField:
    """Return a field for an amount in the venue's currency, with two decimal places."""
    return models.DecimalField(max_digits=12, decimal_places=2, **options)
