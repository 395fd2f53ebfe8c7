"""The one shape of an amount's column."""

from typing import Any

from django.db import models


def money(**options: Any) -> models.DecimalField:
    """A column for an amount in the venue's currency."""
    return models.DecimalField(max_digits=12, decimal_places=2, **options)
