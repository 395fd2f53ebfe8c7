"""A PaymentIntent as Stripe sends it → `ProviderPayment`.

Source: "How PaymentIntents work" (https://docs.stripe.com/payments/paymentintents/lifecycle) and the API reference of
PaymentIntents and charges, at the version that the library is pinned to.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from tables.payments.providers.port import Money, ProviderPayment, ProviderUnreachable
from tables.payments.providers.stripe_amounts import from_stripe
from tables.payments.providers.stripe_errors import reason
from tables.payments.providers.stripe_methods import METHODS

_LONGEST_CARD = 40

_MONEY = {
    # Also after a card was declined on the guest's page, which `code` says: it lets the guest enter another one.
    "requires_payment_method": Money.NEEDS_GUEST,
    "requires_confirmation": Money.NEEDS_GUEST,
    "requires_action": Money.NEEDS_GUEST,
    "processing": Money.PROCESSING,
    "requires_capture": Money.AUTHORISED,
    "succeeded": Money.CAPTURED,
    "canceled": Money.CANCELLED,
}
_GUEST_GOES_ON = (Money.NEEDS_GUEST, Money.PROCESSING)

_BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}

Intent = Mapping[str, Any]


def payment_of(intent: Intent, *, account: str) -> ProviderPayment:
    """Return the payment of a PaymentIntent, with `latest_charge` expanded where money has moved.

    Raises:
        ProviderUnreachable: its status is one that we do not know, so it says nothing.
    """
    money = _money(intent)
    charge = _charge(intent)
    return ProviderPayment(
        reference=intent["id"],
        money=money,
        captured=from_stripe(intent.get("amount_received") or 0, intent["currency"]),
        # What was authorised and not captured is not in it, since version 2025-03-31 of the API.
        refunded=from_stripe(charge.get("amount_refunded") or 0, intent["currency"]),
        captures_first=money is Money.CAPTURED and not _is_captured_by_us(intent, charge),
        code=_code(intent, money),
        card=_card(charge),
        client=_client(intent, account=account) if money in _GUEST_GOES_ON else {},
    )


def _money(intent: Intent) -> Money:
    money = _MONEY.get(intent["status"])
    if money is None:
        raise ProviderUnreachable(f"Stripe says {intent['status']!r}, which is not known here.", code="unknown_status")
    return money


def _code(intent: Intent, money: Money) -> str:
    if money not in (Money.NEEDS_GUEST, Money.CANCELLED):
        return ""
    return reason(intent.get("last_payment_error") or {}) or str(intent.get("cancellation_reason") or "")


def _charge(intent: Intent) -> Mapping[str, Any]:
    """Return the charge that has or holds the money; empty if there is none, or it was not sent along."""
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, dict) and charge.get("status") != "failed" else {}


def _is_captured_by_us(intent: Intent, charge: Mapping[str, Any]) -> bool:
    method = (charge.get("payment_method_details") or {}).get("type", "")
    options = (intent.get("payment_method_options") or {}).get(method) or {}
    return "manual" in (options.get("capture_method"), intent.get("capture_method"))


def _card(charge: Mapping[str, Any]) -> str:
    details = charge.get("payment_method_details") or {}
    method = METHODS.get(details.get("type", ""))
    card = details.get("card") or {}
    if card.get("last4"):
        brand = str(card.get("brand") or "")
        return f"{_BRANDS.get(brand, 'Card')} {card['last4']}"[:_LONGEST_CARD]
    return method.name if method else ""


def _client(intent: Intent, *, account: str) -> dict[str, str]:
    return {
        "type": "stripe",
        "client_secret": intent["client_secret"],
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "account": account,
    }
