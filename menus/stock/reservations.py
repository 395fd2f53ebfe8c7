"""Take an order's items off what is left, so that concurrent orders cannot sell more than the POS has.

An order takes its items in one of two ways. If it is sent to the POS at once they are `taken` until the POS has
counted them. If it waits for its payment or its time they are on hold: the caller keeps what `take_stock` returned, and
hands it to `send_held` when the order is sent, or to `release_held` when it never will be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from menus.models import StockLevel
from menus.stock.levels import propagate_to_menu
from menus.versions import lock_menu, raise_version
from storekit.db import clock
from storekit.models import Venue

_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Shortage:
    """An item of which an order wants more than are left."""

    sku: str
    wanted: int
    left: int


class SoldOut(Exception):
    """Not enough is left for the order. `shortages` lists every item that runs short, sorted by SKU."""

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        self.shortages = shortages
        super().__init__("; ".join(f"{one.sku}: {one.wanted} wanted, {one.left} left" for one in shortages))


def take_stock(
    *, venue: Venue, quantities: Mapping[str, int], on_hold: bool = False, held: Mapping[str, int] = _NOTHING
) -> dict[str, int]:
    """Take an order's items off what is left of them, all of them or none; return how many of each counted SKU.

    Call this inside the transaction that stores the order. Items without a count cost one query for the whole order and
    no lock. Orders for counted items of one venue queue at the lock on the menu's row, which is the only lock, so they
    cannot deadlock. The menu's version goes up, because guests see how many are left.

    Args:
        venue: the venue that sells them.
        quantities: how many of each SKU, products and choices together; for a choice, how many are made in all.
        on_hold: the order is not sent to the POS yet, which cannot count it before that.
        held: what the order has held so far, as returned before; it is exchanged for what is taken now.

    Raises:
        SoldOut: some items run short; nothing is taken, and what was held stays so.
    """
    wanted = {sku: quantity for sku, quantity in quantities.items() if sku and quantity > 0}
    counted = StockLevel.objects.filter(venue=venue, restricted=True, sku__in=list(wanted))
    if not held and not counted.exists():
        return {}
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        # Read the levels only now: the previous holder of the lock may have changed them.
        levels = list(counted.order_by("sku"))
        left = {level.sku: _left(level, besides=held.get(level.sku, 0)) for level in levels}
        if short := [sku for sku in left if left[sku] < wanted[sku]]:
            raise SoldOut(tuple(Shortage(sku, wanted[sku], left[sku]) for sku in short))
        taken = {sku: wanted[sku] for sku in left}
        _move(venue, from_hold=held, to_hold=taken if on_hold else {}, to_pos={} if on_hold else taken)
        if propagate_to_menu(venue=venue, skus={*taken, *held}):
            raise_version(menu=menu)
    return taken


def send_held(*, venue: Venue, held: Mapping[str, int]) -> None:
    """Record that the order that holds these items is being sent to the POS, which will count them.

    What is left stays the same. Call this once, inside the transaction that claims the order.
    """
    with transaction.atomic():
        lock_menu(venue=venue)
        _move(venue, from_hold=held, to_pos=held)


def release_held(*, venue: Venue, held: Mapping[str, int]) -> None:
    """Give back the items that an order holds; guests can have them at once.

    Call this once, inside the transaction that ends the order.
    """
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        _move(venue, from_hold=held)
        if propagate_to_menu(venue=venue, skus=held.keys()):
            raise_version(menu=menu)


def _left(level: StockLevel, *, besides: int) -> int:
    """Return how many are left of a restricted item, besides those that the order itself holds."""
    return 0 if level.count is None else max(level.count - level.taken - level.held + besides, 0)


def _move(
    venue: Venue,
    *,
    from_hold: Mapping[str, int] = _NOTHING,
    to_hold: Mapping[str, int] = _NOTHING,
    to_pos: Mapping[str, int] = _NOTHING,
) -> None:
    """Change how many of each SKU are on hold and on their way to the POS. The caller holds the menu's lock."""
    now = clock.now()
    for sku in sorted({*from_hold, *to_hold, *to_pos}):
        change = to_hold.get(sku, 0) - from_hold.get(sku, 0)
        columns: dict[str, Any] = {"held": Greatest(F("held") + change, 0)} if change else {}
        if sent := to_pos.get(sku, 0):
            columns |= {"taken": F("taken") + sent, "taken_at": now}
        if columns:
            StockLevel.objects.filter(venue=venue, sku=sku).update(**columns)
