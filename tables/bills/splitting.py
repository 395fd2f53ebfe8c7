"""The law of splitting a bill: what is due, and what a guest pays who takes a part of it. Pure.

All amounts are of one currency and leave tips out. What a guest is asked for is always a multiple of the least that a
till can charge (`storekit.money.smallest_amount`), never more than is due, and never what somebody else has paid or
holds. The guest who takes the last part pays what is left, so the parts always add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from storekit.money import ZERO, decimals_of, smallest_amount

WHOLE = Fraction(1)

_NOTHING = Fraction(0)
# Guests who split a bottle in three may write 0.333. What they leave over belongs to the last of them.
_CRUMB = Fraction(1, 200)
_MOST_SHARES = 100


class SplitRefused(Exception):
    """What a guest wants to pay cannot be paid. `code` is for programs, the text for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class BillLine:
    """A line that guests can choose. `total` is what the line costs, after its own discount and with its sub-lines."""

    id: str
    quantity: Fraction
    total: Decimal


@dataclass(frozen=True)
class LinePart:
    """A part of a line: how much of it, and what was asked for that part."""

    quantity: Fraction
    amount: Decimal


@dataclass(frozen=True)
class Claim:
    """What one guest has paid or holds. A payment that was released or given back is none."""

    amount: Decimal
    lines: Mapping[str, LinePart] = field(default_factory=dict)
    """The parts of lines that it pays for, by the line's id; empty if the guest chose no lines."""
    share: Fraction = _NOTHING
    """The part of an equal split that it pays for, such as 2/5; 0 if it was none."""
    on_till: bool = False
    """Whether the till counts it among its own payments already."""


@dataclass(frozen=True)
class SplitBill:
    """A bill as the till has it, and what guests have claimed of it."""

    currency: str
    total: Decimal
    """What the till asks for: discounts and service charge of the whole check included."""
    paid_on_till: Decimal = ZERO
    lines: Sequence[BillLine] = ()
    claims: Sequence[Claim] = ()


@dataclass(frozen=True)
class Everything:
    """A guest pays all that is due."""


@dataclass(frozen=True)
class Items:
    """A guest pays for quantities of lines, by the line's id."""

    quantities: Mapping[str, Fraction]


@dataclass(frozen=True)
class EqualShares:
    """A guest pays `shares` of `of` equal shares."""

    shares: int
    of: int


@dataclass(frozen=True)
class Amount:
    """A guest pays an amount of their own."""

    amount: Decimal


Choice = Everything | Items | EqualShares | Amount


def due(bill: SplitBill) -> Decimal:
    """Return what nobody has paid or holds yet, 0 or more.

    Rounded down to what a till can charge: a till refuses what is more than it waits for.
    """
    claimed = sum((claim.amount for claim in bill.claims if not claim.on_till), ZERO)
    open_amount = max(bill.total - bill.paid_on_till - claimed, ZERO)
    return _on_step(Fraction(open_amount), bill.currency, ROUND_FLOOR)


def claim_for(bill: SplitBill, choice: Choice) -> Claim:
    """Return what a guest who chooses this has to pay.

    Raises:
        SplitRefused: with the code `nothing_due`, `unknown_line`, `not_available` (somebody else has paid or holds that
            part), `invalid`, `more_than_due`, or `not_payable` (no till can charge that amount).
    """
    if not due(bill):
        raise SplitRefused("nothing_due", "Nothing is left to pay on this bill.")
    match choice:
        case Everything():
            return _everything(bill)
        case Items():
            return _items(bill, choice)
        case EqualShares():
            return _equal_shares(bill, choice)
        case Amount():
            return _amount(bill, choice)


def values(bill: SplitBill) -> dict[str, Decimal]:
    """Return what each line costs with its part of the discounts and the service charge of the whole check, by id.

    The parts are in proportion to the lines' totals and add up to the bill's total. A line below zero is a discount of
    the whole check and costs nothing itself. Without any line above zero, no line costs anything.
    """
    weights = {line.id: Fraction(max(line.total, ZERO)) for line in bill.lines}
    whole = sum(weights.values(), _NOTHING)
    if not whole:
        return dict.fromkeys(weights, ZERO)
    total, running, spent, found = max(bill.total, ZERO), _NOTHING, ZERO, {}
    for id, weight in weights.items():
        # Rounding the running total, not each line, loses nothing on the way.
        running += weight
        up_to_here = _on_step(Fraction(total) * running / whole, bill.currency)
        found[id], spent = up_to_here - spent, up_to_here
    return found


def remaining(bill: SplitBill) -> dict[str, LinePart]:
    """Return what is left of each line: the quantity nobody has paid or holds, and what it costs, by the line's id."""
    prices = values(bill)
    return {line.id: _remaining_of(line, prices[line.id], bill.claims) for line in bill.lines}


def share_taken(bill: SplitBill) -> Fraction:
    """Return which part of an equal split is taken, from 0 to below 1. Once all of it is, the split starts anew."""
    return sum((claim.share for claim in bill.claims), _NOTHING) % 1


def _remaining_of(line: BillLine, price: Decimal, claims: Sequence[Claim]) -> LinePart:
    taken = [claim.lines[line.id] for claim in claims if line.id in claim.lines]
    quantity = max(line.quantity - sum((part.quantity for part in taken), _NOTHING), _NOTHING)
    if quantity < _CRUMB * min(line.quantity, WHOLE):
        return LinePart(_NOTHING, ZERO)
    return LinePart(quantity, max(price - sum((part.amount for part in taken), ZERO), ZERO))


def _everything(bill: SplitBill) -> Claim:
    parts = {id: part for id, part in remaining(bill).items() if part.quantity}
    return Claim(due(bill), lines=_capped(parts, due(bill)))


def _items(bill: SplitBill, choice: Items) -> Claim:
    left = remaining(bill)
    if not choice.quantities:
        raise SplitRefused("invalid", "Choose what to pay for.")
    parts = {id: _part_of(left, id, quantity, bill.currency) for id, quantity in choice.quantities.items()}
    if all(id in parts and parts[id].quantity == part.quantity for id, part in left.items() if part.quantity):
        return _everything(bill)
    amount = min(sum((part.amount for part in parts.values()), ZERO), due(bill))
    if not amount:
        raise SplitRefused("nothing_due", "Nothing is left to pay for what you chose.")
    return Claim(amount, lines=_capped(parts, amount))


def _part_of(left: Mapping[str, LinePart], id: str, quantity: Fraction, currency: str) -> LinePart:
    if id not in left:
        raise SplitRefused("unknown_line", "The bill has no such line any more.")
    if quantity <= 0:
        raise SplitRefused("invalid", "Choose a quantity above zero.")
    part = left[id]
    missing = quantity - part.quantity
    crumb = _CRUMB * min(quantity, WHOLE)
    if missing > crumb or not part.quantity:
        raise SplitRefused("not_available", "Somebody else is paying for that, or has paid for it.")
    if abs(missing) <= crumb:
        return part
    return LinePart(quantity, _on_step(Fraction(part.amount) * quantity / part.quantity, currency))


def _capped(parts: Mapping[str, LinePart], amount: Decimal) -> dict[str, LinePart]:
    """Return the parts with amounts that add up to `amount` at most: the last ones cost less."""
    found = {}
    for id, part in parts.items():
        cost = min(part.amount, amount)
        amount -= cost
        found[id] = LinePart(part.quantity, cost)
    return found


def _equal_shares(bill: SplitBill, choice: EqualShares) -> Claim:
    if not 1 <= choice.shares <= choice.of <= _MOST_SHARES:
        raise SplitRefused("invalid", f"Choose from 1 up to all of at most {_MOST_SHARES} shares.")
    left = WHOLE - share_taken(bill)
    share = min(Fraction(choice.shares, choice.of), left)
    open_amount = due(bill)
    part = _on_step(Fraction(open_amount) * share / left, bill.currency)
    # Nobody is asked for nothing: with less left than there are shares, the first ones pay it.
    return Claim(min(max(part, smallest_amount(bill.currency)), open_amount), share=share)


def _amount(bill: SplitBill, choice: Amount) -> Claim:
    if choice.amount <= 0:
        raise SplitRefused("invalid", "Choose an amount above zero.")
    if choice.amount > due(bill):
        raise SplitRefused("more_than_due", "That is more than is left to pay.")
    if choice.amount % smallest_amount(bill.currency):
        raise SplitRefused("not_payable", "The till cannot charge that amount.")
    return Claim(choice.amount)


def _on_step(amount: Fraction, currency: str, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Return an amount of 0 or more as a multiple of the least that a till can charge."""
    step = Fraction(smallest_amount(currency))
    steps = amount / step if rounding == ROUND_FLOOR else amount / step + Fraction(1, 2)
    unit = Decimal(1).scaleb(-decimals_of(currency))
    return (Decimal(int(steps)) * smallest_amount(currency)).quantize(unit)
