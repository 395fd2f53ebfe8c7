"""The providers by name. Each is imported when it is first used."""

from django.conf import settings
from django.utils.module_loading import import_string

from tables.models import Payment
from tables.payments.providers.port import PaymentProvider

PROVIDERS = {
    "sandbox": "tables.payments.providers.sandbox.SandboxProvider",
    "stripe": "tables.payments.providers.stripe.StripeProvider",
    "gift_card": "tables.payments.providers.gift_cards.GiftCardProvider",
}


def provider_named(name: str) -> PaymentProvider:
    """Return the provider of this name. Raises `KeyError` if there is none."""
    provider: PaymentProvider = import_string(PROVIDERS[name])()
    return provider


def provider_name_for(method: str) -> str:
    """Return the name of the provider that takes payments of this method now."""
    name: str = "gift_card" if method == Payment.Method.GIFT_CARD else settings.PAYMENT_PROVIDER
    return name
