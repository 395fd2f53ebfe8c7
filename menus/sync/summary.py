"""A plan summarised for staff: counts, and the names of what changes. Bounded, to fit a database row and a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from menus.sync.diff import ENTRIES, MenuPlan, StoredMenu, StoredRow, Values
from storekit.money.words import format_money

Json = dict[str, Any]

_MOST_NAMES = 100
# How the review page names a changed column. Any other column is one of a group's rules.
_COLUMN_NAMES = {
    "name": "name",
    "price": "price",
    "exact_price": "tax",
    "tax_rate": "tax",
    "tax_at_till": "tax",
    "custom_name": "what an order may set",
    "custom_price": "what an order may set",
    "prices": "prices by order type",
    "translations": "texts",
    "image_url": "image",
    "allergens": "allergens",
    "calories": "calories",
    "contains_alcohol": "alcohol",
    "alcohol_percentage": "alcohol",
    "kind": "kind",
    "parent_id": "place",
    "position": "place",
}
TABLE_TITLES = {
    "products": "Products",
    "categories": "Categories",
    "groups": "Modifier groups",
    "modifiers": "Modifiers",
}
_TABLE_NAMES = {"products": "Product", "categories": "Category", "groups": "Modifier group", "modifiers": "Modifier"}


def summarise_plan(*, plan: MenuPlan, stored: StoredMenu) -> Json:
    """Return `{counts: {table: {created, updated, archived}}, created, updated, archived: {table: [line]}, warnings}`.

    A line names an entry and what changes: "Burger (BURGER): price 9.50 → 10.00". At most 100 of each are listed; the
    counts are complete.
    """
    counts: Json = {}
    lines: Json = {"created": {}, "updated": {}, "archived": {}}
    for table in TABLE_TITLES:
        stored_by_id = {row.id: row for row in stored.entries[table].values()}
        parts = _parts(table, plan, stored, stored_by_id)
        counts[table] = {what: part.count for what, part in parts.items()}
        for what, part in parts.items():
            lines[what][table] = [line for _, line in zip(range(_MOST_NAMES), part.lines(), strict=False)]
    return {"counts": counts, **lines, "warnings": plan.warnings[:_MOST_NAMES]}


def summary_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a summary for a terminal."""
    for table, name in _TABLE_NAMES.items():
        counts = summary.get("counts", {}).get(table, {})
        for what, sign in (("created", "+"), ("updated", "~"), ("archived", "-")):
            listed = summary.get(what, {}).get(table, [])
            yield from (f"{sign} {name} {line}" for line in listed)
            if (more := counts.get(what, 0) - len(listed)) > 0:
                yield f"{sign} … and {more} more"


@dataclass(frozen=True)
class _Part:
    count: int
    lines: Callable[[], Iterable[str]]


def _parts(table: str, plan: MenuPlan, stored_menu: StoredMenu, stored: Mapping[Any, StoredRow]) -> dict[str, _Part]:
    changes = plan.tables[table]
    restored = [row for row in changes.update if stored[row[0]].archived]
    new = [*changes.create, *restored]
    updated = [row for row in changes.update if not stored[row[0]].archived]
    touched = {row[0] for row in (*changes.create, *changes.update)} | set(changes.archive)
    relinked = [id for id in _relinked(table, plan, stored_menu) if id in stored and id not in touched]
    return {
        "created": _Part(len(new), lambda: (_label(table, row[1:]) for row in new)),
        "updated": _Part(
            len(updated) + len(relinked),
            lambda: [
                *(
                    f"{_label(table, row[1:])}: {_difference(table, stored[row[0]].values, row[1:], stored_menu)}"
                    for row in updated
                ),
                *sorted(f"{_label(table, stored[id].values)}: {_LINK_NAMES[table]}" for id in relinked),
            ],
        ),
        "archived": _Part(
            len(changes.archive), lambda: (_label(table, stored[id].values) for id in changes.archive if id in stored)
        ),
    }


_LINK_NAMES = {"products": "choices", "categories": "its products", "modifiers": "what it opens"}
# Groups have no entry here: their choices are listed themselves.
_LINKS_OF = {"products": "product_groups", "categories": "placements", "modifiers": "nested_groups"}


def _relinked(table: str, plan: MenuPlan, stored: StoredMenu) -> set[Any]:
    """Return the ids of entries whose links change."""
    name = _LINKS_OF.get(table)
    if name is None:
        return set()
    links = plan.tables[name]
    found = {row[1] for row in (*links.create, *links.update)}
    deleted = set(links.archive)
    return found | {row.values[0] for row in stored.links[name].values() if row.id in deleted} if deleted else found


def _label(table: str, values: Values) -> str:
    columns = ENTRIES[table]
    name = str(values[columns.index("name")])
    sku = values[columns.index("sku")] if "sku" in columns else ""
    return f"{name} ({sku})" if sku else name


def _difference(table: str, before: Values, after: Values, venue: StoredMenu) -> str:
    changes: dict[str, None] = {}
    for column, old, new in zip(ENTRIES[table], before, after, strict=True):
        if old == new:
            continue
        if column == "name":
            changes[f"name {old} → {new}"] = None
        elif column == "price":
            changes[f"price {format_money(old, venue)} → {format_money(new, venue)}"] = None
        elif column in _COLUMN_NAMES:
            changes[_COLUMN_NAMES[column]] = None
        else:
            changes["rules"] = None
    return ", ".join(changes)
