"""Items with an open price: the POS has none, so they cannot be ordered until staff set one here."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from django.db import transaction

from menus.models import Menu, Modifier, Product
from menus.pricing import OPEN
from menus.versions import raise_version
from storekit.models import Venue

_MOST_NAMED = 20


class PriceFromPos(Exception):
    """The POS has a price. `str(error)` is a sentence for venue staff."""


def has_open_price(entry: Product | Modifier) -> bool:
    """Return whether the POS lets an order set the entry's price and has none itself."""
    return bool(entry.custom_price) and not entry.price


def set_staff_price(*, entry: Product | Modifier, price: Decimal | None) -> None:
    """Set what guests pay for an entry with an open price; None takes it off the menu again. Syncs keep it.

    Args:
        entry: the product or choice.
        price: above zero, also for what the till takes off; without tax if the till adds it.

    Raises:
        PriceFromPos: the POS has a price for it.
    """
    if not has_open_price(entry):
        raise PriceFromPos("The price comes from the POS. Change it there and sync the menu.")
    venue_id = entry.venue_id if isinstance(entry, Product) else entry.group.venue_id
    with transaction.atomic():
        menu = Menu.objects.select_for_update().filter(venue=venue_id).first()
        entry.staff_price = price
        entry.save(update_fields=["staff_price"])
        if menu is not None:
            raise_version(menu=menu)


def open_price_warnings(*, venue: Venue, besides: Collection[str] = ()) -> Iterator[str]:
    """Yield a sentence for staff about each entry of the menu, `besides` some SKUs, that has no price to sell it at."""
    products = Product.objects.filter(OPEN, venue=venue, archived_at=None).exclude(sku__in=besides)
    choices = Modifier.objects.filter(OPEN, group__venue=venue, archived_at=None).values_list("name", "sku")
    found = list(dict.fromkeys([*products.order_by("sku").values_list("name", "sku"), *choices.order_by("sku")]))
    for name, sku in found[:_MOST_NAMED]:
        yield (
            f"{name} ({sku}) has an open price and is not sold online. "
            "To sell it, set a price on its page in the back office, or give it one in the POS."
        )
    if len(found) > _MOST_NAMED:
        yield f"{len(found) - _MOST_NAMED} more items have an open price and are not sold online."
