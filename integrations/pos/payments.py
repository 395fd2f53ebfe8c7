"""Payments that are applied to a check."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

PAYMENT_REFERENCE_PREFIX = "pay-"
"""The references of all payments begin so, those of orders never: a POS may report a failure without saying of what."""


@dataclass(frozen=True)
class PaymentTicket:
    """A payment for a check. `reference` is the same on every attempt to deliver the same payment."""

    reference: str
    account: str
    """The check's identifier at present."""
    amount: Decimal
    """Without the tip."""
    tip: Decimal
    method: str
    """The code of the payment method at the POS."""
    deliver_within: timedelta
    """How long the POS may try before it gives up and reports a failure; a minute or more."""


class PaymentRefusal(StrEnum):
    """Why a till did not take a payment."""

    CHECK_NOT_FOUND = "check_not_found"
    """The check may have another identifier by now: look at the table again."""
    CHECK_CLOSED = "check_closed"
    """Likewise."""
    OVERPAID = "overpaid"
    UNKNOWN_METHOD = "unknown_method"
    TIMED_OUT = "timed_out"
    """No till took it in time."""
    NO_STAFF = "no_staff"
    OTHER = "other"


@dataclass(frozen=True)
class PaymentUpdate:
    """The till took a payment (`applied`), or did not. `sentence` explains a refusal to staff."""

    reference: str
    applied: bool
    account: str = ""
    refusal: PaymentRefusal | None = None
    sentence: str = ""
    reason: str = ""
    """The POS's own words."""
