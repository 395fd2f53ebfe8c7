"""Strict REST fields: they refuse values of another type, which REST framework's own fields would convert."""

import re
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from storekit.text import is_invisible, without_direction_controls

# Printers take some control characters for commands. Null is left in, so that the serializer refuses it.
_CONTROL_CHARACTERS = re.compile(r"[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_BREAKS = re.compile(r"[\t-\r\x85\u2028\u2029]+")
_LARGEST = 2**31 - 1


def _seen(text: str) -> str:
    return without_direction_controls(_CONTROL_CHARACTERS.sub("", text))


class Text(serializers.CharField):
    """Text: a number is refused. Unless the field is required, null counts as empty.

    Control characters are dropped, those that change the direction of text included, and text of which nobody would
    see anything is blank. Without `many_lines`, line breaks become spaces: a kitchen ticket prints one fact a line, and
    a guest's text must not be able to fake another.
    """

    def __init__(self, *, max_length: int, required: bool = False, many_lines: bool = False, **options: Any) -> None:
        self._many_lines = many_lines
        if not required:
            options = {"allow_blank": True, "allow_null": True, "default": "", **options}
        super().__init__(max_length=max_length, required=required, **options)

    def run_validation(self, data: Any = serializers.empty) -> str:
        # REST framework takes spaces only for blank.
        return super().run_validation("" if isinstance(data, str) and is_invisible(_seen(data)) else data) or ""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = _seen(data)
        return super().to_internal_value(text if self._many_lines else _LINE_BREAKS.sub(" ", text))


class Email(Text, serializers.EmailField):
    """An e-mail address."""


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": 64}, {"type": "integer"}], "nullable": True})
class TableName(Text):
    """A table's number, as text or a JSON integer, or its id."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(str(data) if isinstance(data, int) and not isinstance(data, bool) else data)


class YesOrNo(serializers.BooleanField):
    """A JSON true or false; strings and numbers are refused."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class WholeNumber(serializers.IntegerField):
    """A JSON integer of at most 31 bits; strings, booleans and fractions are refused."""

    default_error_messages = {"too_large": "This number is too large."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        if abs(data) > _LARGEST:
            self.fail("too_large")
        return data


class Moment(serializers.DateTimeField):
    """A date and time with a UTC offset; without one it is refused as ambiguous."""

    default_error_messages = {"naive": "Include the UTC offset, as in 2026-05-01T18:30:00+01:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)
