"""Amounts shown to people are written as in the venue's country, and never hide a part of what is charged."""

from decimal import Decimal

import iso4217
import phonenumbers
import pytest
from babel.numbers import get_currency_precision

from storekit.models import Venue
from storekit.money import is_currency
from storekit.money.words import format_money

AMOUNT = Decimal("12345.5")


def written(amount: Decimal | str, currency: str, country: str) -> str:
    """Return the amount with plain blanks, where the real ones do not break."""
    text = format_money(Decimal(amount), Venue(country=country, currency=currency))
    assert " " not in text
    return " ".join(text.split())


# The countries of Lightspeed K-Series, and others whose currency or writing is of another kind.
@pytest.mark.parametrize(
    ("country", "currency", "positive", "negative"),
    [
        ("GB", "GBP", "£12,345.50", "-£12,345.50"),
        ("IE", "EUR", "€12,345.50", "-€12,345.50"),
        ("FR", "EUR", "12 345,50 €", "-12 345,50 €"),
        ("MC", "EUR", "12 345,50 €", "-12 345,50 €"),
        ("BE", "EUR", "€ 12.345,50", "€ -12.345,50"),
        ("NL", "EUR", "€ 12.345,50", "€ -12.345,50"),
        ("LU", "EUR", "12.345,50 €", "-12.345,50 €"),
        ("DE", "EUR", "12.345,50 €", "-12.345,50 €"),
        ("AT", "EUR", "€ 12.345,50", "-€ 12.345,50"),
        ("CH", "CHF", "CHF 12'345.50", "CHF-12'345.50"),
        ("ES", "EUR", "12.345,50 €", "-12.345,50 €"),
        ("IT", "EUR", "12.345,50 €", "-12.345,50 €"),
        ("PT", "EUR", "12 345,50 €", "-12 345,50 €"),
        ("US", "USD", "$12,345.50", "-$12,345.50"),
        ("CA", "CAD", "$12,345.50", "-$12,345.50"),
        ("AU", "AUD", "$12,345.50", "-$12,345.50"),
        ("NZ", "NZD", "$12,345.50", "-$12,345.50"),
        ("SE", "SEK", "12 345,50 kr", "-12 345,50 kr"),
        ("DK", "DKK", "12.345,50 kr.", "-12.345,50 kr."),
        ("ZA", "ZAR", "R 12 345,50", "-R 12 345,50"),
        ("AE", "AED", "AED 12,345.50", "-AED 12,345.50"),
        ("KW", "KWD", "KWD 12,345.500", "-KWD 12,345.500"),
    ],
)
def test_an_amount_is_written_as_in_the_venues_country(
    country: str, currency: str, positive: str, negative: str
) -> None:
    assert written(AMOUNT, currency, country).replace("\N{MINUS SIGN}", "-") == positive
    assert written(-AMOUNT, currency, country).replace("\N{MINUS SIGN}", "-") == negative


@pytest.mark.parametrize(
    ("country", "currency", "amount", "shown"),
    [
        ("JP", "JPY", "1200.000", "￥1,200"),
        ("VN", "VND", "25000000", "25.000.000 ₫"),
        ("KW", "KWD", "1.25", "KWD 1.250"),
        ("CH", "CHF", "4.05", "CHF 4.05"),
        ("GB", "GBP", "-0.000", "£0.00"),
        ("GB", "EUR", "8", "€8.00"),
        ("ZZ", "GBP", "8", "£8.00"),
        ("TA", "GBP", "8", "£8.00"),
        ("GB", "XYZ", "8", "XYZ 8.00"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(country: str, currency: str, amount: str, shown: str) -> None:
    assert written(amount, currency, country) == shown


@pytest.mark.parametrize(
    ("country", "currency", "amount", "shown"),
    [
        ("HU", "HUF", "1234.00", "1 234 Ft"),
        ("HU", "HUF", "1234.50", "1 234,50 Ft"),
        ("ID", "IDR", "150000.00", "Rp 150.000"),
        ("IQ", "IQD", "1500.250", "IQD 1,500.250"),
    ],
)
def test_decimals_that_nobody_writes_there_are_shown_only_if_they_are_charged(
    country: str, currency: str, amount: str, shown: str
) -> None:
    """ISO 4217 has two decimals for forint and rupiah and three for Iraqi dinars, CLDR none."""
    assert written(amount, currency, country) == shown


def test_no_currency_has_decimals_that_iso_4217_lacks() -> None:
    for each in (each for each in iso4217.Currency if is_currency(each.code)):
        assert get_currency_precision(each.code) <= (each.exponent or 0), each.code


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_country_has_every_digit_and_no_marks_of_direction(country: str) -> None:
    shown = written("1234.56", "GBP", country)
    assert "".join(character for character in shown if character.isdigit()) == "123456"
    assert not set(shown) & {"\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}", "\N{ARABIC LETTER MARK}"}
