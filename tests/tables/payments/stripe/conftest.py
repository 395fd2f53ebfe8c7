"""storekit with keys of Stripe's and a stand-in of its API, at the real time: both sign and compare by it."""

from collections.abc import Iterator

import pytest
import stripe
from pytest_django import Settings

from tests.support.stripe_stand_in import StandIn

SECRET = "whsec_of_our_own_account"
CONNECT_SECRET = "whsec_of_connected_accounts"


@pytest.fixture(autouse=True)
def clock() -> None:
    """No frozen clock, and no mocked HTTP, unlike the tests around."""


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = "stripe"
    settings.STRIPE_SECRET_KEY = "sk_test_stand_in"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_stand_in"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET, CONNECT_SECRET]


@pytest.fixture
def stand_in(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in of Stripe's, which the library calls; it repeats without a pause."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0)
    with StandIn.running() as made:
        settings.STRIPE_API_BASE = made.url
        yield made
