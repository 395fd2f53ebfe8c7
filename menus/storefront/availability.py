"""The availability document: what cannot be ordered, and how many are left. Always agrees with the menu document."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from menus.models import Menu, Modifier, ModifierGroup, NestedModifierGroup, Product, ProductModifierGroup
from menus.pricing import OPEN
from menus.stock.levels import UNTIL_FURTHER_NOTICE
from menus.storefront.document import Links, group_pairs, unorderable_ids
from menus.storefront.published import NoMenu
from menus.versions import read_one_version
from storekit.models import Venue

Json = dict[str, Any]

SOLD_OUT, SNOOZED, CHOICES_SOLD_OUT = "sold_out", "snoozed", "choices_sold_out"


@dataclass(frozen=True)
class _Rows:
    products: list[Json]
    choices: list[Json]
    groups: list[Json]
    opens: Links


def find_version(*, slug: str) -> tuple[Venue, int]:
    """Return the venue and its menu's version, in one query.

    Raises:
        Venue.DoesNotExist: there is no such venue.
        NoMenu: the venue has not synced a menu yet.
    """
    menu = Menu.objects.select_related("venue").filter(venue__slug=slug).first()
    if menu is None or not menu.version:
        venue = menu.venue if menu else Venue.objects.get(slug=slug)
        raise NoMenu(f"{venue.name} has not synced a menu yet.")
    return menu.venue, menu.version


def availability_document(*, venue: Venue) -> Json:
    """Return `{version, unavailable: [{sku, product, modifier, until, reason}], stock: {sku: count}}`.

    It takes a handful of queries, whatever the menu's size.

    Raises:
        MenuBusy: the menu kept changing while it was being read.
    """
    version, rows = read_one_version(venue=venue, read=lambda: _load(venue))
    entries = [*rows.products, *rows.choices]
    unorderable = unorderable_ids(entries=entries, choices=rows.choices, groups=rows.groups, opens=rows.opens)
    return {
        "version": version,
        "unavailable": [
            *_unavailable(rows.products, unorderable, "product", venue.zone),
            *_unavailable(rows.choices, unorderable, "modifier", venue.zone),
        ],
        "stock": {row["sku"]: row["stock"] for row in entries if row["stock"] is not None},
    }


def _load(venue: Venue) -> _Rows:
    columns = ("id", "sku", "stock", "sold_out", "snoozed_until")
    products = Product.objects.filter(~OPEN, venue=venue, archived_at=None).order_by("sku")
    groups = ModifierGroup.objects.filter(venue=venue, archived_at=None).order_by()
    choices = Modifier.objects.filter(~OPEN, group__venue=venue, group__archived_at=None, archived_at=None)
    product_groups = ProductModifierGroup.objects.filter(product__venue=venue).order_by()
    nested_groups = NestedModifierGroup.objects.filter(group__venue=venue).order_by()
    return _Rows(
        products=list(products.values(*columns)),
        choices=list(choices.order_by("sku", "id").values(*columns, "group_id")),
        groups=[dict(row) for row in groups.values("id", "minimum", "kind")],
        opens=group_pairs(
            [
                *product_groups.values_list("product_id", "group_id"),
                *nested_groups.values_list("modifier_id", "group_id"),
            ]
        ),
    )


def _unavailable(rows: list[Json], unorderable: set[uuid.UUID], kind: str, zone: ZoneInfo) -> Iterator[Json]:
    for row in rows:
        if row["id"] in unorderable:
            ids = {"product": None, "modifier": None, kind: str(row["id"])}
            yield {"sku": row["sku"] or None, **ids, "until": _until(row, zone), "reason": _reason(row)}


def _reason(row: Json) -> str:
    if row["sold_out"]:
        return SOLD_OUT
    return SNOOZED if row["snoozed_until"] else CHOICES_SOLD_OUT


def _until(row: Json, zone: ZoneInfo) -> str | None:
    """Return when a snooze ends; None if it has no end or the item is sold out at the POS."""
    until: datetime | None = row["snoozed_until"]
    if row["sold_out"] or until is None or until >= UNTIL_FURTHER_NOTICE:
        return None
    return until.astimezone(zone).isoformat(timespec="seconds")
