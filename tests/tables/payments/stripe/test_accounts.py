"""Venues with Stripe accounts of their own: their money, and nobody else's."""

from decimal import Decimal

import pytest

from tables.payments.providers.port import Money, ProviderRefused
from tests.support.stripe_stand_in import StandIn
from tests.tables.payments.stripe.guests import begin, capture, pay_on_the_page, provider, refund

COPPER, BLUE = "acct_copper", "acct_blue"


@pytest.fixture(autouse=True)
def two_accounts(stand_in: StandIn) -> None:
    stand_in.connect(COPPER)
    stand_in.connect(BLUE)


def test_a_venues_payments_are_made_on_its_own_account(stand_in: StandIn) -> None:
    payment = begin(account=COPPER)
    assert payment.client["account"] == COPPER
    pay_on_the_page(dict(payment.client), stand_in.url, payment_method="pm_card_visa")
    assert provider.read(payment.reference, account=COPPER).money is Money.AUTHORISED
    assert capture(payment, account=COPPER).captured == Decimal("12.50")
    assert refund(payment, "12.50", account=COPPER)

    assert len(stand_in.intents(COPPER)) == len(stand_in.refunds(COPPER)) == 1
    assert stand_in.intents() == stand_in.intents(BLUE) == []
    assert {call.account for call in stand_in.calls} == {COPPER}


@pytest.mark.parametrize("account", ["", BLUE])
def test_an_account_does_not_see_the_payments_of_another(stand_in: StandIn, account: str) -> None:
    payment = begin("pm_card_visa", account=COPPER)
    for attempt in (
        lambda: provider.read(payment.reference, account=account),
        lambda: capture(payment, account=account),
        lambda: provider.cancel(payment.reference, key="k", account=account),
        lambda: refund(payment, "1.00", account=account),
    ):
        with pytest.raises(ProviderRefused) as refused:
            attempt()
        assert refused.value.code == "resource_missing"
    assert stand_in.intent(payment.reference, COPPER)["status"] == "requires_capture"


def test_the_same_key_on_two_accounts_makes_two_payments(stand_in: StandIn) -> None:
    begin(account=COPPER, key="k")
    begin(account=BLUE, key="k")
    assert len(stand_in.intents(COPPER)) == len(stand_in.intents(BLUE)) == 1


def test_an_account_that_is_not_connected_takes_nothing() -> None:
    with pytest.raises(ProviderRefused) as refused:
        begin(account="acct_gone")
    assert refused.value.code == "not_set_up"
