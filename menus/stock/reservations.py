"""What can be ordered right now: the POS's word about items, and our own orders, which use them up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from integrations.pos import ItemUpdate
from menus.models import Menu, StockLevel
from menus.stock.levels import propagate_to_menu, record_updates, take_off
from menus.versions import raise_version
from storekit.models import Venue


@dataclass(frozen=True)
class Shortage:
    """An item of which more were wanted than are left."""

    sku: str
    wanted: int
    left: int


class SoldOut(Exception):
    """There is not enough left. `shortages` names every item that does not go round, by SKU."""

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        self.shortages = shortages
        super().__init__("; ".join(f"{one.sku}: {one.wanted} wanted, {one.left} left" for one in shortages))


def apply_item_update(venue: Venue, update: ItemUpdate) -> str:
    """Applies a notification about one item; returns what it changed in a few words.

    Products and choices with that SKU, and with them every deal that needs one of them, change together with the menu's
    version. What is not on the menu is remembered, for when it comes back.
    """
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        if not record_updates(venue=venue, words=[update]):
            return "older than what is known"
        changed = propagate_to_menu(venue=venue, skus=[update.sku])
        if not changed:
            return "no guest sees it"
        raise_version(menu=menu)
    if not update.restricted:
        return "available again"
    return "sold out" if update.left is None or update.left <= 0 else f"{update.left} left"


def take_stock(*, venue: Venue, quantities: Mapping[str, int], sent_at: datetime | None = None) -> None:
    """Takes an order's items off what is left of them; to be called inside the transaction that stores the order.

    All of them or none. Items that are not counted cost one query for the whole order and no lock. Orders for counted
    items of one venue wait for each other at the menu's row, which is the only lock, so that none of them can wait for
    ever. The menu's version goes up, because guests see how many are left. Nothing is given back when the order fails:
    the POS's word corrects it (see `menus.stock.levels`).

    Args:
        venue: who sells them.
        quantities: how many by SKU, products and choices together; each choice as often as it is made in all.
        sent_at: when an order that is held back goes to the POS, which cannot count it before; None: now.

    Raises:
        SoldOut: with every item that does not go round; nothing is taken then.
    """
    wanted = {sku: quantity for sku, quantity in quantities.items() if sku and quantity > 0}
    counted = StockLevel.objects.filter(venue=venue, restricted=True, sku__in=list(wanted))
    if not counted.exists():
        return
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        # Read again behind the lock: whoever had it has changed them.
        levels = list(counted.order_by("sku"))
        if short := [level for level in levels if (level.left or 0) < wanted[level.sku]]:
            raise SoldOut(tuple(Shortage(one.sku, wanted[one.sku], one.left or 0) for one in short))
        now = timezone.now()
        for level in levels:
            if not take_off(level=level, quantity=wanted[level.sku], now=now, sent_at=sent_at):
                raise SoldOut((Shortage(level.sku, wanted[level.sku], 0),))
        if propagate_to_menu(venue=venue, skus=[level.sku for level in levels]):
            raise_version(menu=menu)


def lock_menu(*, venue: Venue) -> Menu:
    """The venue's menu, behind the one lock that everybody takes who changes what can be ordered.

    To be called inside a transaction. Before the first sync there is none to lock, so it is made, empty: what the till
    says by then is kept one word after another as well, and not at the same time as that sync.
    """
    rows = Menu.objects.select_for_update().filter(venue=venue)
    menu = rows.first()
    if menu is None:
        Menu.objects.get_or_create(venue=venue)
        menu = rows.get()
    return menu
