"""Model fields that all apps share."""

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import models

from storekit.money import MAX_DECIMALS, WHOLE_DIGITS
from storekit.text import folded


def money(**options: Any) -> models.DecimalField:
    """Return a field for an amount in the venue's currency. It holds the decimals of every currency, so three.

    What is read from it has three decimals whatever the currency: show it with
    `storekit.money.words.format_money`, or with `storekit.money.money_string` to programs.
    """
    return models.DecimalField(max_digits=WHOLE_DIGITS + MAX_DECIMALS, decimal_places=MAX_DECIMALS, **options)


class WithFoldedText(models.Model):
    """The base of a model with a `FoldedTextField`: saving a column alone also saves the columns that follow it."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Store the row, or the named columns and those that follow them."""
        if update_fields is not None:
            named = set(update_fields)
            folded_fields = (field for field in self._meta.local_fields if isinstance(field, FoldedTextField))
            update_fields = named | {field.name for field in folded_fields if field.of in named}
        super().save(*args, update_fields=update_fields, **options)


class FoldedTextField(models.TextField):
    """A column that follows another: its text without the differences that people do not mean (`storekit.text.folded`).

    Databases fold text in ways of their own. This column is filled by us whenever a row is saved, so that both find and
    compare the same. `QuerySet.update` and `bulk_update` do not fill it.
    """

    def __init__(self, *args: Any, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        """Return what migrations write down."""
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "of": self.of}

    def check(self, **options: Any) -> list[CheckMessage]:
        """Return what is wrong with the column's definition."""
        found: list[CheckMessage] = super().check(**options)
        if not issubclass(self.model, WithFoldedText):
            found.append(Error("Its model must inherit from WithFoldedText.", obj=self, id="storekit.E004"))
        return found

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Return the value to store, and set it on the row."""
        value = folded(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value
