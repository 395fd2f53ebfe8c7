"""Amounts are rounded and written by their currency: its ISO 4217 decimals, and its cash step where tills use one."""

from decimal import Decimal

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekit.money import (
    MAX_DECIMALS,
    cash_step_of,
    decimals_of,
    is_currency,
    money_string,
    money_with_code,
    round_money,
    smallest_amount,
    smallest_cash,
)

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD", "CHF"])
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=6)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *[(code, 0) for code in ("JPY", "KRW", "VND", "ISK", "CLP", "XOF", "XPF", "UGX", "PYG", "RWF")],
        *[(code, 2) for code in ("GBP", "EUR", "USD", "CHF", "HUF", "CZK", "SEK", "IDR", "TWD", "AED")],
        *[(code, 3) for code in ("KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD")],
    ],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert is_currency(currency)
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize("code", ["XYZ", "gbp", "XAU", "XXX", "CLF", "UYW", "", "€"])
def test_codes_that_no_venue_can_have_are_no_currencies_and_keep_two_decimals(code: str) -> None:
    assert not is_currency(code)
    assert decimals_of(code) == 2


def test_money_columns_hold_every_currency_of_the_standard_but_two_units_of_account() -> None:
    too_fine = {each.code for each in iso4217.Currency if (each.exponent or 0) > MAX_DECIMALS}
    assert too_fine == {"CLF", "UYW"}


@pytest.mark.parametrize(
    ("currency", "coin"),
    [
        ("HUF", "5"),
        ("JPY", "1"),
        ("KWD", "0.005"),
        ("CHF", "0.05"),
        ("EUR", "0.05"),
        ("DKK", "0.50"),
        ("SEK", "1"),
        ("GBP", "0.01"),
        ("OMR", "0.001"),
        ("XYZ", "0.01"),
    ],
)
def test_guests_pay_cash_in_coins_that_are_in_use(currency: str, coin: str) -> None:
    assert smallest_cash(currency) == Decimal(coin)
    assert smallest_cash(currency) >= smallest_amount(currency)


def test_only_swiss_francs_are_charged_in_steps() -> None:
    assert cash_step_of("CHF") == Decimal("0.05")
    assert [code for code in ("GBP", "EUR", "CAD", "DKK", "SEK", "AUD", "JPY", "KWD") if cash_step_of(code)] == []


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "GBP", "1.01"),
        ("-1.005", "GBP", "-1.01"),
        ("1.0049", "GBP", "1.00"),
        ("0.5", "JPY", "1"),
        ("1200.4", "JPY", "1200"),
        ("1.0005", "KWD", "1.001"),
        ("1.025", "CHF", "1.05"),
        ("1.0249", "CHF", "1.00"),
        ("-0.025", "CHF", "-0.05"),
        ("4.43", "CHF", "4.45"),
        ("1.005", "XYZ", "1.01"),
    ],
)
def test_an_amount_is_rounded_as_the_till_rounds_it(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(Decimal(amount), currency)) == rounded


@given(AMOUNTS, CURRENCIES)
def test_a_rounded_amount_is_the_nearest_that_a_till_can_charge(amount: Decimal, currency: str) -> None:
    rounded, smallest = round_money(amount, currency), smallest_amount(currency)
    assert rounded % smallest == 0
    assert abs(rounded - amount) * 2 <= smallest
    assert round_money(rounded, currency) == rounded
    assert round_money(-amount, currency) == -rounded
    assert -rounded.as_tuple().exponent == decimals_of(currency)  # type: ignore[operator]  # a finite number


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("8", "GBP", "8.00"),
        ("8.000", "GBP", "8.00"),
        ("800.000", "JPY", "800"),
        ("8", "KWD", "8.000"),
        ("4.43", "CHF", "4.43"),
        ("-0.00", "GBP", "0.00"),
        ("1E+3", "JPY", "1000"),
        ("0.000", "KWD", "0.000"),
    ],
)
def test_an_amount_is_written_with_its_currencys_decimals(amount: str, currency: str, written: str) -> None:
    assert money_string(Decimal(amount), currency) == written
    assert money_with_code(Decimal(amount), currency) == f"{written} {currency}"
