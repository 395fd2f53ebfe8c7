"""Looking at a basket before anybody pays: priced and checked by the code that takes orders, and nothing is stored."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from integrations.connect.service import pos_for
from integrations.pos import PosError, Readiness, Restriction
from orders.checkout.pricing import Demand, PricedLine, Totals, short_of
from orders.checkout.problems import Problem
from orders.checkout.requests import Basket
from orders.checkout.validation import Checked, check
from storekit.models import Venue

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PosWord:
    """What the POS said. `ready` None: it could not say; `reason` is a sentence for people, empty when it is ready."""

    ready: bool | None
    reason: str
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True)
class BasketAnswer:
    """What the basket costs and all that is wrong with it; `pos` is None when the POS was not asked."""

    lines: tuple[PricedLine, ...]
    totals: Totals
    problems: tuple[Problem, ...]
    pos: PosWord | None


def check_basket(*, venue: Venue, basket: Basket, ask_pos: bool) -> BasketAnswer:
    """Prices the basket and says everything that would keep it from being ordered.

    With `ask_pos` the POS is asked too, for what is left of the items and whether it takes orders. To be called outside
    any transaction. A POS that cannot say is no problem: an order is taken then, and brought to the till later.

    Raises:
        MenuBusy: the menu was changing all the time that it was read.
    """
    now = timezone.now()
    checked = check(venue=venue, basket=basket, now=now)
    word = _ask(venue, checked.priced.demands) if ask_pos else None
    known = {(problem.code, problem.attr) for problem in checked.problems}
    more = _pos_problems(word, basket, checked, now) if word else ()
    return BasketAnswer(
        lines=checked.priced.lines,
        totals=checked.totals,
        problems=(*checked.problems, *(problem for problem in more if (problem.code, problem.attr) not in known)),
        pos=word,
    )


def _ask(venue: Venue, demands: tuple[Demand, ...]) -> PosWord:
    skus = sorted({demand.sku for demand in demands})
    try:
        pos = pos_for(venue=venue, in_a_hurry=True)
        readiness: Readiness = pos.readiness()
        restrictions = pos.availability_of(skus) if skus else ()
    except PosError as error:
        logger.warning("The POS of %s could not say whether it takes an order: %s", venue.slug, error.code)
        return PosWord(ready=None, reason=str(error))
    return PosWord(ready=readiness.ready, reason=readiness.reason, restrictions=restrictions)


def _pos_problems(word: PosWord, basket: Basket, checked: Checked, now: datetime) -> Iterator[Problem]:
    left = {one.sku: 0 if one.sold_out else one.left or 0 for one in word.restrictions}
    yield from short_of(demands=checked.priced.demands, left=left)
    if word.ready is False and _is_wanted_soon(basket, checked, now):
        yield Problem("pos_not_ready", word.reason or "The till takes no online orders at the moment.", "scheduled_for")


def _is_wanted_soon(basket: Basket, checked: Checked, now: datetime) -> bool:
    """Whether the kitchen would have to begin now. The till opens in the morning for what is wanted at noon."""
    kitchens_time = timedelta(minutes=checked.terms.settings.buffer_minutes)
    return basket.scheduled_for is None or basket.scheduled_for <= now + kitchens_time
