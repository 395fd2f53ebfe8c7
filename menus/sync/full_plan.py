"""The plan of a full sync: the POS's menu compared with the stored rows. Pure."""

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping

from integrations.pos import MenuCategory, MenuModifier, MenuModifierGroup, MenuProduct, MenuSnapshot, Translations
from menus.sync.diff import ENTRIES, LINKS, Key, MenuPlan, StoredMenu, StoredRow, Values, compare
from storekit.money import round_money

_RICH_COLUMNS = frozenset(
    {"translations", "image_url", "allergens", "calories", "contains_alcohol", "alcohol_percentage"}
)

_LONGEST_NAME = 255
_LONGEST_ADDRESS = 1000


def plan_sync(*, snapshot: MenuSnapshot, stored: StoredMenu, keep_descriptions: bool = False) -> MenuPlan:
    """Return the plan that turns the stored menu into the POS's menu.

    Ids survive: a row that is renamed, moved, repriced or unarchived keeps its id. If the POS could not deliver its
    rich content, the stored texts, images and allergens are kept. With `keep_descriptions`, a stored product keeps its
    descriptions, empty ones included, in every language that it has.

    `counts` counts entries as created, updated, archived or unchanged; a changed link counts as an update of the entry
    that it belongs to.
    """
    target = _TargetRows(stored)
    target.add_all(snapshot)
    if snapshot.rich_content_missing:
        plan = compare(rows=target.rows, stored=stored, languages=stored.languages, kept=_RICH_COLUMNS)
    else:
        languages = snapshot.languages
        if keep_descriptions:
            extra = _keep_descriptions(target.rows["products"], stored.entries["products"])
            languages = (*languages, *sorted(extra.difference(languages)))
        plan = compare(rows=target.rows, stored=stored, languages=languages)
    plan.warnings += target.warnings
    return plan


class _TargetRows:
    """The rows of the POS's menu, with their stored ids or new ones."""

    def __init__(self, stored: StoredMenu) -> None:
        self._stored = stored
        self._fresh = _fresh_ids()
        self.rows: dict[str, dict[Key, Values]] = {name: {} for name in (*ENTRIES, *LINKS)}
        self.ids: dict[str, dict[Key, uuid.UUID]] = {name: {} for name in ENTRIES}
        self.warnings: list[str] = []

    def add_all(self, snapshot: MenuSnapshot) -> None:
        self._assign_ids("categories", (category.key for category in snapshot.categories))
        self._assign_ids("products", (product.sku for product in snapshot.products))
        self._assign_ids("groups", (group.key for group in snapshot.groups))
        self._assign_ids(
            "modifiers", ((group.key, modifier.key) for group in snapshot.groups for modifier in group.modifiers)
        )
        for product in snapshot.products:
            self._add_product(product)
        for position, category in enumerate(snapshot.categories):
            self._add_category(category, position)
        for group in snapshot.groups:
            self._add_group(group)

    def _assign_ids(self, table: str, keys: Iterable[Key]) -> None:
        ids, stored = self.ids[table], self._stored.entries[table]
        for key in keys:
            if key not in ids:
                row = stored.get(key)
                ids[key] = row.id if row else next(self._fresh)

    def _add_category(self, category: MenuCategory, position: int) -> None:
        id = self.ids["categories"][category.key]
        parent = self.ids["categories"].get(category.parent) if category.parent else None
        self.rows["categories"][category.key] = (id, category.key, _truncate(category.name), {}, parent, position)
        self._link("placements", id, "products", category.products, source=f"The screen {category.name}")

    def _add_product(self, product: MenuProduct) -> None:
        id = self.ids["products"][product.sku]
        self.rows["products"][product.sku] = (
            id,
            product.sku,
            product.kind.value,
            _truncate(product.name),
            _texts(product.translations),
            *price_columns(product, self._stored.currency),
            product.image_url if len(product.image_url) <= _LONGEST_ADDRESS else "",
            list(product.allergens),
            product.calories,
            product.contains_alcohol,
            None if product.alcohol_percentage is None else round(product.alcohol_percentage, 2),
        )
        self._link("product_groups", id, "groups", product.groups, source=f"{product.name} ({product.sku})")

    def _add_group(self, group: MenuModifierGroup) -> None:
        id = self.ids["groups"][group.key]
        self.rows["groups"][group.key] = (
            id,
            group.key,
            group.kind.value,
            _truncate(group.name),
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
            _truncate(modifier.name),
            _texts(modifier.translations),
            *price_columns(modifier, self._stored.currency),
            position,
        )
        if modifier.groups:
            self._link("nested_groups", id, "groups", modifier.groups, source=f"{modifier.name} in {group.name}")

    def _link(self, table: str, owner: uuid.UUID, to: str, keys: tuple[str, ...], *, source: str) -> None:
        rows, stored, ids = self.rows[table], self._stored.links[table], self.ids[to]
        for position, key in enumerate(dict.fromkeys(keys)):
            member = ids.get(key)
            if member is None:
                self.warnings.append(f"{source} refers to {key}, which is not on the menu; left out.")
                continue
            row = stored.get((owner, member))
            rows[owner, member] = (row.id if row else next(self._fresh), owner, member, position)


def price_columns(entry: MenuProduct | MenuModifier, currency: str) -> Values:
    """Return the values of `PRICE_COLUMNS`."""
    rules = entry.rules
    return (
        round_money(entry.price, currency),
        rules.exact_price,
        rules.tax_rate,
        rules.tax_at_till,
        rules.custom_name,
        rules.custom_price.value,
        {type: f"{price.normalize():f}" for type, price in rules.prices},
    )


def _fresh_ids() -> Iterator[uuid.UUID]:
    """Yield random ids (UUID version 4), a thousand per call to the system's random source."""
    while True:
        chunk = os.urandom(16 * 1024)
        for start in range(0, len(chunk), 16):
            yield uuid.UUID(bytes=chunk[start : start + 16], version=4)


def _keep_descriptions(rows: dict[Key, Values], stored: Mapping[Key, StoredRow]) -> set[str]:
    """Put the stored descriptions into the rows, and return the languages that only they have."""
    extra: set[str] = set()
    at = ENTRIES["products"].index("translations")
    for sku, row in rows.items():
        if (old := stored.get(sku)) is None or old.values[at] == row[at + 1]:
            continue
        texts = {language: dict(text) for language, text in row[at + 1].items()}
        for language, text in old.values[at].items():
            if language in texts:
                texts[language]["description"] = text["description"]
            elif text["description"] or not text["name"]:
                texts[language] = {"name": "", "description": text["description"]}
                extra.add(language)
        rows[sku] = (*row[: at + 1], texts, *row[at + 2 :])
    return extra


def _truncate(text: str) -> str:
    return text[:_LONGEST_NAME]


def _texts(translations: Translations) -> dict[str, dict[str, str]]:
    return {
        language: {"name": text.name, "description": text.description}
        for language, text in translations.items()
        if text.name or text.description
    }
