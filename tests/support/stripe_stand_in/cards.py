"""Test payment methods. Source: "Testing" in Stripe's documentation (https://docs.stripe.com/testing)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BankCard:
    """A card of Stripe's for tests."""

    last4: str
    brand: str = "visa"
    code: str = ""
    """Why it is declined; empty if it pays."""
    decline_code: str = ""
    asks: bool = False
    """Whether the bank asks the guest first (3-D Secure)."""


def _declined(last4: str, decline_code: str, code: str = "card_declined", *, asks: bool = False) -> BankCard:
    return BankCard(last4, code=code, decline_code=decline_code, asks=asks)


CARDS = {
    "pm_card_visa": BankCard("4242"),
    "pm_card_mastercard": BankCard("4444", "mastercard"),
    "pm_card_amex": BankCard("8431", "amex"),
    "pm_card_chargeDeclined": _declined("0002", "generic_decline"),
    "pm_card_visa_chargeDeclined": _declined("0002", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _declined("9995", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": _declined("9987", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": _declined("9979", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": _declined("0069", "expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": _declined("0127", "incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": _declined("0119", "processing_error", "processing_error"),
    "pm_card_threeDSecure2Required": BankCard("3220", asks=True),
    "pm_card_threeDSecureRequiredChargeDeclined": _declined("1629", "generic_decline", asks=True),
}

MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}

AT_A_BANK = {"ideal": ("eur",), "bancontact": ("eur",), "twint": ("chf",)}
"""Methods that cannot be authorised, and their currencies. The guest always goes to the bank's page."""

MANUAL = ("card", "link", "paypal", "amazon_pay", "cashapp", "mobilepay", "revolut_pay", "satispay")
"""The methods for which `capture_method` may be manual."""

SWITCHED_ON = ("card", "link", *AT_A_BANK)
"""The methods that every account has switched on in its dashboard."""
