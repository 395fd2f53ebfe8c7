"""The port to the companies that take guests' money, independent of each of them. Plain data, errors and one protocol.

Amounts are `Decimal` in the venue's currency, tips included. Keys name a request of ours and are derived from our row:
sending the same request with the same key again changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class ProviderError(Exception):
    """A call to a provider failed. `code` is for programs, the text for staff."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class ProviderUnreachable(ProviderError):
    """No answer, or one that says nothing: nobody knows whether it was done. Repeat it with the same key."""


class ProviderRefused(ProviderError):
    """The provider will not do it, now or later: repeating does not help."""


class Money(StrEnum):
    """Where a payment's money is."""

    NEEDS_GUEST = "needs_guest"
    """The guest has to enter a card or to confirm."""
    PROCESSING = "processing"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    CANCELLED = "cancelled"
    """Not charged, and cannot be any more."""
    DECLINED = "declined"
    """Not charged. The guest may try another card within the hold."""


@dataclass(frozen=True)
class Charge:
    """What is to be authorised."""

    payment_id: str
    amount: Decimal
    currency: str
    account: str = ""
    """The venue's account at the provider, where it has one of its own."""
    card: Mapping[str, Any] = field(default_factory=dict)
    """What the guest's page or the REST client posted as `card`, or `{"code": …}` of a gift card."""
    description: str = ""
    statement_descriptor: str = ""
    email: str = ""


@dataclass(frozen=True)
class ProviderPayment:
    """A payment as its provider has it."""

    reference: str
    money: Money
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    captures_first: bool = False
    """Its method cannot be authorised: it was captured at once."""
    code: str = ""
    """Why it was declined: `card_declined`, `insufficient_funds`, `expired_card`, `unknown_gift_card`, …"""
    card: str = ""
    """For the receipt, such as "Visa 4242"."""
    client: Mapping[str, Any] = field(default_factory=dict)
    """What the guest's page needs to go on; shown to the guest who pays, and to nobody else."""


class PaymentProvider(Protocol):
    """Takes money. Every call may raise `ProviderUnreachable` or `ProviderRefused`."""

    name: str

    def begin(self, charge: Charge, *, key: str) -> ProviderPayment:
        """Create the payment, and authorise it if the charge names a card. A decline is an answer, not an error."""

    def read(self, reference: str, *, account: str = "") -> ProviderPayment:
        """Return the payment as it is now."""

    def capture(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> ProviderPayment:
        """Take the authorised amount. Captured before: the same answer.

        Raises:
            ProviderRefused: the authorisation is gone, or was for less.
        """

    def cancel(self, reference: str, *, key: str, account: str = "") -> ProviderPayment:
        """Give up what is authorised, or may still become so. Returns the payment, captured if it is too late."""

    def refund(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> str:
        """Give back a part of what was captured, or all of it; return the refund's name at the provider.

        Raises:
            ProviderRefused: more than was captured, less what was given back before.
        """
