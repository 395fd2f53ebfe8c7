"""A table's token in addresses. Import this before `TOKEN` is used in one."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class TokenConverter(StringConverter):
    """A table's token. What cannot be one is no address: nothing is counted or looked up for it."""

    regex = "[0-9A-Z]{1,32}"


register_converter(TokenConverter, "table_token")

TOKEN = "<table_token:token>"  # noqa: S105 - a part of an address
"""The part of an address that is the token."""
