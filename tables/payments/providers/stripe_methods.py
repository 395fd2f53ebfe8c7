"""How each payment method is taken through Stripe: authorised first and captured later, or captured at once.

The guest's page offers what is listed here, as far as the venue has it switched on in Stripe's dashboard and Stripe
finds it fit for currency, amount and device: that is `allowed_payment_method_types`, which silently leaves out what
does not fit, and excludes `automatic_payment_methods` (`payment_method_types` is gone since API version 2026-09-30).
A list of our own, as a method that Stripe adds one day must not be taken before somebody knows whether it can be
authorised, and how soon it answers.

Sources: which can be authorised are those for which the API has `payment_method_options[…][capture_method]=manual`,
and the list on "Place a hold on a payment method" (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
Which answer within seconds and can be refunded: the methods' own pages under https://docs.stripe.com/payments.

Left out: methods that answer after hours or days (direct debits such as sepa_debit and bacs_debit, bank transfers,
vouchers such as oxxo, boleto, konbini and multibanco), as the guest has left by then; those that cannot be refunded
through the API; and buying now to pay later, which a bill at a table is too small for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tables.payments.providers.port import ProviderRefused


@dataclass(frozen=True)
class Method:
    """A payment method as Stripe names it."""

    type: str
    name: str
    """For the receipt. A card's is its brand."""
    authorised_first: bool


_METHODS = (
    # Apple Pay, Google Pay and Samsung Pay on the web are cards, too.
    Method("card", "Card", authorised_first=True),
    Method("link", "Link", authorised_first=True),
    Method("paypal", "PayPal", authorised_first=True),
    Method("amazon_pay", "Amazon Pay", authorised_first=True),
    Method("cashapp", "Cash App Pay", authorised_first=True),
    Method("mobilepay", "MobilePay", authorised_first=True),
    Method("revolut_pay", "Revolut Pay", authorised_first=True),
    Method("satispay", "Satispay", authorised_first=True),
    Method("ideal", "iDEAL", authorised_first=False),
    Method("bancontact", "Bancontact", authorised_first=False),
    Method("eps", "EPS", authorised_first=False),
    Method("p24", "Przelewy24", authorised_first=False),
    Method("blik", "BLIK", authorised_first=False),
    Method("twint", "TWINT", authorised_first=False),
    Method("swish", "Swish", authorised_first=False),
    Method("alipay", "Alipay", authorised_first=False),
    Method("wechat_pay", "WeChat Pay", authorised_first=False),
    Method("grabpay", "GrabPay", authorised_first=False),
    Method("paynow", "PayNow", authorised_first=False),
)

METHODS = MappingProxyType({method.type: method for method in _METHODS})


def creation_parameters() -> dict[str, object]:
    """Return the parameters of a new PaymentIntent that say which methods it takes and how.

    It captures at once, except for the methods that can be authorised: each of them overrides it.
    """
    return {
        "allowed_payment_method_types": [method.type for method in _METHODS],
        "capture_method": "automatic",
        "payment_method_options": {
            method.type: {"capture_method": "manual"} for method in _METHODS if method.authorised_first
        },
    }


def card_parameters(card: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the parameters that confirm with what was posted as `card`; None if the guest has yet to enter one.

    Raises:
        ProviderRefused: if it names no payment method or confirmation token of Stripe's.
    """
    if not {"payment_method", "confirmation_token"} & card.keys():
        return None
    for name, prefix in (("payment_method", "pm_"), ("confirmation_token", "ctoken_")):
        token = card.get(name)
        if isinstance(token, str) and token.startswith(prefix) and token.isascii():
            return {name: token}
    raise ProviderRefused("This is no payment method of Stripe's.", code="invalid_card")
