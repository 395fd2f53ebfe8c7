"""Judge again, when it is paid, whether an order that was placed before can still be made.

Its prices and its discount are what the guest agreed to and stay as they are. Opening hours, order types, tables, the
menu and what is left of it are those of now.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from integrations.pos import OrderType
from menus import catalogue as menu_catalogue
from menus.stock.reservations import SoldOut, take_stock
from orders.checkout.pricing import Demand, PricedLine, shortage_problems, unavailable_problem
from orders.checkout.problems import Problem
from orders.checkout.rules import closed_problem, is_same_service
from orders.checkout.venue_settings import OrderingSettings, not_ordering_problem
from orders.models import Order


class NoLongerPossible(Exception):
    """The order cannot be made any more. `code` is stable: `not_ready`, `pos_not_ready`,
    `closed` or `unavailable`; `detail` is a sentence."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.code = problems[0].code
        self.detail = " ".join(problem.detail for problem in problems)
        super().__init__(self.code)


def take_again(
    *, order: Order, lines: Sequence[PricedLine], settings: OrderingSettings, held_until: datetime | None, now: datetime
) -> dict[str, int]:
    """Take the items of an order that is being paid, as placing it did; return what it holds until it is sent.

    Call this in the transaction that records the payment. What the order has held so far counts as left for it.

    Args:
        order: with its venue loaded.
        lines: the order's lines.
        settings: the venue's, of now.
        held_until: when the order goes to the POS; None: at once.
        now: an aware time.

    Raises:
        NoLongerPossible: the venue cannot take orders now or is closed then, or items or the table are gone; nothing
            has changed.
        MenuBusy: the menu changed every time it was read.
    """
    zone, rules = order.venue.zone, settings.rules
    if closed := not_ordering_problem(settings=settings, scheduled_for=order.scheduled_for, now=now):
        raise NoLongerPossible([closed])
    wanted_at = max(order.scheduled_for or now, now)
    if closed := closed_problem(rules=rules, type=Order.Type(order.type), wanted_at=wanted_at, zone=zone):
        raise NoLongerPossible([closed])
    if gone := [*_gone_from_the_menu(order, lines, wanted_at), *_gone_table(order)]:
        raise NoLongerPossible(gone)
    takes_stock = is_same_service(rules=rules, first=now, second=held_until or now, zone=zone)
    demands = list(_demands(lines)) if takes_stock else []
    quantities: Counter[str] = Counter()
    for demand in demands:
        quantities[demand.sku] += demand.quantity
    on_hold, held = held_until is not None, order.held_stock or {}
    try:
        taken = take_stock(venue=order.venue, quantities=quantities, on_hold=on_hold, held=held)
    except SoldOut as error:
        left = {shortage.sku: shortage.left for shortage in error.shortages}
        raise NoLongerPossible(list(shortage_problems(demands=demands, left=left))) from error
    return taken if on_hold else {}


def _gone_from_the_menu(order: Order, lines: Sequence[PricedLine], wanted_at: datetime) -> Iterator[Problem]:
    """Yield a problem for each entry that is snoozed or not on the menu any more. Stock is judged when it is taken."""
    catalogue = menu_catalogue.load(
        venue=order.venue,
        type=OrderType(order.type),
        ids={line.menu_id for line in lines},
        choices={choice.menu_id for line in lines for choice in _below(line)},
        wanted_at=wanted_at,
        counts_stock=False,
    )
    choices = {choice.id: choice for group in catalogue.groups.values() for choice in group.modifiers}
    named: set[UUID] = set()
    for index, line in enumerate(lines):
        for one in (line, *_below(line)):
            entry = catalogue.products.get(one.menu_id) or choices.get(one.menu_id)
            if one.menu_id not in named and (entry is None or not entry.available):
                named.add(one.menu_id)
                yield unavailable_problem(one.name, attr=f"items.{index}")


def _gone_table(order: Order) -> Iterator[Problem]:
    if order.table is not None and order.table.archived_at is not None:
        yield Problem("unavailable", f"Table {order.table_number} is not available any more.", "table")


def _below(line: PricedLine) -> Iterator[PricedLine]:
    for choice in line.choices:
        yield choice
        yield from _below(choice)


def _demands(lines: Iterable[PricedLine], *, times: int = 1) -> Iterator[Demand]:
    for index, line in enumerate(lines):
        if line.sku:
            yield Demand(attr=f"items.{index}", sku=line.sku, name=line.name, quantity=times * line.quantity)
        yield from _demands(line.choices, times=times * line.quantity)
