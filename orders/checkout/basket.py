"""Check a basket before the guest pays: priced and validated exactly as an order would be, but not stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from orders.checkout.pos_report import PosReport, ask_the_pos
from orders.checkout.pricing import PricedLine, Totals, shortage_problems
from orders.checkout.problems import Problem
from orders.checkout.requests import Basket
from orders.checkout.till_total import with_till_total
from orders.checkout.validation import BasketValidation, validate_basket
from orders.checkout.venue_settings import is_wanted_soon
from storekit.db import clock
from storekit.models import Venue


@dataclass(frozen=True)
class BasketAnswer:
    """The price of a basket and every problem with it; `pos` is None when the POS was not asked."""

    lines: tuple[PricedLine, ...]
    totals: Totals
    problems: tuple[Problem, ...]
    pos: PosReport | None


def check_basket(*, venue: Venue, basket: Basket, ask_pos: bool) -> BasketAnswer:
    """Price the basket and find everything that would stop it from being ordered.

    With `ask_pos`, also ask the POS which items are left and whether it is taking orders, unless it said so within the
    past seconds. Call it outside any transaction. A POS that cannot answer is not a problem: the order would be taken,
    and sent to the till later.

    Raises:
        MenuBusy: the menu changed every time it was read.
        NoPlace: the price depends on the POS, and too many threads are waiting for a POS.
    """
    now = clock.now()
    validation = with_till_total(
        venue=venue, work=lambda total: validate_basket(venue=venue, basket=basket, now=now, till_total=total)
    )
    skus = sorted({demand.sku for demand in validation.priced.demands})
    report = ask_the_pos(venue=venue, skus=skus) if ask_pos else None
    known = {(problem.code, problem.attr) for problem in validation.problems}
    from_pos = _pos_problems(report, basket, validation, now) if report else ()
    return BasketAnswer(
        lines=validation.priced.lines,
        totals=validation.totals,
        problems=(
            *validation.problems,
            *(problem for problem in from_pos if (problem.code, problem.attr) not in known),
        ),
        pos=report,
    )


def _pos_problems(report: PosReport, basket: Basket, validation: BasketValidation, now: datetime) -> Iterator[Problem]:
    left = {one.sku: 0 if one.sold_out else one.left or 0 for one in report.restrictions}
    if validation.takes_stock:
        yield from shortage_problems(demands=validation.priced.demands, left=left)
    soon = is_wanted_soon(settings=validation.settings, scheduled_for=basket.scheduled_for, now=now)
    if report.ready is False and soon:
        reason = report.reason or "The till is not taking online orders at the moment."
        yield Problem("pos_not_ready", reason, "scheduled_for")
