"""Ask the POS what the guest pays, where the till adds tax to the menu's prices or decides on it by the order.

Nothing is asked inside a transaction: pricing raises `TillTotalNeeded` there, and the caller asks and starts again.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from django.core.cache import cache

from integrations.connect.service import pos_for
from integrations.connect.venue_settings import settings_of
from integrations.connect.waiting_places import waiting_place
from integrations.pos import OrderType, PosDown, PosError, Throttled, TicketLine, Unreachable
from menus.versions import MenuBusy
from orders.checkout.pricing import PricedLine
from orders.checkout.shares import ZERO
from orders.injection.ticket import ticket_lines
from storekit.db import clock
from storekit.models import Venue

logger = logging.getLogger(__name__)

Found = TypeVar("Found")

_TRIES = 3
# Long enough that a basket and the order made of it cost the same, even if the POS could not answer.
_KEPT_FOR = 15 * 60
_NO_ANSWER = "none"
# A POS that does not answer is not asked about the next baskets for so many seconds: each would hold a web thread.
_SPARED_FOR = 15
_LAST_CALL_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class TillTotal:
    """The POS's answer: what it would charge for the lines of `key`; None if it could not say."""

    key: str
    items: Decimal | None


@dataclass(frozen=True)
class Question:
    """The lines of a basket as the POS would receive them, as far as it can be asked about them.

    `reckoned` is our own total of the rest, which the till adds to its answer.
    """

    key: str
    type: OrderType
    lines: tuple[TicketLine, ...]
    reckoned: Decimal


class TillTotalNeeded(Exception):
    """The price depends on the POS, which has to be asked first."""

    def __init__(self, question: Question) -> None:
        super().__init__("The POS has to be asked what the items cost.")
        self.question = question


def question_about(*, venue: Venue, type: OrderType, lines: Sequence[PricedLine]) -> Question | None:
    """Return the question to the POS; None if the prices of everything that it can be asked about are certain.

    Lightspeed's tax preview takes one level of choices and no prices. Choices of choices, and items whose price staff
    set, are therefore left out of the question: the till charges each by a line of its own, so our reckoning of them is
    added to the answer.
    """
    asked = [line for line in lines if line.custom_price is None]
    if not any(part.tax_at_till for part in _parts_asked_about(asked)):
        return None
    sent = tuple(_askable(part) for line in asked for part in ticket_lines(line))
    # With the menu's prices, so that a new price is a new question. The menu's version would not do: a snooze changes
    # it too, and the order would then cost something else than its basket.
    words = repr((venue.pk, type.value, [_words(line) for line in sent], [str(line.total) for line in asked]))
    reckoned = sum((_reckoned(line) for line in lines), ZERO)
    return Question(hashlib.sha256(words.encode()).hexdigest(), type, sent, reckoned)


def with_till_total(*, venue: Venue, work: Callable[[TillTotal | None], Found]) -> Found:
    """Run the work, and again with the POS's answer if it raises `TillTotalNeeded`. Call it outside any transaction.

    Raises:
        MenuBusy: the menu changed each time.
        NoPlace: too many threads are waiting for a POS.
    """
    answer: TillTotal | None = None
    for _ in range(_TRIES):
        try:
            return work(answer)
        except TillTotalNeeded as needed:
            answer = _ask(venue, needed.question)
    raise MenuBusy("The menu is being updated. Try again in a moment.")


def _ask(venue: Venue, question: Question) -> TillTotal:
    profile = settings_of(venue).profile_of(question.type)
    key = f"till-total:{question.key}:{profile}"
    kept = cache.get(key)
    if kept is None:
        kept = _answer_of_the_pos(venue, question, profile)
        cache.set(key, kept, _KEPT_FOR)
    return TillTotal(question.key, None if kept == _NO_ANSWER else Decimal(kept))


def _answer_of_the_pos(venue: Venue, question: Question, profile: str) -> str:
    spared = f"till-total-spared:{venue.pk}"
    if cache.get(spared):
        return _NO_ANSWER
    try:
        with waiting_place():
            start_by = clock.now() + _LAST_CALL_AFTER
            pos = pos_for(venue=venue, cached_token_only=True, start_by=start_by)
            amount = pos.amount_due(question.lines, profile)
    except PosError as error:
        logger.warning("The POS of %s could not say what a basket costs: %s", venue.slug, error.code)
        if isinstance(error, Unreachable | PosDown | Throttled):
            cache.set(spared, True, _SPARED_FOR)
        return _NO_ANSWER
    return str(amount) if amount >= 0 else _NO_ANSWER


def _parts_asked_about(lines: Iterable[PricedLine]) -> Iterator[PricedLine]:
    for line in lines:
        yield line
        yield from (choice for choice in line.choices if choice.custom_price is None)


def _askable(line: TicketLine) -> TicketLine:
    """Return the line without those of its parts that the POS cannot be asked about."""
    return replace(
        line, choices=tuple(replace(choice, choices=()) for choice in line.choices if choice.unit_price is None)
    )


def _reckoned(line: PricedLine) -> Decimal:
    """Return our total of those parts of the line that the POS cannot be asked about."""
    if line.custom_price is not None:
        return line.total
    return line.quantity * sum(
        (
            choice.quantity * sum((below.total for below in choice.choices), ZERO)
            if choice.custom_price is None
            else choice.total
            for choice in line.choices
        ),
        ZERO,
    )


def _words(line: TicketLine) -> tuple[str, int, list[tuple[str, int]]]:
    return line.sku, line.quantity, [(choice.sku, choice.quantity) for choice in line.choices]
