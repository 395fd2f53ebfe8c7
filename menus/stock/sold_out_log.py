"""The snooze report's records of items sold out on the till: opened and closed as the POS's counts change."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import F

from menus.models import Modifier, Product, Snooze, StockLevel
from storekit.db.bulk import insert_rows
from storekit.models import Venue

ENDED_BY_TILL = "The till"


def record_sold_out(*, venue: Venue, levels: Collection[StockLevel], now: datetime) -> None:
    """Open and close the records of items whose levels have just changed. Call this while holding the menu's lock."""
    if not levels:
        return
    records = Snooze.objects.filter(
        venue=venue, cause=Snooze.Cause.TILL, ended_at=None, sku__in=[level.sku for level in levels]
    )
    recorded = set(records.values_list("sku", flat=True))
    sold_out = {level.sku for level in levels if level.restricted and (level.count is None or level.count <= 0)}
    if ended := recorded - sold_out:
        records.filter(sku__in=ended).update(ended_at=now, ended_by=ENDED_BY_TILL)
    if begun := sold_out - recorded:
        record = Snooze(venue=venue, source=Snooze.Source.LIGHTSPEED, cause=Snooze.Cause.TILL, starts_at=now)
        insert_snoozes(like=record, items=find_items(venue=venue, skus=begun))


@dataclass(frozen=True)
class NamedItem:
    """An item as a snooze records it: its SKU, its name at the POS, and one of its rows."""

    sku: str
    name: str
    product_id: UUID | None
    modifier_id: UUID | None


def find_items(*, venue: Venue, skus: Iterable[str]) -> list[NamedItem]:
    """Return the venue's items with these SKUs, sorted by SKU. SKUs that the venue does not have are left out.

    An item that is both a product and a choice is returned as the product. Rows on the menu take precedence over
    archived ones.
    """
    wanted = [sku for sku in set(skus) if sku]
    columns = ("sku", "name", "pk")
    # Later rows replace earlier ones below, so archived rows come first, and modifiers before products.
    live_last = F("archived_at").desc(nulls_last=True)
    modifiers = Modifier.objects.filter(group__venue=venue, sku__in=wanted).order_by(live_last)
    products = Product.objects.filter(venue=venue, sku__in=wanted).order_by(live_last)
    found = {sku: NamedItem(sku, name, None, id) for sku, name, id in modifiers.values_list(*columns)}
    found |= {sku: NamedItem(sku, name, id, None) for sku, name, id in products.values_list(*columns)}
    return [found[sku] for sku in sorted(found)]


def insert_snoozes(*, like: Snooze, items: Iterable[NamedItem]) -> list[Snooze]:
    """Insert a copy of `like` for each item in one statement; return the rows."""
    same = {field.attname: getattr(like, field.attname) for field in Snooze._meta.concrete_fields}
    own = ("id", "sku", "name", "product_id", "modifier_id")
    rows = [Snooze(**same | asdict(item) | {"id": uuid4()}) for item in items]
    insert_rows(
        Snooze,
        columns=own,
        rows=[[getattr(row, name) for name in own] for row in rows],
        same={name: value for name, value in same.items() if name not in own},
    )
    return rows
