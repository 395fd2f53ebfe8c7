"""Amounts in Stripe's units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekit.money import decimals_of
from tables.payments.providers.port import ProviderRefused
from tables.payments.providers.stripe_amounts import from_stripe, to_stripe

CURRENCIES = ("GBP", "EUR", "CHF", "JPY", "KWD", "ISK", "UGX", "MGA", "HUF", "TWD")


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.50", "GBP", 1250),
        ("0.05", "CHF", 5),
        ("800", "JPY", 800),
        ("8.010", "KWD", 8010),
        # Without decimals by ISO 4217, but counted in hundredths by Stripe.
        ("800", "ISK", 80000),
        ("5000", "UGX", 500000),
        # The other way round.
        ("400.00", "MGA", 400),
        # Whole forint and dollars are for payouts only.
        ("800.50", "HUF", 80050),
        ("8.50", "TWD", 850),
    ],
)
def test_amounts_are_whole_numbers_as_stripe_counts_them(amount: str, currency: str, units: int) -> None:
    assert to_stripe(Decimal(amount), currency) == units
    assert from_stripe(units, currency.lower()) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12.505", "GBP"), ("8.5", "JPY"), ("8.005", "KWD"), ("8.5", "ISK"), ("8.5", "MGA"), ("0.01", "UGX")],
)
def test_an_amount_that_stripe_cannot_charge_exactly_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ProviderRefused) as refused:
        to_stripe(Decimal(amount), currency)
    assert refused.value.code == "amount_not_payable"


@given(currency=st.sampled_from(CURRENCIES), units=st.integers(1, 99_999_999))
def test_an_amount_is_never_changed_on_its_way(currency: str, units: int) -> None:
    amount = Decimal(units).scaleb(-decimals_of(currency))
    try:
        sent = to_stripe(amount, currency)
    except ProviderRefused:
        return
    assert from_stripe(sent, currency) == amount
