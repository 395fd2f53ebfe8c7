"""The report's lines of what was sold out on the till: opened when the POS says so, closed when it says otherwise."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import F

from menus.models import Modifier, Product, Snooze, StockLevel
from storekit.db.bulk import insert_rows
from storekit.models import Venue

ENDED_BY_TILL = "The till"


def keep_records(*, venue: Venue, levels: Collection[StockLevel], now: datetime) -> None:
    """Opens and closes the records of the items whose levels the POS has just changed. Behind the menu's lock."""
    if not levels:
        return
    records = Snooze.objects.filter(
        venue=venue, cause=Snooze.Cause.TILL, ended_at=None, sku__in=[level.sku for level in levels]
    )
    opened = set(records.values_list("sku", flat=True))
    sold_out = {level.sku for level in levels if level.restricted and (level.count is None or level.count <= 0)}
    if over := opened - sold_out:
        records.filter(sku__in=over).update(ended_at=now, ended_by=ENDED_BY_TILL)
    if begun := sold_out - opened:
        record = Snooze(venue=venue, source=Snooze.Source.LIGHTSPEED, cause=Snooze.Cause.TILL, starts_at=now)
        write_snoozes(like=record, items=named_items(venue=venue, skus=begun))


@dataclass(frozen=True)
class NamedItem:
    """What a snooze writes down of an item: one of its rows, and how it is called on the till."""

    sku: str
    name: str
    product_id: UUID | None
    modifier_id: UUID | None


def named_items(*, venue: Venue, skus: Iterable[str]) -> list[NamedItem]:
    """What is known of these SKUs, by the product or else by a choice, by what is on the menu before what is archived.

    Sorted by SKU. Those that the venue does not have are left out.
    """
    wanted = [sku for sku in set(skus) if sku]
    columns = ("sku", "name", "pk")
    live_last = F("archived_at").desc(nulls_last=True)
    modifiers = Modifier.objects.filter(group__venue=venue, sku__in=wanted).order_by(live_last)
    products = Product.objects.filter(venue=venue, sku__in=wanted).order_by(live_last)
    # What comes later wins.
    found = {sku: NamedItem(sku, name, None, id) for sku, name, id in modifiers.values_list(*columns)}
    found |= {sku: NamedItem(sku, name, id, None) for sku, name, id in products.values_list(*columns)}
    return [found[sku] for sku in sorted(found)]


def write_snoozes(*, like: Snooze, items: Iterable[NamedItem]) -> list[Snooze]:
    """A row for each of the items that says what `like` says, in one statement; returns them."""
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
