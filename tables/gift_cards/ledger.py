"""The ledger of a gift card: the only code that changes a balance, always together with an entry that says why."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction

from storekit.money import LARGEST_AMOUNT
from tables.models import GiftCard, GiftCardEntry

_LONGEST_NOTE = 200


class NotEnoughBalance(Exception):
    """The card has less on it than is to be taken. `balance` is what it has."""

    def __init__(self, balance: Decimal) -> None:
        super().__init__("There is not enough on this gift card.")
        self.balance = balance


class TooMuch(ValueError):
    """No card can have so much on it."""


class KeyUsed(ValueError):
    """The key belongs to another change of this card."""


def lock(card_id: UUID) -> GiftCard:
    """Return the card's row, locked until the transaction ends, so that its entries are read and written in turn."""
    return GiftCard.objects.select_for_update().get(pk=card_id)


def book(
    *,
    card: GiftCard,
    kind: GiftCardEntry.Kind,
    amount: Decimal,
    key: str,
    payment_id: UUID | None = None,
    hold: GiftCardEntry | None = None,
    by: str = "",
    note: str = "",
) -> GiftCardEntry:
    """Change the balance of a locked card and write the entry; return the entry that this key wrote before, if it did.

    Args:
        card: from `lock`, in the same transaction.
        amount: what the balance changes by, below zero for what is taken.
        key: of the request; repeating it changes nothing.
        hold: the entry that held what this one captures, releases or refunds.

    Raises:
        NotEnoughBalance: the balance would fall below zero.
        TooMuch: the balance would be more than a column holds.
        KeyUsed: the key wrote an entry of another kind or amount.
    """
    with transaction.atomic():
        earlier = GiftCardEntry.objects.filter(card=card, key=key).first()
        if earlier is not None:
            if (earlier.kind, earlier.amount) != (kind, amount):
                raise KeyUsed("This key was used for another change of the card.")
            return earlier
        if amount:
            _change(card, amount)
        return GiftCardEntry.objects.create(
            card=card,
            kind=kind,
            amount=amount,
            key=key,
            payment_id=payment_id,
            hold=hold,
            by=by,
            note=note[:_LONGEST_NOTE],
        )


def _change(card: GiftCard, amount: Decimal) -> None:
    """Change the balance where it is still what was read, and enough.

    Not `F("balance") + amount`: SQLite reckons decimals in binary, so that 0.3 − 0.1 − 0.2 would not be zero.
    """
    before, after = card.balance, card.balance + amount
    if after < 0:
        raise NotEnoughBalance(before)
    if after > LARGEST_AMOUNT:
        raise TooMuch("No gift card can have so much on it.")
    unchanged = GiftCard.objects.filter(pk=card.pk, balance=before, balance__gte=-amount)
    if not unchanged.update(balance=after):
        raise RuntimeError("The balance of a gift card changed outside its lock.")
    card.balance = after
