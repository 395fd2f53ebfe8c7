"""Map a loaded menu (version 2) to a snapshot, all of it or not at all. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from integrations.lightspeed.mapping.json_fields import (
    Json,
    as_object,
    as_objects,
    flag,
    identifier,
    malformed,
    objects,
    text,
)
from integrations.lightspeed.mapping.menu.choices import GroupReader, Prices, Warnings, name_of, orderable_sku
from integrations.lightspeed.mapping.menu.group_keys import GroupKeys, escape, fit_to_column
from integrations.lightspeed.mapping.menu.prices import price_of
from integrations.lightspeed.mapping.menu.rich_content import MAX_NAME_LENGTH, rich_content
from integrations.pos import (
    MenuCategory,
    MenuModifierGroup,
    MenuProduct,
    MenuSnapshot,
    PosMenuName,
    ProductKind,
    StoredGroups,
)

# Increase this when the same JSON is mapped differently, so that every venue's menu is read again.
MAPPING_VERSION = 8

_KINDS = {"menuItem": ProductKind.ITEM, "menuDeal": ProductKind.DEAL}
# Lightspeed shows it to staff only: a modifier is sold as part of an item, not alone.
_MODIFIER_ON_A_SCREEN = "menuProductModifier"
_LONGEST_COLOR = 32


def to_menu_names(menu_list: Any) -> tuple[PosMenuName, ...]:
    """Return the menus that can be loaded.

    Raises:
        BadAnswer: the list is not as documented.
    """
    names = []
    for entry in as_objects(menu_list, "menu list"):
        menu_id = identifier(entry, "ikentooMenuId", "menu list")
        if not menu_id:
            raise malformed("menu list", "holds a menu without an id")
        names.append(PosMenuName(id=menu_id, name=text(entry, "menuName", "menu list") or menu_id))
    return tuple(names)


class SubScreens(StrEnum):
    """How screens within screens are mapped. Their keys, and so their ids, are the same either way."""

    NESTED = "nested"
    """Categories with a parent."""
    CATEGORIES = "categories"
    """Categories without a parent."""
    FLATTENED = "flattened"
    """No categories: their items appear in the outermost screen's category, in their place."""


@dataclass(frozen=True)
class MenuRead:
    """A snapshot, with what a checkpoint needs."""

    snapshot: MenuSnapshot
    warnings: dict[int, tuple[str, ...]]
    """By the number of the entry they are about, in the order of the menu, not counting screens."""
    languages: dict[str, frozenset[str]]
    """The languages of a product's texts and its choices' texts, by SKU."""


def to_snapshot(
    menu: Any, *, currency: str, sub_screens: SubScreens = SubScreens.NESTED, stored: StoredGroups | None = None
) -> MenuSnapshot:
    """Return the whole menu, flat.

    Screens become categories; items and deals become products, once even if they are on several screens; their choices
    become groups. What cannot be ordered (no SKU, a SKU that is too long, a percentage price) is left out with a
    warning. Prices are rounded as the till rounds the venue's `currency`, with a warning where that changes them.

    Raises:
        BadAnswer: a part is not as documented; the detail says where.
    """
    return read_menu(menu, currency=currency, sub_screens=sub_screens, stored=stored).snapshot


def read_menu(menu: Any, *, currency: str, sub_screens: SubScreens, stored: StoredGroups | None) -> MenuRead:
    """Do the same as `to_snapshot` and return what a checkpoint needs too. Raises `BadAnswer` likewise."""
    try:
        return _Reader(currency, sub_screens, stored).read(as_object(menu, "menu"))
    except RecursionError:
        raise malformed("menu", "is nested too deeply") from None


class _Reader:
    """One pass over one menu."""

    def __init__(self, currency: str, sub_screens: SubScreens, stored: StoredGroups | None) -> None:
        self._sub_screens = sub_screens
        self._warnings = Warnings()
        self._prices = Prices(currency, self._warnings)
        self._group_reader = GroupReader(self._prices)
        self._group_keys = GroupKeys(stored)
        self._products: dict[str, MenuProduct] = {}
        self._categories: list[MenuCategory] = []

    def read(self, menu: Json) -> MenuRead:
        if menu.get("menuEntryGroups") is None:
            raise malformed("menu", "has no menuEntryGroups")
        screens = objects(menu, "menuEntryGroups", "menu")
        keys = _ScreenKeys(screens)
        for screen in screens:
            self._read_screen(screen, parent="", keys=keys, where="menu")
        products = tuple(
            replace(product, groups=self._group_keys.resolve(owner=product.sku)) for product in self._products.values()
        )
        texts_missing = flag(menu, "richDataMissing", "menu")
        groups = self._group_keys.groups(texts_missing=texts_missing)
        languages = _languages(products, groups)
        warnings = self._warnings.by_entry()
        snapshot = MenuSnapshot(
            menu_id=identifier(menu, "ikentooMenuId", "menu"),
            name=text(menu, "menuName", "menu"),
            categories=tuple(self._categories),
            products=products,
            groups=groups,
            languages=tuple(sorted(frozenset().union(*languages.values()))),
            rich_content_missing=texts_missing,
            warnings=distinct_warnings(warnings),
        )
        return MenuRead(snapshot, warnings, languages)

    def _read_screen(self, screen: Json, *, parent: str, keys: "_ScreenKeys", where: str) -> None:
        name = text(screen, "name", where)[:MAX_NAME_LENGTH]
        where = f"{where}, screen {name}"
        key = keys.key_of(screen_id=identifier(screen, "id", where), name=name, parent=parent)
        color = text(screen, "color", where)[:_LONGEST_COLOR]
        # A category comes before those of its sub-screens, whose products are read first.
        place = len(self._categories)
        shown_parent = parent if self._sub_screens == SubScreens.NESTED else ""
        self._categories.append(MenuCategory(key=key, name=name, parent=shown_parent, products=(), color=color))
        skus: dict[str, None] = {}
        self._read_entries(screen, name, key=key, keys=keys, where=where, skus=skus)
        self._categories[place] = replace(self._categories[place], products=tuple(skus))

    def _read_entries(
        self, screen: Json, name: str, *, key: str, keys: "_ScreenKeys", where: str, skus: dict[str, None]
    ) -> None:
        """Read a screen's entries, sub-screens included; add the SKUs of its own category to `skus`."""
        for entry in objects(screen, "menuEntry", where):
            kind = text(entry, "@type", where)
            if not is_screen(entry):
                self._warnings.begin_entry()
            if is_screen(entry) and self._sub_screens == SubScreens.FLATTENED:
                inner = text(entry, "name", where)[:MAX_NAME_LENGTH]
                self._read_entries(entry, inner, key=key, keys=keys, where=f"{where}, screen {inner}", skus=skus)
            elif is_screen(entry):
                self._read_screen(entry, parent=key, keys=keys, where=where)
            elif kind in _KINDS:
                if sku := self._read_product(entry, _KINDS[kind], name, where):
                    skus[sku] = None
            elif kind and kind != _MODIFIER_ON_A_SCREEN:
                self._warnings.add(f"{name_of(entry, where)} on the screen {name} is of an unknown kind: {kind[:40]}.")
            elif not kind:
                raise malformed(where, "holds an entry without @type")

    def _read_product(self, entry: Json, kind: ProductKind, screen: str, where: str) -> str:
        """Read a product and return its SKU; empty if the entry is not a product of its own."""
        name = name_of(entry, where)
        where = f"{where}, {name}"
        if flag(entry, "asSubItem", where):
            return ""
        sku = orderable_sku(entry, where, f"{name} on the screen {screen}", self._warnings)
        if not sku:
            return ""
        rich = rich_content(entry, where)
        price, rules = price_of(entry, where, self._prices.currency)
        self._prices.warn_if_rounded(entry, name, price, where)
        product = MenuProduct(
            sku=sku,
            kind=kind,
            name=name,
            price=price,
            image_url=rich.image_url,
            allergens=rich.allergens,
            calories=rich.calories,
            contains_alcohol=rich.contains_alcohol,
            alcohol_percentage=rich.alcohol_percentage,
            translations=rich.translations,
            rules=rules,
        )
        self._group_keys.collect(owner=sku, drafts=self._group_reader.groups_of(entry, where))
        first = self._products.setdefault(sku, product)
        if (first.price, first.kind) != (product.price, product.kind):
            self._warnings.add(
                f"The SKU {sku} belongs to {first.name} at {first.price} and to {name} at {product.price}; "
                "the first is used."
            )
        return sku


class _ScreenKeys:
    """Keys of screens: the id at the POS. Old menus have no ids, and a screen can be linked from several others."""

    def __init__(self, screens: list[Json]) -> None:
        self._id_counts = Counter(_screen_ids(screens))
        self._key_counts: Counter[str] = Counter()

    def key_of(self, *, screen_id: str, name: str, parent: str) -> str:
        """Return a key that is unique in the menu, made from the parent and the name if the id is not unique."""
        if self._id_counts[screen_id] == 1:
            return fit_to_column(escape(screen_id))
        key = f"{escape(screen_id) or f'path:{escape(name)}'}@{parent}"
        self._key_counts[key] += 1
        return fit_to_column(key if self._key_counts[key] == 1 else f"{key}#{self._key_counts[key]}")


def _screen_ids(screens: list[Json]) -> Iterator[str]:
    for screen in screens:
        if screen_id := identifier(screen, "id", "menu"):
            yield screen_id
        yield from _screen_ids([entry for entry in objects(screen, "menuEntry", "menu") if is_screen(entry)])


def is_screen(entry: Json) -> bool:
    """Return whether a menu entry is a sub-screen."""
    return entry.get("@type") == "group"


def distinct_warnings(warnings: Mapping[int, Iterable[str]]) -> tuple[str, ...]:
    """Return the warnings of all entries without duplicates, in the order of the menu."""
    return tuple(dict.fromkeys(sentence for number in sorted(warnings) for sentence in warnings[number]))


def _languages(products: tuple[MenuProduct, ...], groups: tuple[MenuModifierGroup, ...]) -> dict[str, frozenset[str]]:
    """Return each product's languages, by SKU. Most products have the same, so equal sets share one object."""
    by_key = {group.key: group for group in groups}
    known: dict[str, frozenset[str]] = {}
    same: dict[frozenset[str], frozenset[str]] = {}
    every: dict[str, frozenset[str]] = {}
    for product in products:
        below = (_languages_below(key, by_key, known) for key in product.groups)
        found = frozenset(product.translations).union(*below)
        every[product.sku] = same.setdefault(found, found)
    return every


def _languages_below(
    key: str, groups: Mapping[str, MenuModifierGroup], known: dict[str, frozenset[str]]
) -> frozenset[str]:
    if key not in known:
        found = set(groups[key].translations)
        for modifier in groups[key].modifiers:
            found.update(modifier.translations)
            for nested in modifier.groups:
                found |= _languages_below(nested, groups, known)
        known[key] = frozenset(found)
    return known[key]
