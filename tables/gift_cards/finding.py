"""Find a gift card by the code that a guest typed, and say whether it can be used now."""

from datetime import date

from storekit.db import clock
from storekit.local_time.service_days import opening_hours_of, service_day
from storekit.models import Venue
from tables.gift_cards import codes
from tables.models import GiftCard


class NotUsable(Exception):
    """Nothing can be paid with this code. `code` says why to programs, `card` is the card if there is one."""

    code = "unknown_gift_card"

    def __init__(self, message: str, card: GiftCard | None = None) -> None:
        super().__init__(message)
        self.card = card


class UnknownGiftCard(NotUsable):
    """The venue has no card with this code."""


class MistypedGiftCard(NotUsable):
    """No card can have this code: it has a typing mistake."""

    code = "mistyped_gift_card"


class GiftCardBlocked(NotUsable):
    """Staff have blocked the card."""

    code = "gift_card_blocked"


class GiftCardExpired(NotUsable):
    """The card's last day is over."""

    code = "gift_card_expired"


def usable_card(*, venue: Venue, typed: str) -> GiftCard:
    """Return the venue's card with this code, if it can be used now.

    Raises:
        NotUsable: its subclass says why.
    """
    card = find_card(venue=venue, typed=typed)
    if card.blocked_at is not None:
        raise GiftCardBlocked("This gift card is blocked.", card)
    if has_expired(card=card, venue=venue):
        raise GiftCardExpired(f"This gift card expired on {card.expires_on:%-d %B %Y}.", card)
    return card


def find_card(*, venue: Venue, typed: str) -> GiftCard:
    """Return the venue's card with this code, blocked and expired ones too.

    Raises:
        MistypedGiftCard, UnknownGiftCard: there is none.
    """
    try:
        code = codes.read_code(typed)
    except codes.MistypedCode as error:
        raise MistypedGiftCard(str(error)) from None
    present, *earlier = codes.hashes_of(venue_id=venue.pk, code=code)
    card = GiftCard.objects.filter(venue=venue, code_hash__in=[present, *earlier]).first()
    if card is None:
        raise UnknownGiftCard("No gift card of this venue has this code.")
    if card.code_hash != present:
        GiftCard.objects.filter(pk=card.pk, code_hash=card.code_hash).update(code_hash=present)
        card.code_hash = present
    return card


def has_expired(*, card: GiftCard, venue: Venue) -> bool:
    """Return whether the card's last day is over. It ends with the venue's service, which may be after midnight."""
    if card.expires_on is None:
        return False
    # Only on the night after its last day do the venue's hours decide, which take a query.
    days = (clock.now().astimezone(venue.zone).date() - card.expires_on).days
    return days > 1 or (days == 1 and _today(venue) > card.expires_on)


def _today(venue: Venue) -> date:
    return service_day(moment=clock.now(), zone=venue.zone, hours=opening_hours_of(venue=venue))
