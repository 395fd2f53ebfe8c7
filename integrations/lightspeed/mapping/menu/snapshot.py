"""A loaded menu (version 2) as a snapshot. Pure: JSON in, values out; a menu is understood whole or refused whole.

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
from integrations.lightspeed.mapping.menu.choices import GroupReader, Warnings, name_of, orderable_sku, price_of
from integrations.lightspeed.mapping.menu.group_keys import GroupKeys, escaped, fitting
from integrations.lightspeed.mapping.menu.rich_content import LONGEST_NAME, rich_content
from integrations.pos import (
    MenuCategory,
    MenuModifierGroup,
    MenuProduct,
    MenuSnapshot,
    PosMenuName,
    ProductKind,
    StoredGroups,
)

# Goes up when the same JSON is read in another way than before, so that no venue keeps what the old way made of it.
MAPPING_VERSION = 4

_KINDS = {"menuItem": ProductKind.ITEM, "menuDeal": ProductKind.DEAL}
_LONGEST_COLOR = 32


def to_menu_names(menu_list: Any) -> tuple[PosMenuName, ...]:
    """The menus that can be loaded.

    Raises:
        BadAnswer: when the list is not as documented.
    """
    names = []
    for entry in as_objects(menu_list, "menu list"):
        menu_id = identifier(entry, "ikentooMenuId", "menu list")
        if not menu_id:
            raise malformed("menu list", "holds a menu without an id")
        names.append(PosMenuName(id=menu_id, name=text(entry, "menuName", "menu list") or menu_id))
    return tuple(names)


class SubScreens(StrEnum):
    """What becomes of screens inside of screens. Their keys, and so their ids, are the same either way."""

    NESTED = "nested"
    """Categories with a parent."""
    CATEGORIES = "categories"
    """Categories without a parent."""
    FLATTENED = "flattened"
    """No categories: what stands on them stands on their outermost screen, where they stood."""


@dataclass(frozen=True)
class MenuRead:
    """A menu as a snapshot, and what is worth remembering of the reading."""

    snapshot: MenuSnapshot
    warnings: dict[int, tuple[str, ...]]
    """By the number of the entry that they are about, in the order of the menu, screens not counted."""
    languages: dict[str, frozenset[str]]
    """In which a product and what can be chosen on it have texts, by SKU."""


def to_snapshot(
    menu: Any, *, sub_screens: SubScreens = SubScreens.NESTED, held: StoredGroups | None = None
) -> MenuSnapshot:
    """The whole menu, flat.

    Screens become categories, items and deals become products once however many screens they stand on, and what can be
    chosen on them becomes groups. What no order could name (no SKU, a SKU that is too long, a price in per cent) is
    left out with a warning.

    Raises:
        BadAnswer: when any part is not as documented; the detail says where.
    """
    return read_menu(menu, sub_screens=sub_screens, held=held).snapshot


def read_menu(menu: Any, *, sub_screens: SubScreens, held: StoredGroups | None) -> MenuRead:
    """As `to_snapshot`, with what is worth remembering. Raises `BadAnswer` likewise."""
    try:
        return _Reader(sub_screens, held).read(as_object(menu, "menu"))
    except RecursionError:
        raise malformed("menu", "is nested too deeply") from None


class _Reader:
    """One pass over one menu."""

    def __init__(self, sub_screens: SubScreens, held: StoredGroups | None) -> None:
        self._sub_screens = sub_screens
        self._warnings = Warnings()
        self._group_reader = GroupReader(self._warnings)
        self._group_keys = GroupKeys(held)
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
            warnings=each_once(warnings),
        )
        return MenuRead(snapshot, warnings, languages)

    def _read_screen(self, screen: Json, *, parent: str, keys: "_ScreenKeys", where: str) -> None:
        name = text(screen, "name", where)[:LONGEST_NAME]
        where = f"{where}, screen {name}"
        key = keys.key_of(screen_id=identifier(screen, "id", where), name=name, parent=parent)
        color = text(screen, "color", where)[:_LONGEST_COLOR]
        # Its place comes before those of its sub-screens.
        place = len(self._categories)
        shown_parent = parent if self._sub_screens == SubScreens.NESTED else ""
        self._categories.append(MenuCategory(key=key, name=name, parent=shown_parent, products=(), color=color))
        skus: dict[str, None] = {}
        self._read_entries(screen, name, key=key, keys=keys, where=where, skus=skus)
        self._categories[place] = replace(self._categories[place], products=tuple(skus))

    def _read_entries(
        self, screen: Json, name: str, *, key: str, keys: "_ScreenKeys", where: str, skus: dict[str, None]
    ) -> None:
        """Notes what stands on a screen, its sub-screens included; `skus` gets what is to stand on its category."""
        for entry in objects(screen, "menuEntry", where):
            kind = text(entry, "@type", where)
            if not is_screen(entry):
                self._warnings.begin_entry()
            if is_screen(entry) and self._sub_screens == SubScreens.FLATTENED:
                inner = text(entry, "name", where)[:LONGEST_NAME]
                self._read_entries(entry, inner, key=key, keys=keys, where=f"{where}, screen {inner}", skus=skus)
            elif is_screen(entry):
                self._read_screen(entry, parent=key, keys=keys, where=where)
            elif kind in _KINDS:
                if sku := self._read_product(entry, _KINDS[kind], name, where):
                    skus[sku] = None
            elif kind:
                self._warnings.add(f"{name_of(entry, where)} on the screen {name} is of an unknown kind: {kind[:40]}.")
            else:
                raise malformed(where, "holds an entry without @type")

    def _read_product(self, entry: Json, kind: ProductKind, screen: str, where: str) -> str:
        """The SKU, once the product is noted; empty when it is none."""
        name = name_of(entry, where)
        where = f"{where}, {name}"
        if flag(entry, "asSubItem", where):
            return ""
        sku = orderable_sku(entry, where, f"{name} on the screen {screen}", self._warnings)
        if not sku:
            return ""
        rich = rich_content(entry, where)
        product = MenuProduct(
            sku=sku,
            kind=kind,
            name=name,
            price=price_of(entry, where),
            image_url=rich.image_url,
            allergens=rich.allergens,
            calories=rich.calories,
            contains_alcohol=rich.contains_alcohol,
            alcohol_percentage=rich.alcohol_percentage,
            translations=rich.translations,
        )
        self._group_keys.collect(owner=sku, drafts=self._group_reader.groups_of(entry, where))
        first = self._products.setdefault(sku, product)
        if (first.price, first.kind) != (product.price, product.kind):
            self._warnings.add(
                f"The SKU {sku} stands for {first.name} at {first.price} and for {name} at {product.price}; "
                "the first is used."
            )
        return sku


class _ScreenKeys:
    """A screen's key is its id at the POS. Old menus have none, and one screen can be linked from several others."""

    def __init__(self, screens: list[Json]) -> None:
        self._times = Counter(_screen_ids(screens))
        self._given: Counter[str] = Counter()

    def key_of(self, *, screen_id: str, name: str, parent: str) -> str:
        """Unique in the menu; by its parent and name where the id does not tell it apart."""
        if self._times[screen_id] == 1:
            return fitting(escaped(screen_id))
        key = f"{escaped(screen_id) or f'path:{escaped(name)}'}@{parent}"
        self._given[key] += 1
        return fitting(key if self._given[key] == 1 else f"{key}#{self._given[key]}")


def _screen_ids(screens: list[Json]) -> Iterator[str]:
    for screen in screens:
        if screen_id := identifier(screen, "id", "menu"):
            yield screen_id
        yield from _screen_ids([entry for entry in objects(screen, "menuEntry", "menu") if is_screen(entry)])


def is_screen(entry: Json) -> bool:
    """Whether a menu entry is a sub-screen."""
    return entry.get("@type") == "group"


def each_once(warnings: Mapping[int, Iterable[str]]) -> tuple[str, ...]:
    """The sentences about all entries, in the order of the menu."""
    return tuple(dict.fromkeys(sentence for number in sorted(warnings) for sentence in warnings[number]))


def _languages(products: tuple[MenuProduct, ...], groups: tuple[MenuModifierGroup, ...]) -> dict[str, frozenset[str]]:
    """By SKU. Most products have the same ones, so each set is made once."""
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
