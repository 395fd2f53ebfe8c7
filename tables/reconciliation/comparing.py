"""Compare what guests paid with what the till has, payment by payment. Pure: no database, no POS.

Amounts are of the bill, without tips: that is what a till's list of payments holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from storekit.money import ZERO


class Cause(StrEnum):
    """Why a payment and the till disagree."""

    NOT_ON_TILL = "not_on_till"
    NOT_CAPTURED = "not_captured"
    OTHER_AMOUNT = "other_amount"
    TWICE = "twice"
    REFUNDED = "refunded"
    CANNOT_BE_CHECKED = "cannot_be_checked"


@dataclass(frozen=True)
class GuestPayment:
    """A payment as storekit has it.

    `captured`: the guest was charged. `refunded`: what staff gave back, of the captured amount. `at_work`: storekit is
    still dealing with it, so that the till may be a step ahead. `till_is_known`: the till's payments of its bill are
    known to the last one, so that a payment that is not among them is not on the till.
    """

    id: str
    amount: Decimal
    captured: bool
    refunded: Decimal = ZERO
    at_work: bool = False
    till_is_known: bool = True


@dataclass(frozen=True)
class TillPayment:
    """A payment that the till lists under a reference of ours; `payment` is the id of the payment that had it."""

    reference: str
    amount: Decimal
    payment: str | None


@dataclass(frozen=True)
class Mismatch:
    """A difference: what the guest was charged, and what the till has; None if that is unknown.

    `payment` is None for a reference that no payment had, `reference` empty for a payment that the till does not have.
    """

    cause: Cause
    payment: str | None
    reference: str
    captured: Decimal
    till: Decimal | None


def compare(payments: Iterable[GuestPayment], till: Iterable[TillPayment]) -> list[Mismatch]:
    """Return every difference, by payment, and then what the till has of payments that there are not.

    Payments that were neither charged nor taken by the till are no difference.
    """
    entries: dict[str, list[TillPayment]] = defaultdict(list)
    unknown = []
    for entry in till:
        if entry.payment is None:
            unknown.append(entry)
        else:
            entries[entry.payment].append(entry)
    found = [_of(payment, entries) for payment in payments]
    strangers = [Mismatch(Cause.NOT_CAPTURED, None, entry.reference, ZERO, entry.amount) for entry in unknown]
    return [one for one in found if one is not None] + strangers


def _of(payment: GuestPayment, entries: Mapping[str, list[TillPayment]]) -> Mismatch | None:
    own = entries.get(payment.id, [])
    kept = max(ZERO, payment.amount - payment.refunded) if payment.captured else ZERO
    cause = _cause(payment, own)
    if cause is None:
        return None
    unknown = cause is Cause.CANNOT_BE_CHECKED
    till = None if unknown else sum((entry.amount for entry in own), ZERO)
    return Mismatch(cause, payment.id, own[0].reference if own else "", kept, till)


def _cause(payment: GuestPayment, own: list[TillPayment]) -> Cause | None:
    if len(own) > 1:
        return Cause.TWICE
    if not own:
        # What was given back in full is right to be on no till.
        if not payment.captured or payment.at_work or payment.refunded >= payment.amount:
            return None
        return Cause.NOT_ON_TILL if payment.till_is_known else Cause.CANNOT_BE_CHECKED
    if not payment.captured:
        return None if payment.at_work else Cause.NOT_CAPTURED
    if own[0].amount != payment.amount:
        return Cause.OTHER_AMOUNT
    return Cause.REFUNDED if payment.refunded else None
