"""Amounts of money for people, as they are written in the venue's country. Programs read `storekit.money.money_string`.

Babel has the forms, from Unicode CLDR. ISO 4217 decides what is charged, and CLDR what people write: no decimals for
Hungarian forint, for example, of which ISO has two. CLDR's count is used wherever it shows the whole amount.
"""

import copy
import re
from decimal import Decimal
from functools import cache
from typing import Protocol

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_precision

from storekit.money import ZERO, decimals_of, money_string

# Babel does not follow CLDR's rule that a blank separates a currency's letters from the digits: AED 5, but £5.
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
_ENGLISH = Locale("en")


class Place(Protocol):
    """Where an amount is charged: a venue, or what stands for one. `country` is an ISO 3166 code."""

    @property
    def currency(self) -> str: ...

    @property
    def country(self) -> str: ...


def format_money(amount: Decimal, venue: Place, *, locale: str = "") -> str:
    """Return an amount as people in the venue's country write it: `£8.00`, `8,00 €`, `CHF 8.05`, `￥800`.

    The blanks in it do not break. `locale` is a tag such as `de-AT` for readers of another language.
    """
    decimals = decimals_of(venue.currency)
    exact = Decimal(money_string(amount, venue.currency)) + ZERO
    usual = get_currency_precision(venue.currency)
    if exact == round(exact, usual):
        decimals = usual
    form = Locale.parse(locale, sep="-") if locale else _locale_of(venue.country)
    pattern = copy.copy(form.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    written = pattern.apply(exact, form, currency=venue.currency, currency_digits=False)
    return _LETTER_BEFORE_DIGIT.sub("\N{NO-BREAK SPACE}", written)


@cache
def _locale_of(country: str) -> Locale:
    """Return the form of the country's most common language, or English where that is written from right to left.

    The texts around an amount are English, and marks of direction would tear them apart.
    """
    for name in (f"und_{country}", f"en_{country}"):
        try:
            locale = Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
        if locale.text_direction == "ltr":
            return locale
    return _ENGLISH
