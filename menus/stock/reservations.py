"""Take an order's items off what is left, so that concurrent orders cannot sell more than the POS has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from menus.models import StockLevel
from menus.stock.levels import propagate_to_menu, reserve
from menus.versions import lock_menu, raise_version
from storekit.models import Venue


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


def take_stock(*, venue: Venue, quantities: Mapping[str, int], sent_at: datetime | None = None) -> None:
    """Take an order's items off what is left of them: all of them or none.

    Call this inside the transaction that stores the order. Items without a count cost one query for the whole order and
    no lock. Orders for counted items of one venue queue at the lock on the menu's row, which is the only lock, so they
    cannot deadlock. The menu's version goes up, because guests see how many are left. Nothing is given back when the
    order fails: the POS's next count corrects it (see `menus.stock.levels`).

    Args:
        venue: the venue that sells them.
        quantities: how many of each SKU, products and choices together; for a choice, how many are made in all.
        sent_at: when an order that is held back goes to the POS, which cannot count it earlier; None: now.

    Raises:
        SoldOut: some items run short; nothing is taken.
    """
    wanted = {sku: quantity for sku, quantity in quantities.items() if sku and quantity > 0}
    counted = StockLevel.objects.filter(venue=venue, restricted=True, sku__in=list(wanted))
    if not counted.exists():
        return
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        # Read the levels only now: the previous holder of the lock may have changed them.
        levels = list(counted.order_by("sku"))
        if short := [level for level in levels if (level.left or 0) < wanted[level.sku]]:
            raise SoldOut(tuple(Shortage(level.sku, wanted[level.sku], level.left or 0) for level in short))
        now = timezone.now()
        for level in levels:
            if not reserve(level=level, quantity=wanted[level.sku], now=now, sent_at=sent_at):
                raise SoldOut((Shortage(level.sku, wanted[level.sku], 0),))
        if propagate_to_menu(venue=venue, skus=[level.sku for level in levels]):
            raise_version(menu=menu)
