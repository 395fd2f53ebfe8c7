"""Stripe's webhook events: whether one is Stripe's, and which payment it is about.

Source: "Receive Stripe events in your webhook endpoint" (https://docs.stripe.com/webhooks).
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stripe import SignatureVerificationError, Webhook

TOLERANCE = 300
"""Seconds that a signature may be old, or lie ahead. Stripe signs anew whenever it repeats an event."""

EVENTS = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
)
"""The events to subscribe to: those after which a payment may have a next step. Others are answered and ignored."""


class BadSignature(Exception):
    """Not signed by Stripe with one of our secrets, or not lately."""


@dataclass(frozen=True)
class Event:
    """An event that Stripe signed. Its content may be old by now, so only the names in it are used."""

    id: str
    type: str
    intent: str
    """Empty if it is about something else."""
    account: str
    """The connected account; empty for the platform's own."""


def signed_event(body: bytes, signature: str, *, secrets: Iterable[str]) -> Event:
    """Return the event of a request to the webhook.

    Args:
        body: as it came.
        signature: the header `Stripe-Signature`.
        secrets: those of our webhooks at Stripe. One of them has to fit.

    Raises:
        BadSignature: none does, or it is old, or from the future.
    """
    # The library compares only ASCII.
    if not signature.isascii() or _moment(signature) > time.time() + TOLERANCE:
        raise BadSignature
    for secret in secrets:
        try:
            return _event(Webhook.construct_event(body, signature, secret, tolerance=TOLERANCE).to_dict())
        except SignatureVerificationError:
            continue
        except ValueError as error:
            # No UTF-8, or no JSON.
            raise BadSignature from error
    raise BadSignature


def _moment(signature: str) -> float:
    """Return when it was signed, as the library reads it: it does not mind the future. 0 if it cannot be read."""
    moments = [value for name, _, value in (part.partition("=") for part in signature.split(",")) if name == "t"]
    try:
        return int(moments[0])
    except (IndexError, ValueError):
        return 0


def _event(event: dict[str, Any]) -> Event:
    about = (event.get("data") or {}).get("object") or {}
    return Event(
        id=str(event.get("id", "")),
        type=str(event.get("type", "")),
        intent=str(about.get("id", "")) if about.get("object") == "payment_intent" else "",
        account=str(event.get("account") or ""),
    )
