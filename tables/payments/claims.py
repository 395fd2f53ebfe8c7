"""What guests have paid of a bill or hold, as the law of splitting counts it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from integrations.connect.venue_settings import settings_of
from storekit.db import clock
from storekit.models import Venue
from tables.bills.splitting import BillLine, Claim, LinePart, SplitBill, due, remaining
from tables.models import Bill, Payment
from tables.payments.till.references import payment_of

Json = dict[str, Any]


def claiming_payments(bills: Iterable[Bill]) -> dict[UUID, list[Payment]]:
    """Return the payments that hold or have paid a part of each bill, by the bill's id, oldest first. One query."""
    found: dict[UUID, list[Payment]] = defaultdict(list)
    rows = Payment.objects.claiming(clock.now()).filter(bill__in=[bill.pk for bill in bills])
    for payment in rows.order_by("created_at", "pk"):
        found[payment.bill_id].append(payment)
    return found


def claims_on(bill: Bill) -> list[Claim]:
    """Return what guests have paid of the bill or hold. Lock the bill first if that decides anything."""
    return [claim_of(payment, bill) for payment in claiming_payments([bill])[bill.pk]]


def claim_of(payment: Payment, bill: Bill) -> Claim:
    """Return the payment as a claim on its bill."""
    return Claim(
        amount=payment.amount,
        lines={id: LinePart(Fraction(part["quantity"]), Decimal(part["amount"])) for id, part in payment.parts.items()},
        share=Fraction(payment.share or 0),
        on_till=is_on_till(payment, bill),
    )


def is_on_till(payment: Payment, bill: Bill) -> bool:
    """Return whether the till lists the payment, in any revision, among those of the bill."""
    return any(payment_of(reference=row["reference"]) == payment.pk for row in bill.payments)


def split_of(bill: Bill, *, venue: Venue, claims: Sequence[Claim], hides_free: bool | None = None) -> SplitBill:
    """Return the bill and what guests claim of it, for the law of splitting.

    `hides_free` says whether guests see lines that cost nothing; None reads the venue's settings. What they do not see
    is no part that they can pay for, and none that is missing when they pay for all the others.
    """
    if hides_free is None:
        hides_free = settings_of(venue).ignore_free_items
    shown = [line for line in bill.lines if not (hides_free and is_free(line))]
    lines = [BillLine(line["id"], Fraction(line["quantity"]), total_of(line)) for line in shown]
    return SplitBill(venue.currency, bill.total, paid_on_till=bill.paid, lines=lines, claims=claims)


def is_free(line: Json) -> bool:
    """Return whether a line of a bill costs nothing, and nothing below it does."""
    return not Decimal(line["total"]) and all(is_free(below) for below in line["sub_lines"])


def total_of(line: Json) -> Decimal:
    """Return what a line of a bill costs with its sub-lines."""
    return Decimal(line["total"]) + sum((total_of(below) for below in line["sub_lines"]), Decimal(0))


def still_fits(payment: Payment, bill: Bill) -> bool:
    """Return whether the till can take the payment beside what others claim. Lock the bill first."""
    others = [each for each in claiming_payments([bill])[bill.pk] if each.pk != payment.pk]
    split = split_of(bill, venue=payment.venue, claims=[claim_of(each, bill) for each in others])
    return payment.amount <= due(split) and not _is_taken(payment, split)


def _is_taken(payment: Payment, split: SplitBill) -> bool:
    """Return whether somebody else claims of a line what this payment pays for, as after its hold ran out."""
    claimed = {id for claim in split.claims for id in claim.lines}
    left = remaining(split)
    own = {id: Fraction(part["quantity"]) for id, part in payment.parts.items() if id in claimed & left.keys()}
    return any(quantity > left[id].quantity for id, quantity in own.items())
