"""Amounts of money in REST: strings with as many decimals as the venue's currency has."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from storekit.money import MAX_DECIMALS, WHOLE_DIGITS, decimals_of

_DIGITS = rf"\d{{1,{WHOLE_DIGITS}}}(?:\.\d{{1,{MAX_DECIMALS}}})?$"
_SCHEMA = {"type": "string", "format": "decimal", "example": "8.00"}
_WRITTEN = "In the venue's currency, with its own number of decimals (ISO 4217): 8.00 GBP, 800 JPY, 8.000 KWD."


@extend_schema_field(_SCHEMA | {"pattern": f"^-?{_DIGITS}"})
class Money(serializers.CharField):
    """An amount in an answer, written by `storekit.money.money_string`. The schema adds that to the help text."""

    def __init__(self, *, help_text: str = "", **options: Any) -> None:
        super().__init__(help_text=f"{help_text} {_WRITTEN}".strip(), **options)


@extend_schema_field(_SCHEMA | {"pattern": f"^{_DIGITS}"})
class PostedMoney(serializers.DecimalField):
    """An amount in a request, zero or more. The serializer's context has the venue's `currency`.

    A JSON number is taken like a string. More decimals than the currency has are refused, unless they are zeros.
    """

    def __init__(self, *, help_text: str = "", **options: Any) -> None:
        super().__init__(
            max_digits=WHOLE_DIGITS + MAX_DECIMALS,
            decimal_places=MAX_DECIMALS,
            min_value=Decimal(0),
            help_text=f"{help_text} {_WRITTEN}".strip(),
            **options,
        )

    def validate_precision(self, value: Decimal) -> Decimal:
        if int(value.as_tuple().exponent) < -MAX_DECIMALS:
            raise self._too_many_decimals()
        value = super().validate_precision(value)
        if value % Decimal(1).scaleb(-decimals_of(self.context["currency"])):
            raise self._too_many_decimals()
        # Adding zero turns -0.00 into 0.00.
        return value + 0

    def _too_many_decimals(self) -> serializers.ValidationError:
        currency: str = self.context["currency"]
        decimals = decimals_of(currency)
        most = f"at most {decimals} decimals" if decimals else "no decimals"
        return serializers.ValidationError(f"Amounts in {currency} have {most}.", code="max_decimal_places")
