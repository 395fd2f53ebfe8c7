"""What a guest would pay: the amount of a part of the bill, and tips to choose from. Nothing is held or changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from storekit.money import round_money, smallest_amount
from tables.bills.splitting import Choice, LinePart, SplitRefused, claim_for, due, remaining
from tables.models import Bill, PayAtTable, Table, Tips
from tables.payments.claims import claims_on, split_of
from tables.payments.starting import PaymentRefused, asks_for_tip, check_tip, settings_for_paying


@dataclass(frozen=True)
class TipOffer:
    """A tip to choose. `percent` is of the guest's own part; None for an amount."""

    tip: Decimal
    percent: int | None = None


@dataclass(frozen=True)
class Quote:
    """What a guest would pay now. The tip is beside the amount."""

    amount: Decimal
    tip: Decimal
    due: Decimal
    """What is left of the whole bill."""
    asks_for_tip: bool
    tips: tuple[TipOffer, ...]
    lines: Mapping[str, LinePart]
    """What is left of each line, by its id."""


def quote(*, table: Table, bill_id: UUID, choice: Choice, tip: Decimal) -> Quote:
    """Return what a guest at this table would pay for this choice.

    Raises:
        PaymentRefused: as `tables.payments.starting.start_payment` does.
    """
    settings = settings_for_paying(table)
    bill = Bill.objects.filter(pk=bill_id, venue=table.venue_id, table_number=table.number).first()
    if bill is None:
        raise PaymentRefused("unknown_bill", "This table does not have this bill any more.")
    if bill.status != Bill.Status.OPEN:
        raise PaymentRefused("bill_closed", "This bill is paid.")
    split = split_of(bill, venue=table.venue, claims=claims_on(bill))
    try:
        amount = claim_for(split, choice).amount
    except SplitRefused as refused:
        raise PaymentRefused(refused.code, str(refused)) from refused
    check_tip(tip, settings, bill, table.venue.currency)
    is_asked = asks_for_tip(settings, bill)
    return Quote(
        amount=amount,
        tip=tip,
        due=due(split),
        asks_for_tip=is_asked,
        tips=_offers(settings, bill, amount, table.venue.currency) if is_asked else (),
        lines=remaining(split),
    )


def _offers(settings: PayAtTable, bill: Bill, amount: Decimal, currency: str) -> tuple[TipOffer, ...]:
    """Return the tips that the till can charge. Small is what the guest pays, whatever the whole table had."""
    if settings.tips == Tips.SMART and amount < settings.small_bill_below:
        offers = [TipOffer(round_money(Decimal(tip), currency)) for tip in settings.small_bill_tips]
    else:
        rates = settings.tip_percentages
        offers = [TipOffer(round_money(amount * rate / 100, currency), percent=rate) for rate in rates]
    return tuple(offer for offer in offers if smallest_amount(currency) <= offer.tip <= bill.total)
