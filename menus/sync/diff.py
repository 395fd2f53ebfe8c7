"""The difference between a menu's stored rows and the rows it should have. Pure.

A menu has seven tables: four of entries, which are archived and never deleted, and three of links between them. A row's
values are a tuple in the order of the table's columns, so comparing two tuples shows whether the row differs.
"""

import uuid
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Key = Hashable
Values = tuple[Any, ...]

PRICE_COLUMNS = ("price", "exact_price", "tax_rate", "tax_at_till", "custom_name", "custom_price", "prices")

ENTRIES: dict[str, tuple[str, ...]] = {
    "categories": ("key", "name", "translations", "parent_id", "position"),
    "products": (
        "sku",
        "kind",
        "name",
        "translations",
        *PRICE_COLUMNS,
        "image_url",
        "allergens",
        "calories",
        "contains_alcohol",
        "alcohol_percentage",
    ),
    "groups": ("key", "kind", "name", "translations", "minimum", "maximum"),
    "modifiers": ("group_id", "key", "sku", "instruction_id", "name", "translations", *PRICE_COLUMNS, "position"),
}
# The first column of a link is the entry that it belongs to.
LINKS: dict[str, tuple[str, ...]] = {
    "placements": ("category_id", "product_id", "position"),
    "product_groups": ("product_id", "group_id", "position"),
    "nested_groups": ("modifier_id", "group_id", "position"),
}


class StoredRow(NamedTuple):
    """A row in the database. Links are never archived."""

    id: uuid.UUID
    archived: bool
    values: Values


@dataclass
class StoredMenu:
    """The venue's rows by table and identity. `currency` is the one that their prices are in, `country` the venue's.

    The identity is a category's or group's key, a product's SKU, a modifier's group key and own key, or the ids of a
    link's two ends.
    """

    currency: str
    country: str
    entries: Mapping[str, Mapping[Key, StoredRow]] = field(default_factory=lambda: {name: {} for name in ENTRIES})
    links: Mapping[str, Mapping[Key, StoredRow]] = field(default_factory=lambda: {name: {} for name in LINKS})
    languages: tuple[str, ...] = ()

    def count_current(self) -> int:
        """Return how many entries are not archived."""
        return sum(not row.archived for rows in self.entries.values() for row in rows.values())


@dataclass
class TablePlan:
    """The changes to one table. Rows are `(id, *values)`; links in `archive` are deleted."""

    create: list[Values] = field(default_factory=list)
    update: list[Values] = field(default_factory=list)
    archive: list[uuid.UUID] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.archive)


@dataclass
class MenuPlan:
    """The changes to the whole menu, and warnings about what could not be synced."""

    tables: dict[str, TablePlan]
    languages: tuple[str, ...]
    changes_languages: bool
    counts: dict[str, int]
    warnings: list[str]

    def __bool__(self) -> bool:
        return self.changes_languages or any(self.tables.values())


def compare(
    *,
    rows: Mapping[str, Mapping[Key, Values]],
    stored: StoredMenu,
    languages: tuple[str, ...],
    kept: frozenset[str] = frozenset(),
) -> MenuPlan:
    """Return the plan that turns the stored rows into `rows`.

    Args:
        rows: `(id, *values)` by table and identity, with the stored id where the identity is stored.
        kept: columns that stay as they are in stored rows.
    """
    tables = {
        name: _diff(rows[name], stored.entries[name], kept=_positions(columns, kept))
        for name, columns in ENTRIES.items()
    } | {name: _diff(rows[name], stored.links[name]) for name in LINKS}
    return MenuPlan(
        tables=tables,
        languages=languages,
        changes_languages=languages != stored.languages,
        counts=_counts(tables, rows, stored),
        warnings=[],
    )


def _diff(
    wanted: Mapping[Key, Values], stored: Mapping[Key, StoredRow], *, kept: frozenset[int] = frozenset()
) -> TablePlan:
    plan = TablePlan()
    for key, row in wanted.items():
        old = stored.get(key)
        if old is None:
            plan.create.append(row)
            continue
        if kept:
            row = (row[0], *(old.values[i] if i in kept else value for i, value in enumerate(row[1:])))
        if old.archived or old.values != row[1:]:
            plan.update.append(row)
    plan.archive = [row.id for key, row in stored.items() if key not in wanted and not row.archived]
    return plan


def _counts(
    tables: Mapping[str, TablePlan], wanted: Mapping[str, Mapping[Key, Values]], stored: StoredMenu
) -> dict[str, int]:
    created = {row[0] for name in ENTRIES for row in tables[name].create}
    updated = {row[0] for name in ENTRIES for row in tables[name].update}
    archived = {id for name in ENTRIES for id in tables[name].archive}
    for name in LINKS:
        plan = tables[name]
        updated |= {row[1] for row in (*plan.create, *plan.update)}
        gone = set(plan.archive)
        updated |= {row.values[0] for row in stored.links[name].values() if row.id in gone} if gone else set()
    updated -= created | archived
    everything = sum(len(wanted[name]) for name in ENTRIES)
    return {
        "created": len(created),
        "updated": len(updated),
        "archived": len(archived),
        "unchanged": everything - len(created) - len(updated),
    }


def _positions(columns: tuple[str, ...], names: frozenset[str]) -> frozenset[int]:
    return frozenset(i for i, column in enumerate(columns) if column in names)
