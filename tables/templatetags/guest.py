"""Amounts and quantities in the templates of guests' pages, written in the page's `locale`."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django import template

from storekit.money.words import format_money

register = template.Library()


@register.simple_tag(takes_context=True)
def money(context: dict[str, Any], amount: str | Decimal) -> str:
    """Return an amount in the currency of the template's `venue`."""
    return format_money(Decimal(amount), context["venue"], locale=context["locale"])


@register.simple_tag(takes_context=True)
def quantity(context: dict[str, Any], number: str) -> str:
    """Return `2 ×`, or nothing for one."""
    if number == "1":
        return ""
    return f"{format_decimal(Decimal(number), locale=context['locale'].replace('-', '_'))} ×"
