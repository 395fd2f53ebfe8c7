"""storekit with keys of Stripe's, at the real time: the library and the stand-in sign and compare by it."""

import pytest
from pytest_django import Settings

SECRET = "whsec_of_our_own_account"
CONNECT_SECRET = "whsec_of_connected_accounts"


@pytest.fixture(autouse=True)
def clock() -> None:
    """No frozen clock, and no mocked HTTP, unlike the tests around."""


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = "stripe"
    settings.STRIPE_SECRET_KEY = "sk_test_storekit"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_storekit"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET, CONNECT_SECRET]
