"""What a sync would do: the POS's menu compared with the rows that we hold. Pure; nothing is read or written here."""

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping

from integrations.money import to_money
from integrations.pos import MenuCategory, MenuModifier, MenuModifierGroup, MenuProduct, MenuSnapshot, Translations
from menus.sync.diff import ENTRIES, LINKS, Key, MenuPlan, StoredMenu, StoredRow, Values, compare

_RICH_COLUMNS = frozenset(
    {"translations", "image_url", "allergens", "calories", "contains_alcohol", "alcohol_percentage"}
)

_LONGEST_NAME = 255
_LONGEST_ADDRESS = 1000


def plan_sync(*, snapshot: MenuSnapshot, held: StoredMenu, keep_descriptions: bool = False) -> MenuPlan:
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


class _Wanted:
    """The rows that the POS's menu asks for, with the ids that they have or are to have."""

    def __init__(self, held: StoredMenu) -> None:
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


def _keep_descriptions(wanted: dict[Key, Values], held: Mapping[Key, StoredRow]) -> set[str]:
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


def _name(text: str) -> str:
    return text[:_LONGEST_NAME]


def _texts(translations: Translations) -> dict[str, dict[str, str]]:
    return {
        language: {"name": text.name, "description": text.description}
        for language, text in translations.items()
        if text.name or text.description
    }
