"""Ask the POS what the guest pays, where the till adds tax to the menu's prices or decides on it by the order.

Nothing is asked inside a transaction: pricing raises `TillTotalNeeded` there, and the caller asks and starts again.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.core.cache import cache

from integrations.connect.service import pos_for
from integrations.connect.venue_settings import settings_of
from integrations.pos import OrderType, PosError, TicketLine
from menus.versions import MenuBusy
from orders.checkout.pricing import PricedLine
from orders.injection.ticket import ticket_lines
from storekit.models import Venue

logger = logging.getLogger(__name__)

Found = TypeVar("Found")

_TRIES = 3
# Long enough that a basket and the order made of it cost the same, even if the POS could not answer.
_KEPT_FOR = 15 * 60
_NO_ANSWER = "none"


@dataclass(frozen=True)
class TillTotal:
    """The POS's answer: what it would charge for the lines of `key`; None if it could not say."""

    key: str
    items: Decimal | None


@dataclass(frozen=True)
class Question:
    """The lines of a basket as the POS would receive them."""

    key: str
    type: OrderType
    lines: tuple[TicketLine, ...]


class TillTotalNeeded(Exception):
    """The price depends on the POS, which has to be asked first."""

    def __init__(self, question: Question) -> None:
        super().__init__("The POS has to be asked what the items cost.")
        self.question = question


def question_about(*, venue: Venue, type: OrderType, lines: Sequence[PricedLine], menu_version: int) -> Question | None:
    """Return the question to the POS; None if the menu's prices are certain, or the POS cannot be asked.

    The POS cannot be asked about choices of choices, nor about prices that the order sets.
    """
    below = list(_every(lines))
    if not any(line.tax_at_till for line in below) or any(line.custom_price is not None for line in below):
        return None
    sent = tuple(part for line in lines for part in ticket_lines(line))
    if any(choice.choices for line in sent for choice in line.choices):
        return None
    words = repr((venue.pk, type.value, menu_version, [_words(line) for line in sent]))
    return Question(hashlib.sha256(words.encode()).hexdigest(), type, sent)


def with_till_total(*, venue: Venue, work: Callable[[TillTotal | None], Found]) -> Found:
    """Run the work, and again with the POS's answer if it raises `TillTotalNeeded`. Call it outside any transaction.

    Raises:
        MenuBusy: the menu changed each time.
    """
    answer: TillTotal | None = None
    for _ in range(_TRIES):
        try:
            return work(answer)
        except TillTotalNeeded as needed:
            answer = _ask(venue, needed.question)
    raise MenuBusy("The menu is being updated. Try again in a moment.")


def _ask(venue: Venue, question: Question) -> TillTotal:
    key = f"till-total:{question.key}"
    kept = cache.get(key)
    if kept is None:
        kept = _answer_of_the_pos(venue, question)
        cache.set(key, kept, _KEPT_FOR)
    return TillTotal(question.key, None if kept == _NO_ANSWER else Decimal(kept))


def _answer_of_the_pos(venue: Venue, question: Question) -> str:
    profile = settings_of(venue).profile_of(question.type)
    try:
        amount = pos_for(venue=venue, cached_token_only=True).amount_due(question.lines, profile)
    except PosError as error:
        logger.warning("The POS of %s could not say what a basket costs: %s", venue.slug, error.code)
        return _NO_ANSWER
    return str(amount) if amount >= 0 else _NO_ANSWER


def _every(lines: Iterable[PricedLine]) -> Iterator[PricedLine]:
    for line in lines:
        yield line
        yield from _every(line.choices)


def _words(line: TicketLine) -> tuple[str, int, list[tuple[str, int]]]:
    return line.sku, line.quantity, [(choice.sku, choice.quantity) for choice in line.choices]
