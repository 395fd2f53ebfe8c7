"""Model fields that all apps share."""

from typing import Any

from django.db import models

from storekit.money import MAX_DECIMALS, WHOLE_DIGITS
from storekit.text import folded


def money(**options: Any) -> models.DecimalField:
    """Return a field for an amount in the venue's currency. It holds the decimals of every currency, so three.

    What is read from it has three decimals whatever the currency: show it with
    `storekit.money.words.format_money`, or with `storekit.money.money_string` to programs.
    """
    return models.DecimalField(max_digits=WHOLE_DIGITS + MAX_DECIMALS, decimal_places=MAX_DECIMALS, **options)


class FoldedTextField(models.TextField):
    """A column that follows another: its text without the differences that people do not mean (`storekit.text.folded`).

    Databases fold text in ways of their own. This column is filled by us whenever a row is saved, so that both find and
    compare the same. `QuerySet.update` does not fill it.
    """

    def __init__(self, *args: Any, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        """Return what migrations write down."""
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Return the value to store, and set it on the row."""
        value = folded(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value
