"""After the POS has refused an order over sold-out items: find out which ones, and snooze them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from integrations.connect.service import pos_for
from menus.models import Modifier, Product, Snooze
from menus.snoozes.service import snooze_until_tomorrow
from menus.stock.levels import propagate_to_menu, record_updates, to_update
from menus.versions import lock_menu, raise_version
from storekit.db import clock
from storekit.models import Venue
from storekit.text import folded


def snooze_refused_items(
    *,
    venue: Venue,
    items: Mapping[str, str],
    reason: str,
    order: str,
    refused_at: datetime | None = None,
    certain: bool = True,
    item: str = "",
) -> list[Snooze]:
    """Snooze the items that an order was refused for until 8:00 on the venue's next day; return the snoozes.

    These are the items that the POS's reason names, in any of the menu's languages. If it names none, or a name that
    several of the order's items share, the POS is asked which are sold out. May be repeated for the same order. Do not
    call this inside a transaction, since it may ask the POS.

    Args:
        venue: the venue that the order was for.
        items: the order's items, choices included: their names at the POS by SKU.
        reason: the POS's message.
        order: the order's number, for the report.
        refused_at: when the POS refused it; items that staff have woken since stay awake. None: now.
        certain: whether the POS certainly refused it over sold-out items. If not, the items named in the reason may
            have been refused for something else, so only those that the POS reports as sold out are snoozed.
        item: the item that the reason quotes; empty if that is not known, so that the whole reason is searched.

    Raises:
        PosError: the POS had to be asked and could not be.
    """
    skus = _named(venue, items, reason, item) if certain else []
    if len(skus) != 1:
        # If the POS cannot tell items of the same name apart either, none of them may be sold.
        skus = _sold_out_at_pos(venue, skus or items) or skus
    if not skus:
        return []
    return snooze_until_tomorrow(venue=venue, skus=skus, order=order, reason=reason, refused_at=refused_at)


def _named(venue: Venue, items: Mapping[str, str], reason: str, item: str) -> list[str]:
    """Return the SKUs of the order's items that are called `item`; without one, of those that the reason mentions."""
    if not item:
        return items_named_in(reason, items=items)
    quoted = _folded(item)
    return [sku for sku, names in _names_of(venue, items).items() if quoted in map(_folded, {sku, *names})]


def _names_of(venue: Venue, items: Mapping[str, str]) -> dict[str, set[str]]:
    """Return all names of the items: as ordered, as at the POS, and in each of the menu's languages."""
    names = {sku: {name} for sku, name in items.items()}
    products = Product.objects.filter(venue=venue, sku__in=names)
    modifiers = Modifier.objects.filter(group__venue=venue, sku__in=names)
    for rows in (products, modifiers):
        for sku, name, translations in rows.values_list("sku", "name", "translations"):
            names[sku] |= {name, *(texts.get("name", "") for texts in translations.values())}
    return names


def _folded(name: str) -> str:
    return " ".join(folded(name).split())


def items_named_in(reason: str, *, items: Mapping[str, str]) -> list[str]:
    """Return the SKUs of the items named in the POS's message.

    If one name contains another (Apple pie, Pie), only the longer one counts.
    """
    message = folded(reason)
    named = {sku: name for sku, typed in items.items() if (name := folded(typed)) and name in message}
    return [sku for sku, name in named.items() if not any(name != other and name in other for other in named.values())]


def _sold_out_at_pos(venue: Venue, items: Collection[str]) -> list[str]:
    requested_at = clock.now()
    restrictions = pos_for(venue).availability_of(sorted(items)).restrictions
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        record_updates(venue=venue, updates=map(to_update, restrictions), requested_at=requested_at)
        if propagate_to_menu(venue=venue, skus=list(items)):
            raise_version(menu=menu)
    return [one.sku for one in restrictions if one.sold_out]
