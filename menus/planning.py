"""What a sync would do: the POS's menu compared with the rows that we hold. Pure; nothing is read or written here.

A menu is seven tables: four of entries, which are archived and never deleted, and three of links between them. A row's
values are a tuple in the order of the table's columns, so that one comparison of tuples tells whether a row differs.
"""

import os
import uuid
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from integrations.money import to_money
from integrations.pos import MenuCategory, MenuModifier, MenuModifierGroup, MenuProduct, MenuSnapshot, Translations

Key = Hashable
Values = tuple[Any, ...]

ENTRIES: dict[str, tuple[str, ...]] = {
    "categories": ("key", "name", "translations", "parent_id", "position"),
    "products": (
        "sku",
        "kind",
        "name",
        "translations",
        "price",
        "image_url",
        "allergens",
        "calories",
        "contains_alcohol",
        "alcohol_percentage",
    ),
    "groups": ("key", "kind", "name", "translations", "minimum", "maximum"),
    "modifiers": ("group_id", "key", "sku", "instruction_id", "name", "translations", "price", "position"),
}
# The first column of a link is the entry that it belongs to.
LINKS: dict[str, tuple[str, ...]] = {
    "placements": ("category_id", "product_id", "position"),
    "product_groups": ("product_id", "group_id", "position"),
    "nested_groups": ("modifier_id", "group_id", "position"),
}
_RICH_COLUMNS = frozenset(
    {"translations", "image_url", "allergens", "calories", "contains_alcohol", "alcohol_percentage"}
)

_LONGEST_NAME = 255
_LONGEST_ADDRESS = 1000


class HeldRow(NamedTuple):
    """A row that we hold. Links are never archived."""

    id: uuid.UUID
    archived: bool
    values: Values


@dataclass
class HeldMenu:
    """The venue's rows by table and identity: a category's or group's key, a product's SKU, a modifier's group key and
    own key, and for links the ids of both ends."""

    entries: Mapping[str, Mapping[Key, HeldRow]] = field(default_factory=lambda: {name: {} for name in ENTRIES})
    links: Mapping[str, Mapping[Key, HeldRow]] = field(default_factory=lambda: {name: {} for name in LINKS})
    languages: tuple[str, ...] = ()

    @property
    def has_products(self) -> bool:
        """Whether guests can order anything at the moment."""
        return any(not row.archived for row in self.entries["products"].values())

    def count_on_the_menu(self) -> int:
        """How many entries are not archived."""
        return sum(not row.archived for rows in self.entries.values() for row in rows.values())


@dataclass
class TablePlan:
    """What is to happen to one table. Rows are `(id, *values)`; archived links are deleted ones."""

    create: list[Values] = field(default_factory=list)
    update: list[Values] = field(default_factory=list)
    archive: list[uuid.UUID] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.archive)


@dataclass
class MenuPlan:
    """What is to happen to the whole menu, and in words what could not be taken over."""

    tables: dict[str, TablePlan]
    languages: tuple[str, ...]
    changes_languages: bool
    counts: dict[str, int]
    warnings: list[str]

    def __bool__(self) -> bool:
        return self.changes_languages or any(self.tables.values())


def plan_sync(*, snapshot: MenuSnapshot, held: HeldMenu, keep_descriptions: bool = False) -> MenuPlan:
    """Compares the POS's menu with what we hold.

    Identities survive: a row that is renamed, moved, priced anew or back from the archive keeps its id. When the POS
    could not deliver its rich content, the texts, images and allergens that we hold are kept. With `keep_descriptions`
    a product that we hold keeps its descriptions, also the empty ones, in every language that it has.

    Entries are counted in `counts` as created, updated, archived or unchanged; a changed link counts as an update of
    the entry that it belongs to.
    """
    wanted = _Wanted(held)
    wanted.add_all(snapshot)
    if snapshot.rich_content_missing:
        plan = compare(rows=wanted.rows, held=held, languages=held.languages, kept=_RICH_COLUMNS)
    else:
        languages = snapshot.languages
        if keep_descriptions:
            ours = _keep_descriptions(wanted.rows["products"], held.entries["products"])
            languages = (*languages, *sorted(ours.difference(languages)))
        plan = compare(rows=wanted.rows, held=held, languages=languages)
    plan.warnings += wanted.warnings
    return plan


def compare(
    *,
    rows: Mapping[str, Mapping[Key, Values]],
    held: HeldMenu,
    languages: tuple[str, ...],
    kept: frozenset[str] = frozenset(),
) -> MenuPlan:
    """What leads from the rows that we hold to these, `(id, *values)` by table and identity, ids as held where we hold
    the identity. The columns named by `kept` stay as they are in rows that we hold."""
    tables = {
        name: _diff(rows[name], held.entries[name], kept=_positions(columns, kept)) for name, columns in ENTRIES.items()
    } | {name: _diff(rows[name], held.links[name]) for name in LINKS}
    return MenuPlan(
        tables=tables,
        languages=languages,
        changes_languages=languages != held.languages,
        counts=_counts(tables, rows, held),
        warnings=[],
    )


class _Wanted:
    """The rows that the POS's menu asks for, with the ids that they have or are to have."""

    def __init__(self, held: HeldMenu) -> None:
        self._held = held
        self._fresh = _fresh_ids()
        self.rows: dict[str, dict[Key, Values]] = {name: {} for name in (*ENTRIES, *LINKS)}
        self.ids: dict[str, dict[Key, uuid.UUID]] = {name: {} for name in ENTRIES}
        self.warnings: list[str] = []

    def add_all(self, snapshot: MenuSnapshot) -> None:
        self._name("categories", (category.key for category in snapshot.categories))
        self._name("products", (product.sku for product in snapshot.products))
        self._name("groups", (group.key for group in snapshot.groups))
        self._name(
            "modifiers", ((group.key, modifier.key) for group in snapshot.groups for modifier in group.modifiers)
        )
        for product in snapshot.products:
            self._add_product(product)
        for position, category in enumerate(snapshot.categories):
            self._add_category(category, position)
        for group in snapshot.groups:
            self._add_group(group)

    def _name(self, table: str, keys: Iterable[Key]) -> None:
        ids, held = self.ids[table], self._held.entries[table]
        for key in keys:
            if key not in ids:
                row = held.get(key)
                ids[key] = row.id if row else next(self._fresh)

    def _add_category(self, category: MenuCategory, position: int) -> None:
        id = self.ids["categories"][category.key]
        parent = self.ids["categories"].get(category.parent) if category.parent else None
        self.rows["categories"][category.key] = (id, category.key, _name(category.name), {}, parent, position)
        self._link("placements", id, "products", category.products, said_by=f"the screen {category.name}")

    def _add_product(self, product: MenuProduct) -> None:
        id = self.ids["products"][product.sku]
        self.rows["products"][product.sku] = (
            id,
            product.sku,
            product.kind.value,
            _name(product.name),
            _texts(product.translations),
            to_money(product.price),
            product.image_url if len(product.image_url) <= _LONGEST_ADDRESS else "",
            list(product.allergens),
            product.calories,
            product.contains_alcohol,
            None if product.alcohol_percentage is None else to_money(product.alcohol_percentage),
        )
        self._link("product_groups", id, "groups", product.groups, said_by=f"{product.name} ({product.sku})")

    def _add_group(self, group: MenuModifierGroup) -> None:
        id = self.ids["groups"][group.key]
        self.rows["groups"][group.key] = (
            id,
            group.key,
            group.kind.value,
            _name(group.name),
            _texts(group.translations),
            group.minimum,
            group.maximum,
        )
        for position, modifier in enumerate(group.modifiers):
            self._add_modifier(group, id, modifier, position)

    def _add_modifier(
        self, group: MenuModifierGroup, group_id: uuid.UUID, modifier: MenuModifier, position: int
    ) -> None:
        key = (group.key, modifier.key)
        id = self.ids["modifiers"][key]
        self.rows["modifiers"][key] = (
            id,
            group_id,
            modifier.key,
            modifier.sku,
            modifier.instruction_id,
            _name(modifier.name),
            _texts(modifier.translations),
            to_money(modifier.price),
            position,
        )
        if modifier.groups:
            self._link("nested_groups", id, "groups", modifier.groups, said_by=f"{modifier.name} in {group.name}")

    def _link(self, table: str, owner: uuid.UUID, to: str, keys: tuple[str, ...], *, said_by: str) -> None:
        rows, held, ids = self.rows[table], self._held.links[table], self.ids[to]
        for position, key in enumerate(dict.fromkeys(keys)):
            member = ids.get(key)
            if member is None:
                self.warnings.append(f"{said_by} names {key}, which the menu does not have; left out.")
                continue
            row = held.get((owner, member))
            rows[owner, member] = (row.id if row else next(self._fresh), owner, member, position)


def _fresh_ids() -> Iterator[uuid.UUID]:
    """Random ids (version 4), as many as are asked for, drawn from the system by the thousand."""
    while True:
        drawn = os.urandom(16 * 1024)
        for start in range(0, len(drawn), 16):
            yield uuid.UUID(bytes=drawn[start : start + 16], version=4)


def _diff(
    wanted: Mapping[Key, Values], held: Mapping[Key, HeldRow], *, kept: frozenset[int] = frozenset()
) -> TablePlan:
    plan = TablePlan()
    for key, row in wanted.items():
        old = held.get(key)
        if old is None:
            plan.create.append(row)
            continue
        if kept:
            row = (row[0], *(old.values[i] if i in kept else value for i, value in enumerate(row[1:])))
        if old.archived or old.values != row[1:]:
            plan.update.append(row)
    plan.archive = [row.id for key, row in held.items() if key not in wanted and not row.archived]
    return plan


def _keep_descriptions(wanted: dict[Key, Values], held: Mapping[Key, HeldRow]) -> set[str]:
    """Puts our descriptions into the rows, and returns the languages that are ours alone."""
    ours: set[str] = set()
    at = ENTRIES["products"].index("translations")
    for sku, row in wanted.items():
        if (old := held.get(sku)) is None or old.values[at] == row[at + 1]:
            continue
        texts = {language: dict(text) for language, text in row[at + 1].items()}
        for language, text in old.values[at].items():
            if language in texts:
                texts[language]["description"] = text["description"]
            elif text["description"] or not text["name"]:
                texts[language] = {"name": "", "description": text["description"]}
                ours.add(language)
        wanted[sku] = (*row[: at + 1], texts, *row[at + 2 :])
    return ours


def _counts(
    tables: Mapping[str, TablePlan], wanted: Mapping[str, Mapping[Key, Values]], held: HeldMenu
) -> dict[str, int]:
    created = {row[0] for name in ENTRIES for row in tables[name].create}
    updated = {row[0] for name in ENTRIES for row in tables[name].update}
    archived = {id for name in ENTRIES for id in tables[name].archive}
    for name in LINKS:
        plan = tables[name]
        updated |= {row[1] for row in (*plan.create, *plan.update)}
        gone = set(plan.archive)
        updated |= {row.values[0] for row in held.links[name].values() if row.id in gone} if gone else set()
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


def _name(text: str) -> str:
    return text[:_LONGEST_NAME]


def _texts(translations: Translations) -> dict[str, dict[str, str]]:
    return {
        language: {"name": text.name, "description": text.description}
        for language, text in translations.items()
        if text.name or text.description
    }
