"""Restore points: how the menu was before its last ten changes, and the plan that rolls back to one of them.

A restore point holds only what undoes the change after it: overwritten values, removed rows, and the ids of added
rows. So it is as large as the change was. Stock is not part of it: what is sold out now stays sold out. What no sync
has changed since stays as it is, with staff's own edits: rolling back a price keeps a description that staff wrote.
"""

import json
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.models import SyncRun
from menus.models import Menu, Product, RestorePoint
from menus.sync.diff import ENTRIES, LINKS, Key, MenuPlan, StoredMenu, StoredRow, Values, compare

_KEPT = 10
# Fast, and small enough.
_COMPRESSION = 1

_TEXTS = "translations"

RowsById = dict[str, dict[uuid.UUID, Values]]
Texts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class PastMenu:
    """A menu at an earlier time: rows are `(id, *values)` by table and identity, in the order of today's columns."""

    pos_menu_id: str
    pos_menu_name: str
    answer: str
    reverted_digest: str
    languages: tuple[str, ...]
    rows: Mapping[str, Mapping[Key, Values]]


def save_restore_point(
    *, menu: Menu, plan: MenuPlan, stored: StoredMenu, version: int, run: SyncRun | None
) -> RestorePoint:
    """Save the menu as it is before the plan, and delete all but the last ten.

    Call it in the transaction that applies the plan, before it. `stored` are the rows of `version` that the plan was
    made from.
    """
    put: dict[str, list[Values]] = {}
    change: dict[str, list[tuple[uuid.UUID, dict[str, Any]]]] = {}
    remove: dict[str, list[uuid.UUID]] = {}
    for name, table in _tables(stored).items():
        changes = plan.tables[name]
        after, gone = {row[0]: row[1:] for row in changes.update}, set(changes.archive)
        before = [row for row in table.values() if row.id in after or row.id in gone] if after or gone else []
        put[name] = [(row.id, *row.values) for row in before if row.id in gone]
        change[name] = [
            (row.id, _overwritten(name, row.values, after[row.id]))
            for row in before
            if row.id in after and not row.archived
        ]
        remove[name] = [row[0] for row in changes.create] + [row.id for row in before if row.archived]
    content = {
        "menu": [menu.pos_menu_id, menu.pos_menu_name, menu.answer, menu.reverted_digest],
        "languages": stored.languages,
        "columns": ENTRIES | LINKS,
        "put": put,
        "change": change,
        "remove": remove,
    }
    packed = zlib.compress(json.dumps(content, default=str, separators=(",", ":")).encode(), _COMPRESSION)
    products = Product.objects.filter(venue=menu.venue_id, archived_at=None).count()
    state = RestorePoint.objects.create(menu=menu, version=version, run=run, products=products, content=packed)
    kept = RestorePoint.objects.filter(menu=menu).values_list("pk", flat=True)[:_KEPT]
    RestorePoint.objects.filter(menu=menu, pk__lt=min(kept)).delete()
    return state


def past_menu(*, state: RestorePoint, stored: StoredMenu) -> PastMenu:
    """Return the menu at a restore point, by undoing every later change to the stored rows."""
    tables = _tables(stored)
    rows: RowsById = {
        name: {row.id: (row.id, *row.values) for row in table.values() if not row.archived}
        for name, table in tables.items()
    }
    known = {name: {row.id: row for row in table.values()} for name, table in tables.items()}
    content: dict[str, Any] = {}
    for later in RestorePoint.objects.filter(menu=state.menu_id, pk__gte=state.pk).order_by("-pk"):
        content = json.loads(zlib.decompress(later.content))
        for name, table in rows.items():
            for id in content["remove"].get(name, ()):
                table.pop(uuid.UUID(id), None)
            for id, overwritten in content["change"].get(name, ()):
                if (now := table.get(uuid.UUID(id))) is not None:
                    table[now[0]] = (now[0], *_as_before(name, now[1:], overwritten))
            for row in _read_rows(name, content["columns"].get(name, []), content["put"].get(name, ()), known[name]):
                table[row[0]] = row
    menu_id, menu_name, answer, reverted_digest = content["menu"]
    by_identity = _by_identity(rows)
    for name in LINKS:
        # A link that was deleted and created again has a new id.
        ids = {key: row.id for key, row in stored.links[name].items()}
        by_identity[name] = {key: (ids.get(key, row[0]), *row[1:]) for key, row in by_identity[name].items()}
    languages = _languages(content["languages"], rows["products"], stored)
    return PastMenu(menu_id, menu_name, answer, reverted_digest, languages, by_identity)


def plan_rollback(*, past: PastMenu, stored: StoredMenu) -> MenuPlan:
    """Return the plan that turns the stored menu back into the past one."""
    return compare(rows=past.rows, stored=stored, languages=past.languages)


def _languages(then: list[str], products: Mapping[uuid.UUID, Values], stored: StoredMenu) -> tuple[str, ...]:
    """Return the menu's languages then, and those in which staff have since described products that remain."""
    texts = 1 + ENTRIES["products"].index(_TEXTS)
    used = {language for row in products.values() for language in row[texts]}
    return (*then, *(language for language in stored.languages if language in used and language not in then))


def _tables(stored: StoredMenu) -> dict[str, Mapping[Key, StoredRow]]:
    return {**stored.entries, **stored.links}


def _overwritten(name: str, before: Values, after: Values) -> dict[str, Any]:
    """Return the values that a change overwrites, by column; of translations only the texts that differ."""
    columns = zip((ENTRIES | LINKS)[name], before, after, strict=True)
    return {column: _texts_before(old, new) if column == _TEXTS else old for column, old, new in columns if old != new}


def _texts_before(before: Texts, after: Texts) -> dict[str, dict[str, str] | None]:
    found: dict[str, dict[str, str] | None] = {language: None for language in after if language not in before}
    for language, text in before.items():
        if parts := {part: words for part, words in text.items() if after.get(language, {}).get(part) != words}:
            found[language] = parts
    return found


def _as_before(name: str, values: Values, overwritten: Mapping[str, Any]) -> Values:
    return tuple(
        value
        if column not in overwritten
        else _texts_as_before(value, overwritten[column])
        if column == _TEXTS
        else _value(overwritten[column], _FROM_JSON.get(column))
        for column, value in zip((ENTRIES | LINKS)[name], values, strict=True)
    )


def _texts_as_before(texts: Texts, overwritten: Mapping[str, dict[str, str] | None]) -> Texts:
    found = dict(texts)
    for language, parts in overwritten.items():
        if parts is None:
            found.pop(language, None)
        else:
            found[language] = {"name": "", "description": "", **found.get(language, {}), **parts}
    return found


def _read_rows(name: str, then: list[str], rows: list[list[Any]], known: Mapping[uuid.UUID, StoredRow]) -> list[Values]:
    """Return rows in the order of today's columns; columns added since have their current values."""
    at = {column: place for place, column in enumerate(then, start=1)}
    read = [(at.get(column), _FROM_JSON.get(column)) for column in (ENTRIES | LINKS)[name]]
    found = []
    for row in rows:
        id = uuid.UUID(row[0])
        now = known.get(id)
        found.append(
            (
                id,
                *(
                    _value(row[place], to_value) if place else (now.values[i] if now else None)
                    for i, (place, to_value) in enumerate(read)
                ),
            )
        )
    return found


def _value(value: Any, to_value: Callable[[Any], Any] | None) -> Any:
    return value if value is None or to_value is None else to_value(value)


def _by_identity(rows: RowsById) -> dict[str, dict[Key, Values]]:
    groups = {id: row[1] for id, row in rows["groups"].items()}
    keys: dict[str, Callable[[Values], Key]] = {
        "modifiers": lambda row: (groups[row[1]], row[2]),
        **{name: lambda row: (row[1], row[2]) for name in LINKS},
    }
    return {name: {keys.get(name, _second)(row): row for row in table.values()} for name, table in rows.items()}


def _second(row: Values) -> Key:
    found: Key = row[1]
    return found


# How to read values from JSON; those of other columns need no conversion.
_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("price", "exact_price", "tax_rate"), Decimal),
    "alcohol_percentage": Decimal,
    **dict.fromkeys(("parent_id", "group_id", "category_id", "product_id", "modifier_id"), uuid.UUID),
}
