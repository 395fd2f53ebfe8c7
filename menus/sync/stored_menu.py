"""A venue's menu as stored: its rows for plans to compare, and its groups for readings to match."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from integrations.pos import (
    CustomPrice,
    GroupKind,
    MenuModifier,
    MenuModifierGroup,
    MenuSnapshot,
    PriceRules,
    Translation,
)
from menus.models import (
    Category,
    CategoryProduct,
    Menu,
    Modifier,
    ModifierGroup,
    NestedModifierGroup,
    Product,
    ProductModifierGroup,
)
from menus.sync.diff import ENTRIES, LINKS, Key, StoredMenu, StoredRow, Values
from storekit.db.bulk import Ids, read_rows
from storekit.models import Venue


@dataclass(frozen=True)
class StoredPart:
    """Some products with every group that they use or will use, nested ones included."""

    rows: StoredMenu
    shared_groups: frozenset[uuid.UUID]
    """The groups among them that other products use too."""


def load_stored(*, venue: Venue) -> StoredMenu:
    """Load all rows of the venue's menu, archived ones included, in eight queries."""
    ids = Ids()
    groups = _entries("groups", ModifierGroup.objects.filter(venue=venue), ids, _first)
    keys = {row.id: key for key, row in groups.items()}
    return StoredMenu(
        currency=venue.currency,
        country=venue.country,
        entries={
            "categories": _entries("categories", Category.objects.filter(venue=venue), ids, _first),
            "products": _entries("products", Product.objects.filter(venue=venue), ids, _first),
            "groups": groups,
            "modifiers": _entries(
                "modifiers", Modifier.objects.filter(group__venue=venue), ids, lambda row: (keys[row[0]], row[1])
            ),
        },
        links={
            "placements": _links("placements", CategoryProduct.objects.filter(category__venue=venue), ids),
            "product_groups": _links("product_groups", ProductModifierGroup.objects.filter(product__venue=venue), ids),
            "nested_groups": _links("nested_groups", NestedModifierGroup.objects.filter(group__venue=venue), ids),
        },
        languages=tuple(Menu.objects.filter(venue=venue).values_list("languages", flat=True).first() or ()),
    )


def load_stored_part(*, venue: Venue, skus: Collection[str], part: MenuSnapshot) -> StoredPart:
    """Load the products with these SKUs, with the groups that they use now and in `part`, in a handful of queries."""
    ids = Ids()
    products = _entries("products", Product.objects.filter(venue=venue, sku__in=skus), ids, _first)
    product_ids = [row.id for row in products.values()]
    used = ProductModifierGroup.objects.filter(product__in=product_ids)
    found = set(ModifierGroup.objects.filter(venue=venue, key__in=[one.key for one in part.groups]).values_list("pk"))
    found |= set(used.values_list("group_id"))
    waiting = found
    while waiting:
        nested = NestedModifierGroup.objects.filter(modifier__group__in=[id for (id,) in waiting])
        waiting = set(nested.values_list("group_id")) - found
        found |= waiting
    group_ids = [id for (id,) in found]
    groups = _entries("groups", ModifierGroup.objects.filter(pk__in=group_ids), ids, _first)
    keys = {row.id: key for key, row in groups.items()}
    choices = Modifier.objects.filter(group__in=group_ids)
    opened = NestedModifierGroup.objects.filter(modifier__group__in=group_ids)
    rows = StoredMenu(
        currency=venue.currency,
        country=venue.country,
        entries={
            "categories": {},
            "products": products,
            "groups": groups,
            "modifiers": _entries("modifiers", choices, ids, lambda row: (keys[row[0]], row[1])),
        },
        links={
            "placements": {},
            "product_groups": _links("product_groups", used, ids),
            "nested_groups": _links("nested_groups", opened, ids),
        },
        languages=tuple(Menu.objects.filter(venue=venue).values_list("languages", flat=True).first() or ()),
    )
    elsewhere = ProductModifierGroup.objects.filter(group__in=group_ids).exclude(product__in=product_ids)
    nested_elsewhere = NestedModifierGroup.objects.filter(group__in=group_ids).exclude(modifier__group__in=group_ids)
    shared = {id for links in (elsewhere, nested_elsewhere) for (id,) in links.values_list("group_id")}
    return StoredPart(rows, _with_nested(shared, rows))


def _with_nested(groups: set[uuid.UUID], rows: StoredMenu) -> frozenset[uuid.UUID]:
    """Return the groups and all groups that their choices open, at any depth."""
    group_of = {row.id: row.values[0] for row in rows.entries["modifiers"].values()}
    nested_in: dict[uuid.UUID, list[uuid.UUID]] = {}
    for link in rows.links["nested_groups"].values():
        nested_in.setdefault(group_of[link.values[0]], []).append(link.values[1])
    waiting, found = list(groups), set(groups)
    while waiting:
        new = set(nested_in.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return frozenset(found)


class CurrentGroups:
    """The groups on the venue's menu, for readings to match; implements `integrations.pos.StoredGroups`."""

    def __init__(self, venue: Venue) -> None:
        self._rows = ModifierGroup.objects.filter(venue=venue, archived_at=None)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all groups."""
        return frozenset(self._rows.order_by().values_list("key", flat=True))

    def find(self, key: str) -> MenuModifierGroup | None:
        """Return the group with its choices; None if there is none with this key."""
        return self._groups.get(key)

    @cached_property
    def _groups(self) -> dict[str, MenuModifierGroup]:
        choices = Modifier.objects.filter(group__in=self._rows, archived_at=None).order_by("position")
        links = NestedModifierGroup.objects.filter(modifier__in=choices.order_by()).order_by("position")
        nested: dict[uuid.UUID, list[str]] = {}
        for modifier_id, key in links.values_list("modifier_id", "group__key"):
            nested.setdefault(modifier_id, []).append(key)
        modifiers: dict[uuid.UUID, list[MenuModifier]] = {}
        for row in choices:
            modifiers.setdefault(row.group_id, []).append(_as_choice(row, nested.get(row.pk, [])))
        return {
            row.key: MenuModifierGroup(
                key=row.key,
                kind=GroupKind(row.kind),
                name=row.name,
                minimum=row.minimum,
                maximum=row.maximum,
                modifiers=tuple(modifiers.get(row.pk, [])),
                translations=_as_texts(row.translations),
            )
            for row in self._rows
        }


def _as_choice(row: Modifier, groups: list[str]) -> MenuModifier:
    return MenuModifier(
        key=row.key,
        name=row.name,
        price=row.price,
        sku=row.sku,
        instruction_id=row.instruction_id,
        translations=_as_texts(row.translations),
        groups=tuple(groups),
        rules=PriceRules(
            exact_price=row.exact_price,
            tax_rate=row.tax_rate,
            tax_at_till=row.tax_at_till,
            custom_name=row.custom_name,
            custom_price=CustomPrice(row.custom_price),
            prices=tuple((type, Decimal(price)) for type, price in sorted(row.prices.items())),
        ),
    )


def _as_texts(translations: dict[str, dict[str, str]]) -> dict[str, Translation]:
    return {language: Translation(**texts) for language, texts in translations.items()}


def _first(values: Values) -> Key:
    return values[0]


def _entries(table: str, rows: QuerySet[Any], ids: Ids, key_of: Callable[[Values], Key]) -> dict[Key, StoredRow]:
    columns = ("id", "archived_at", *ENTRIES[table])
    return {
        key_of(row[2:]): StoredRow(row[0], row[1] is not None, row[2:])
        for row in read_rows(rows, columns=columns, ids=ids)
    }


def _links(table: str, rows: QuerySet[Any], ids: Ids) -> dict[Key, StoredRow]:
    return {
        row[1:3]: StoredRow(row[0], False, row[1:]) for row in read_rows(rows, columns=("id", *LINKS[table]), ids=ids)
    }
