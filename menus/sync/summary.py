"""A plan as people look at it: counts, and the names of what changes. Bounded, so that it fits a row and a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from menus.sync.diff import ENTRIES, MenuPlan, StoredMenu, StoredRow, Values

Json = dict[str, Any]

_MOST_NAMES = 100
# What a change of these is called; the others of a product are its place and its questions.
_WORDS = {
    "name": "name",
    "price": "price",
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
WHAT = {"products": "Products", "categories": "Categories", "groups": "Groups of choices", "modifiers": "Choices"}
_ONE = {"products": "Product", "categories": "Category", "groups": "Group of choices", "modifiers": "Choice"}


def summary(*, plan: MenuPlan, held: StoredMenu) -> Json:
    """`{counts: {table: {created, updated, archived}}, created, updated, archived: {table: [line]}, warnings}`.

    A line names an entry and says what differs: "Burger (BURGER): price 9.50 → 10.00". At most 100 of each are listed;
    the counts are complete.
    """
    counts: Json = {}
    lines: Json = {"created": {}, "updated": {}, "archived": {}}
    for table in WHAT:
        held_by_id = {row.id: row for row in held.entries[table].values()}
        parts = _parts(table, plan, held, held_by_id)
        counts[table] = {what: part.count for what, part in parts.items()}
        for what, part in parts.items():
            lines[what][table] = [line for _, line in zip(range(_MOST_NAMES), part.lines(), strict=False)]
    return {"counts": counts, **lines, "warnings": plan.warnings[:_MOST_NAMES]}


def lines_of(summed_up: Mapping[str, Any]) -> Iterator[str]:
    """The summary for a terminal, a line each."""
    for table, name in _ONE.items():
        counts = summed_up.get("counts", {}).get(table, {})
        for what, sign in (("created", "+"), ("updated", "~"), ("archived", "-")):
            listed = summed_up.get(what, {}).get(table, [])
            yield from (f"{sign} {name} {line}" for line in listed)
            if (more := counts.get(what, 0) - len(listed)) > 0:
                yield f"{sign} … and {more} more"


@dataclass(frozen=True)
class _Part:
    count: int
    lines: Callable[[], Iterable[str]]


def _parts(table: str, plan: MenuPlan, held_menu: StoredMenu, held: Mapping[Any, StoredRow]) -> dict[str, _Part]:
    changes = plan.tables[table]
    back = [row for row in changes.update if held[row[0]].archived]
    new = [*changes.create, *back]
    updated = [row for row in changes.update if not held[row[0]].archived]
    touched = {row[0] for row in (*changes.create, *changes.update)} | set(changes.archive)
    moved = [id for id in _moved(table, plan, held_menu) if id in held and id not in touched]
    return {
        "created": _Part(len(new), lambda: (_label(table, row[1:]) for row in new)),
        "updated": _Part(
            len(updated) + len(moved),
            lambda: [
                *(f"{_label(table, row[1:])}: {_difference(table, held[row[0]].values, row[1:])}" for row in updated),
                *sorted(f"{_label(table, held[id].values)}: {_OWNED[table]}" for id in moved),
            ],
        ),
        "archived": _Part(
            len(changes.archive), lambda: (_label(table, held[id].values) for id in changes.archive if id in held)
        ),
    }


_OWNED = {"products": "choices", "categories": "its products", "modifiers": "what it opens"}
# What a group asks are its choices, which are listed themselves.
_LINKS_OF = {"products": "product_groups", "categories": "placements", "modifiers": "nested_groups"}


def _moved(table: str, plan: MenuPlan, held: StoredMenu) -> set[Any]:
    """Entries whose links differ."""
    name = _LINKS_OF.get(table)
    if name is None:
        return set()
    links = plan.tables[name]
    found = {row[1] for row in (*links.create, *links.update)}
    gone = set(links.archive)
    return found | {row.values[0] for row in held.links[name].values() if row.id in gone} if gone else found


def _label(table: str, values: Values) -> str:
    columns = ENTRIES[table]
    name = str(values[columns.index("name")])
    sku = values[columns.index("sku")] if "sku" in columns else ""
    return f"{name} ({sku})" if sku else name


def _difference(table: str, before: Values, after: Values) -> str:
    words: dict[str, None] = {}
    for column, old, new in zip(ENTRIES[table], before, after, strict=True):
        if old == new:
            continue
        if column in ("name", "price"):
            words[f"{column} {old} → {new}"] = None
        elif column in _WORDS:
            words[_WORDS[column]] = None
        else:
            words["rules"] = None
    return ", ".join(words)
