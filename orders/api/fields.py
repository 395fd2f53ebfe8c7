"""REST fields that take exactly what they say, where REST framework's own would convert."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orders.checkout.shares import ZERO

# Printers take some of them for commands. A nought is left to be refused.
_UNSEEN = re.compile(r"[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_BREAKS = re.compile(r"[\t-\r\x85\u2028\u2029]+")
_LARGEST = 2**31 - 1


class Text(serializers.CharField):
    """Text and nothing else: a number is not quietly taken for one. Unless required, null is the same as nothing.

    Control characters are dropped, and it is one line unless `many_lines`: a kitchen's slip of paper has a line for
    each thing that is said, and nobody's name begins another.
    """

    def __init__(self, *, max_length: int, required: bool = False, many_lines: bool = False, **options: Any) -> None:
        self._many_lines = many_lines
        if not required:
            options = {"allow_blank": True, "allow_null": True, "default": "", **options}
        super().__init__(max_length=max_length, required=required, **options)

    def run_validation(self, data: Any = serializers.empty) -> str:
        return super().run_validation(data) or ""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        seen = _UNSEEN.sub("", data)
        return super().to_internal_value(seen if self._many_lines else _BREAKS.sub(" ", seen))


class Email(Text, serializers.EmailField):
    """An e-mail address."""


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": 64}, {"type": "integer"}], "nullable": True})
class TableName(Text):
    """A table's number or its id, and the number as a JSON integer too."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(str(data) if isinstance(data, int) and not isinstance(data, bool) else data)


class WholeNumber(serializers.IntegerField):
    """A JSON integer, of any size that can be meant."""

    default_error_messages = {"too_large": "This number is too large."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        if abs(data) > _LARGEST:
            self.fail("too_large")
        return data


class Amount(serializers.DecimalField):
    """Money in the venue's currency, nothing or more."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, min_value=ZERO, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        # A nought with a minus becomes an ordinary one.
        return super().to_internal_value(data) + ZERO


class Moment(serializers.DateTimeField):
    """A time that says its offset; a bare one could mean anything."""

    default_error_messages = {"naive": "Include the UTC offset, as in 2026-05-01T18:30:00+01:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)
