"""Start a payment: hold what a guest wants to pay, so that nobody else pays it, and have the money taken."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction

from storekit.db import clock
from storekit.db.due_rows import due_now, enqueue_on_commit
from storekit.money import smallest_amount
from tables.bills.splitting import Amount, Choice, Claim, EqualShares, Everything, Items, SplitRefused, claim_for
from tables.models import Bill, PayAtTable, Payment, Table, Tips
from tables.payments.claims import claims_on, split_of
from tables.payments.leasing import ADVANCE, bump_version
from tables.payments.providers.registry import provider_name_for

HOLD = timedelta(minutes=2)
"""How long a guest has to enter and confirm a card. Then what they hold is free again."""


class PaymentRefused(Exception):
    """A payment cannot be started. `code` is for programs, the text for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class _Wish:
    """What a guest wants to pay, and by what."""

    choice: Choice
    shown: Decimal | None
    tip: Decimal
    method: str
    card: Mapping[str, Any]
    email: str
    language: str


def start_payment(
    *,
    table: Table,
    bill_id: UUID,
    choice: Choice,
    shown: Decimal | None = None,
    tip: Decimal = Decimal(0),
    method: str = Payment.Method.CARD,
    card: Mapping[str, Any] | None = None,
    email: str = "",
    language: str = "",
) -> Payment:
    """Hold what the guest chose for two minutes, and queue the first step.

    Args:
        table: where the guest is. Only its own bills can be paid.
        bill_id: the bill.
        choice: the part of it.
        shown: what the guest was shown for that part (`tables.payments.quoting`); None if nothing.
        tip: beside that part; no more than the whole bill, which catches `1000` for `10.00`.
        method: `card` or `gift_card`.
        card: what the provider's page gave for the card, or `{"code": …}` of a gift card. Encrypted until it was used.
        email: where the receipt goes; empty for none.
        language: of the receipt.

    Raises:
        PaymentRefused: with a code of `SplitRefused`, or `payments_off`, `gift_cards_off`, `unknown_bill`,
            `bill_closed`, `amount_mismatch`, `invalid_tip`.
    """
    settings = settings_for_paying(table)
    if method == Payment.Method.GIFT_CARD and not settings.gift_cards:
        raise PaymentRefused("gift_cards_off", "Gift cards are not taken here.")
    wish = _Wish(choice, shown, tip, method, card or {}, email, language)
    with transaction.atomic():
        bill = Bill.objects.select_for_update().filter(pk=bill_id, venue=table.venue_id).first()
        if bill is None or bill.table_number != table.number:
            raise PaymentRefused("unknown_bill", "This table does not have this bill any more.")
        payment = _hold(table, bill, settings, wish)
        bump_version(bill.pk)
        enqueue_on_commit(ADVANCE, str(payment.pk))
    return payment


def _hold(table: Table, bill: Bill, settings: PayAtTable, wish: _Wish) -> Payment:
    if bill.status != Bill.Status.OPEN:
        raise PaymentRefused("bill_closed", "This bill is paid.")
    try:
        claim = claim_for(split_of(bill, venue=table.venue, claims=claims_on(bill)), wish.choice)
    except SplitRefused as refused:
        raise PaymentRefused(refused.code, str(refused)) from refused
    if wish.shown is not None and wish.shown != claim.amount:
        raise PaymentRefused("amount_mismatch", "The bill has changed: that costs something else by now.")
    check_tip(wish.tip, settings, bill, table.venue.currency)
    now = clock.now()
    payment = Payment(
        venue=table.venue,
        bill=bill,
        table=table,
        method=wish.method,
        amount=claim.amount,
        tip=wish.tip,
        choice=_as_posted(wish.choice),
        parts=_parts(claim),
        share=str(claim.share) if claim.share else "",
        language=wish.language,
        email=wish.email,
        provider=provider_name_for(wish.method),
        provider_account=settings.provider_account,
        posted_card=json.dumps(dict(wish.card)) if wish.card else "",
        created_at=now,
        held_until=now + HOLD,
        next_attempt_at=due_now(),
    )
    payment.save(force_insert=True)
    return payment


def settings_for_paying(table: Table) -> PayAtTable:
    """Return the settings of the table's venue. Raises `PaymentRefused` unless its guests can pay by phone."""
    settings = PayAtTable.objects.filter(venue=table.venue_id, enabled=True, payments_enabled=True).first()
    if settings is None:
        raise PaymentRefused("payments_off", "Bills are paid with the staff here.")
    return settings


def asks_for_tip(settings: PayAtTable, bill: Bill) -> bool:
    """Return whether the guests of this bill are asked for a tip."""
    if settings.tips == Tips.OFF:
        return False
    return settings.tips_beside_service_charge or not bill.service_charge


def check_tip(tip: Decimal, settings: PayAtTable, bill: Bill, currency: str) -> None:
    """Raise `PaymentRefused` unless guests of this bill may give this tip, or none."""
    if not tip:
        return
    if not asks_for_tip(settings, bill):
        raise PaymentRefused("invalid_tip", "No tip is taken on this bill.")
    if not 0 < tip <= bill.total or tip % smallest_amount(currency):
        raise PaymentRefused("invalid_tip", "A tip is no more than the bill, and an amount that the till can charge.")


def _parts(claim: Claim) -> dict[str, dict[str, str]]:
    return {id: {"quantity": str(part.quantity), "amount": str(part.amount)} for id, part in claim.lines.items()}


def _as_posted(choice: Choice) -> dict[str, Any]:
    match choice:
        case Everything():
            return {"mode": "full"}
        case Items(quantities):
            return {"mode": "items", "lines": [{"line": id, "quantity": _text(n)} for id, n in quantities.items()]}
        case EqualShares(shares, of):
            return {"mode": "shares", "shares": shares, "of": of}
        case Amount(amount):
            return {"mode": "amount", "amount": str(amount)}


def _text(quantity: Fraction) -> str:
    return str(quantity)
