"""A table from the errors of Stripe's library to the port's, by what to do: repeat, or give up.

Source: "Error handling" (https://docs.stripe.com/error-handling) and "Idempotent requests"
(https://docs.stripe.com/api/idempotent_requests) in Stripe's documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tables.payments.providers.port import ProviderError, ProviderRefused, ProviderUnreachable

_LONGEST_CODE = 40
_LONGEST_MESSAGE = 300

# A guest whose card is reported as lost or stolen, or who is blocked, is told that it was declined and no more. Source:
# "Decline codes" (https://docs.stripe.com/declines/codes).
_UNSPOKEN = frozenset(
    {"fraudulent", "generic_decline", "lost_card", "merchant_blacklist", "pickup_card", "stolen_card"}
)


@dataclass(frozen=True)
class Rule:
    """One row: what an error of this class of Stripe's means."""

    error: str
    sentence: str
    code: str
    repeat: bool
    repeat_beginning: bool
    """The same for a payment that is only beginning: a guest waits, and nothing is at stake yet."""
    named: bool = False
    """Stripe's own code says why, and is better than ours."""


# The first matching row counts. A 409 means that a request with the same key is still being worked on, or that another
# one holds the intent: the library makes an `APIError` of it, whatever its type.
RULES = (
    Rule("CardError", "The card was declined.", "card_declined", False, False, named=True),
    Rule("IdempotencyError", "Stripe had this key before, for something else.", "key_reused", False, False),
    Rule("InvalidRequestError", "Stripe refused the request.", "refused", False, False, named=True),
    # A person can put the key right, and then the money is still there to be captured or given back.
    Rule("AuthenticationError", "Stripe does not accept storekit's key.", "not_set_up", True, False),
    Rule("PermissionError", "storekit's key may not use this Stripe account.", "not_set_up", True, False),
    Rule("RateLimitError", "Stripe takes no more requests at the moment.", "throttled", True, True),
    Rule("APIConnectionError", "Stripe does not answer.", "unreachable", True, True),
    Rule("StripeError", "Stripe has a problem.", "provider_error", True, True),
)


def port_error(error: Exception, *, beginning: bool = False) -> ProviderError:
    """Return the port's error for one of Stripe's.

    Args:
        error: any `stripe.StripeError`.
        beginning: whether the payment was being created, and nothing is lost if it is given up.
    """
    names = [kind.__name__ for kind in type(error).__mro__]
    rule = next(rule for rule in RULES if rule.error in names)
    if rule.repeat_beginning if beginning else rule.repeat:
        return ProviderUnreachable(rule.sentence, code=rule.code)
    # Stripe's own sentence says which parameter it was; it repeats no card number, and of keys only the ends.
    said = str(getattr(error, "user_message", None) or "")[:_LONGEST_MESSAGE]
    code = reason(body_of(error)) if rule.named else ""
    return ProviderRefused(f"{rule.sentence} {said}".strip(), code=code or rule.code)


def body_of(error: Exception) -> Mapping[str, Any]:
    """Return the `error` object of the answer; empty if it has none."""
    body = getattr(error, "json_body", None)
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def reason(error: Mapping[str, Any]) -> str:
    """Return why a payment failed, as far as guests may know: `insufficient_funds`, `expired_card`, `card_declined`, …

    Args:
        error: Stripe's error object, such as a PaymentIntent's `last_payment_error`.
    """
    declined = error.get("decline_code")
    code = declined if declined and declined not in _UNSPOKEN else error.get("code")
    return str(code or "")[:_LONGEST_CODE]


def was_replayed(error: Exception) -> bool:
    """Say whether this is an answer that Stripe keeps for the key: it would come again with it, for a day at least."""
    headers = getattr(error, "headers", None) or {}
    return str(headers.get("Idempotent-Replayed", "")).lower() == "true"
