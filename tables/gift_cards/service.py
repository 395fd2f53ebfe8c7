"""What managers do with gift cards. Each change is an entry in the card's ledger, written once for each key."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from storekit.db import clock
from storekit.models import Venue
from storekit.money import ZERO, smallest_amount
from tables.gift_cards import codes, ledger
from tables.models import GiftCard, GiftCardEntry

_Kind = GiftCardEntry.Kind
_ISSUED = "issued"


class NotAnAmount(ValueError):
    """Nothing can be booked with this amount: it is not above zero, or not a multiple of the smallest coin."""


@dataclass(frozen=True)
class IssuedCard:
    """A card, and its code as it is printed. Nobody can find the code again later."""

    card: GiftCard
    code: str


def issue(
    *, venue: Venue, amount: Decimal, by: str, key: str, expires_on: date | None = None, note: str = ""
) -> IssuedCard:
    """Issue a gift card; return it with its code. The same key returns the card that it issued, as it is now.

    Raises:
        NotAnAmount, TooMuch: nothing was issued.
    """
    _check(amount, venue)
    new, *earlier = codes.codes_for(venue_id=venue.pk, key=key)
    for code in (new, *earlier):
        if card := _with_code(venue, code):
            return IssuedCard(card, codes.written(code))
    try:
        with transaction.atomic():
            card = GiftCard.objects.create(
                venue=venue,
                code_hash=codes.hashes_of(venue_id=venue.pk, code=new)[0],
                last_digits=new[-4:],
                expires_on=expires_on,
                note=note,
            )
            ledger.book(card=ledger.lock(card.pk), kind=_Kind.ISSUED, amount=amount, key=_ISSUED, by=by)
    except IntegrityError:
        # Another process has just issued it for the same form.
        return IssuedCard(GiftCard.objects.get(venue=venue, code_hash__in=_hashes(venue, new)), codes.written(new))
    card.refresh_from_db()
    return IssuedCard(card, codes.written(new))


def top_up(*, card: GiftCard, amount: Decimal, by: str, key: str, note: str = "") -> GiftCardEntry:
    """Add to the card's balance; return the entry. The same key adds once.

    Raises:
        NotAnAmount, TooMuch: nothing was added.
    """
    _check(amount, card.venue)
    return _book(card, _Kind.TOPPED_UP, amount, key, by, note)


def correct(*, card: GiftCard, amount: Decimal, reason: str, by: str, key: str) -> GiftCardEntry:
    """Change the balance by an amount, below zero to take something off; return the entry. The same key changes once.

    Raises:
        NotAnAmount: it is zero, or not a multiple of the smallest coin.
        NotEnoughBalance, TooMuch: nothing was changed.
    """
    _check(abs(amount), card.venue)
    return _book(card, _Kind.CORRECTED, amount, key, by, reason)


def block(*, card: GiftCard, by: str, key: str, reason: str = "") -> GiftCard:
    """Block the card: nothing can be paid with it until it is unblocked. What payments hold already can be captured."""
    return _mark(card, _Kind.BLOCKED, key, by, reason)


def unblock(*, card: GiftCard, by: str, key: str, reason: str = "") -> GiftCard:
    """Let guests pay with the card again."""
    return _mark(card, _Kind.UNBLOCKED, key, by, reason)


def set_expiry(*, card: GiftCard, expires_on: date | None, by: str, key: str) -> GiftCard:
    """Set the last day on which the card can be used, or none."""
    with transaction.atomic():
        locked = ledger.lock(card.pk)
        if locked.expires_on != expires_on and not _is_booked(locked, key):
            until = f"{expires_on:%-d %B %Y}" if expires_on else "without end"
            ledger.book(card=locked, kind=_Kind.EXTENDED, amount=ZERO, key=key, by=by, note=f"Valid until: {until}")
            locked.expires_on = expires_on
            locked.save(update_fields=["expires_on"])
    return locked


def _mark(card: GiftCard, kind: GiftCardEntry.Kind, key: str, by: str, reason: str) -> GiftCard:
    with transaction.atomic():
        locked = ledger.lock(card.pk)
        blocks = kind == _Kind.BLOCKED
        if blocks != bool(locked.blocked_at) and not _is_booked(locked, key):
            ledger.book(card=locked, kind=kind, amount=ZERO, key=key, by=by, note=reason)
            locked.blocked_at = clock.now() if blocks else None
            locked.save(update_fields=["blocked_at"])
    return locked


def _book(card: GiftCard, kind: GiftCardEntry.Kind, amount: Decimal, key: str, by: str, note: str) -> GiftCardEntry:
    with transaction.atomic():
        return ledger.book(card=ledger.lock(card.pk), kind=kind, amount=amount, key=key, by=by, note=note)


def _is_booked(card: GiftCard, key: str) -> bool:
    return GiftCardEntry.objects.filter(card=card, key=key).exists()


def _check(amount: Decimal, venue: Venue) -> None:
    if amount <= 0 or amount % smallest_amount(venue.currency):
        raise NotAnAmount(f"Enter an amount above zero, in steps of {smallest_amount(venue.currency)}.")


def _with_code(venue: Venue, code: str) -> GiftCard | None:
    return GiftCard.objects.filter(venue=venue, code_hash__in=_hashes(venue, code)).first()


def _hashes(venue: Venue, code: str) -> list[str]:
    return codes.hashes_of(venue_id=venue.pk, code=code)
