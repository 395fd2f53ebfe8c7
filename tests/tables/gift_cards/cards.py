"""Gift cards, payments to pay with them, and what must hold of a card whatever was done."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from storekit.db import clock
from storekit.models import Venue
from tables.gift_cards.service import IssuedCard, issue
from tables.models import Bill, GiftCard, GiftCardEntry, Payment
from tables.payments.providers.port import Charge


def a_card(venue: Venue, amount: str = "50.00", *, expires_on: date | None = None) -> IssuedCard:
    return issue(venue=venue, amount=Decimal(amount), by="Anna", key=uuid.uuid4().hex, expires_on=expires_on)


def a_payment(venue: Venue, amount: str = "30.00", **columns: Any) -> Payment:
    bill = Bill.objects.create(venue=venue, account=f"A{uuid.uuid4().hex[:6]}.1", total=Decimal("100"), paid=Decimal(0))
    values: dict[str, Any] = {"method": Payment.Method.GIFT_CARD, "provider": "gift_card", "held_until": clock.now()}
    return Payment.objects.create(venue=venue, bill=bill, amount=Decimal(amount), **values | columns)


def charge(payment: Payment, code: str, amount: str = "") -> Charge:
    due = Decimal(amount) if amount else payment.amount
    return Charge(payment_id=str(payment.pk), amount=due, currency=payment.venue.currency, card={"code": code})


def balance_of(card: GiftCard) -> Decimal:
    """The card's balance, which its entries add up to."""
    card = GiftCard.objects.get(pk=card.pk)
    assert sum(GiftCardEntry.objects.filter(card=card).values_list("amount", flat=True), Decimal(0)) == card.balance
    return card.balance


def ledger_of(card: GiftCard) -> list[tuple[str, Decimal]]:
    return list(GiftCardEntry.objects.filter(card=card).values_list("kind", "amount"))
