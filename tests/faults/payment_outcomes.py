"""What became of guests' payments, according to the till, to the provider and to storekit."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.faults.table_guests import TableGuests
from tests.support.sandbox import SandboxPos

Json = dict[str, Any]
_ENDED = {"captured", "released", "refunded"}


@dataclass
class PaymentOutcomes:
    """The payments by outcome. All lists below `not_charged` must be empty; each of their lines tells a payment."""

    paid: int = 0
    not_charged: int = 0
    wrong: list[str] = field(default_factory=list)
    """Charged and not on the till, on the till and not charged, or with another amount, and nobody was told."""
    told: list[str] = field(default_factory=list)
    """The same, but the venue has been told that a person has to look at it."""
    unfinished: list[str] = field(default_factory=list)
    """Not settled when the time was up: held, authorised or on its way."""
    lied_to: list[str] = field(default_factory=list)
    """Its guest was told that it was paid, or was not charged, and the opposite is true."""
    lost: list[str] = field(default_factory=list)
    """The guest's page was told that it was begun, and storekit does not know it."""
    authorised_for_ever: list[str] = field(default_factory=list)
    """At the provider: neither captured nor cancelled."""
    charged: Decimal = Decimal(0)
    """Captured less refunded, without tips."""
    applied: Decimal = Decimal(0)
    """On the till."""
    seconds: float = 0.0
    """From the end of the last condition until everything was settled, in real time."""
    refused: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            f"{self.paid} paid, {self.not_charged} not charged, {len(self.told)} told to staff, "
            f"{len(self.wrong)} wrong, {len(self.unfinished)} unfinished, {len(self.lied_to)} lied to, "
            f"{len(self.lost)} lost, "
            f"{len(self.authorised_for_ever)} authorised for ever; charged {self.charged}, applied {self.applied}"
        )


def payment_outcomes(
    rows: Sequence[Json], charges: Sequence[Json], guests: TableGuests, pos: SandboxPos
) -> PaymentOutcomes:
    """Sort every payment by its outcome, according to everybody.

    Args:
        rows: storekit's payments.
        charges: the provider's.
        guests: those who began them.
        pos: the till.
    """
    applied: dict[str, list[Json]] = defaultdict(list)
    for task in pos.state()["payments"]:
        if task["status"] == "applied":
            # The reference names the payment; what follows is its revision.
            applied[task["reference"].split("-")[1]].append(task["body"])
    at_provider = {charge["key"].split("-")[0]: charge for charge in charges}
    found = PaymentOutcomes(refused=guests.refused)
    known = {row["id"] for row in rows}
    found.lost = [id for id in guests.started if id not in known]
    for row in rows:
        name = row["id"].replace("-", "")
        _sort_in(found, row, applied[name], at_provider.get(name), guests.told.get(row["id"], ""))
    return found


def _sort_in(found: PaymentOutcomes, row: Json, entries: Sequence[Json], charge: Json | None, told: str) -> None:
    line = f"{row} at the provider: {charge}, on the till: {entries}, its guest was told: {told or 'nothing yet'}"
    net = Decimal(charge["captured"]) - Decimal(charge["refunded"]) if charge else Decimal(0)
    amount, tip = Decimal(row["amount"]), Decimal(row["tip"])
    on_the_till = sum((Decimal(str(entry["paymentAmount"])) for entry in entries), Decimal(0))
    found.charged += net - (tip if net else 0)
    found.applied += on_the_till
    is_paid = net == amount + tip and on_the_till == amount
    is_neither = not net and not entries
    if charge and charge["state"] in ("authorised", "processing", "needs_guest"):
        found.authorised_for_ever.append(line)
    if row["state"] not in _ENDED:
        found.unfinished.append(line)
    elif is_paid or is_neither:
        found.paid += is_paid
        found.not_charged += is_neither
        found.causes[row["error_code"]] += is_neither
    elif row["needs_staff"]:
        found.told.append(line)
    else:
        found.wrong.append(line)
    if (told == "succeeded" and not is_paid) or (told in ("failed", "refunded") and not is_neither):
        found.lied_to.append(line)
