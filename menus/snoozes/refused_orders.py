"""After the POS refused an order because something in it is sold out there: what that was, and putting it to sleep."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from integrations.connect.service import pos_for
from menus.models import Snooze
from menus.snoozes.service import snooze_until_tomorrow
from menus.stock.levels import propagate_to_menu, record_updates, to_update
from menus.stock.reservations import lock_menu
from menus.versions import raise_version
from storekit.models import Venue


def snooze_refused_items(
    *,
    venue: Venue,
    items: Mapping[str, str],
    reason: str,
    order: str,
    refused_at: datetime | None = None,
    certain: bool = True,
) -> list[Snooze]:
    """Snoozes what an order was refused for, until eight in the morning of the venue's next day; returns the snoozes.

    Those that the reason names; where it names none, those of which the POS has none left when it is asked. Never to be
    called inside a transaction, since it may ask the POS. May be repeated for the same order.

    Args:
        venue: who was to sell them.
        items: the order's items, choices among them: their names on the till by SKU.
        reason: the POS's words.
        order: the order's number, for the report.
        refused_at: when it was refused; what staff have woken since stays awake. None: now.
        certain: whether the POS refused it because something is sold out. Otherwise what the reason names may be
            refused for anything, and only what the POS has none left of is snoozed.

    Raises:
        PosError: the POS was to be asked, and could not be.
    """
    skus = (named_in(reason, items=items) if certain else []) or _sold_out_at_the_till(venue, items)
    if not skus:
        return []
    return snooze_until_tomorrow(venue=venue, skus=skus, order=order, reason=reason, refused_at=refused_at)


def named_in(reason: str, *, items: Mapping[str, str]) -> list[str]:
    """The SKUs of the items that the POS's words name, the longest name where one holds another (Pie, Apple pie)."""
    words = reason.casefold()
    named = {sku: name.casefold() for sku, name in items.items() if name.strip() and name.casefold() in words}
    return [sku for sku, name in named.items() if not any(name != other and name in other for other in named.values())]


def _sold_out_at_the_till(venue: Venue, items: Mapping[str, str]) -> list[str]:
    asked_at = timezone.now()
    restrictions = pos_for(venue).availability_of(sorted(items))
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        record_updates(venue=venue, words=map(to_update, restrictions), asked_at=asked_at)
        if propagate_to_menu(venue=venue, skus=list(items)):
            raise_version(menu=menu)
    return [one.sku for one in restrictions if one.sold_out]
