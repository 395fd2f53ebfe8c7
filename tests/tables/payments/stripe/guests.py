"""What tests of Stripe ask of the provider, and what a guest's browser does."""

import json
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tables.payments.providers.port import Charge, ProviderPayment
from tables.payments.providers.stripe import StripeProvider

provider = StripeProvider()


def charge(card: str | dict[str, str] = "", **more: Any) -> Charge:
    """A bill of 12.50 pounds, with a test card of Stripe's if one is named, or with what was posted as card."""
    posted = card if isinstance(card, dict) else {"payment_method": card} if card else {}
    parts: dict[str, Any] = {"payment_id": "p-1", "amount": Decimal("12.50"), "currency": "GBP", "card": posted}
    return Charge(**(parts | more))


def begin(card: str | dict[str, str] = "", *, key: str = "k-begin", **more: Any) -> ProviderPayment:
    return provider.begin(charge(card, **more), key=key)


def capture(payment: ProviderPayment, amount: str = "12.50", *, key: str = "k-c", account: str = "") -> ProviderPayment:
    return provider.capture(payment.reference, amount=Decimal(amount), key=key, account=account)


def refund(payment: ProviderPayment, amount: str, *, key: str = "k-refund", account: str = "") -> str:
    return provider.refund(payment.reference, amount=Decimal(amount), key=key, account=account)


def pay_on_the_page(client: dict[str, Any], url: str, **method: str) -> dict[str, Any]:
    """Do what Stripe.js does when the guest presses Pay; return the intent, or the error that the guest is shown."""
    secret = client["client_secret"]
    name = secret.partition("_secret_")[0]
    parameters = {"client_secret": secret, "return_url": "https://tables.example/t/token/", **method}
    headers = {"Authorization": f"Bearer {client['publishable_key']}"}
    if client["account"]:
        headers["Stripe-Account"] = client["account"]
    request = Request(f"{url}/v1/payment_intents/{name}/confirm", urlencode(parameters).encode(), headers)
    try:
        with urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        found = json.load(error)
    return found
