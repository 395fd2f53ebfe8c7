"""What one location can sell: its menus, indexed by SKU as the till sees them."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.sandbox.amounts import decimal, pennies
from integrations.sandbox.data.drinks import HAPPY_HOUR
from integrations.sandbox.data.menus import ALL_DAY, BRUNCH, ONLINE_MENU, OPEN_PRICE_ITEMS
from integrations.sandbox.data.venue import HIGH_STREET, RIVERSIDE

Json = dict[str, Any]

PROFILE_PRICES: dict[str, dict[str, Decimal]] = {"happyhour": HAPPY_HOUR}


@dataclass(frozen=True)
class Choice:
    """An item that can be chosen on another one: as a modifier, or as part of a deal."""

    item: Json
    in_deal: bool


class Catalogue:
    """The menus of a location, and everything that they and its other items hold, by SKU."""

    def __init__(self, menus: list[Json], other_items: list[Json]) -> None:
        self.menus: dict[int, Json] = {int(menu["ikentooMenuId"]): copy.deepcopy(menu) for menu in menus}
        self._other_items = other_items
        self._index: dict[str, list[Json]] = {}
        self._reindex()

    def replace_menu(self, number: int, menu: Json) -> None:
        """Take a new menu in the place of an old one."""
        self.menus[number] = menu
        self._reindex()

    def find(self, sku: str) -> list[Json]:
        """Return every entry with this SKU; one item can stand on several screens."""
        return self._index.get(sku, [])

    def sellable(self) -> list[Json]:
        """Return the items and deals that a person can put on a check, once each, in the menu's order."""
        seen: dict[str, Json] = {}
        for menu in self.menus.values():
            for entry in top_entries(menu):
                if entry.get("sku"):
                    seen.setdefault(entry["sku"], entry)
        return list(seen.values())

    def _reindex(self) -> None:
        self._index = {}
        for entry in self._other_items:
            self._add(entry)
        for menu in self.menus.values():
            for entry in top_entries(menu):
                self._add(entry)

    def _add(self, entry: Json) -> None:
        if entry.get("sku"):
            self._index.setdefault(entry["sku"], []).append(entry)
        for choice in choices_of(entry):
            self._add(choice.item)


def top_entries(menu: Json) -> Iterator[Json]:
    """Walk a menu's items and deals through its screens and sub-screens."""
    for group in menu.get("menuEntryGroups") or []:
        yield from _entries(group)


def _entries(group: Json) -> Iterator[Json]:
    for entry in group.get("menuEntry") or []:
        if entry.get("@type") == "group":
            yield from _entries(entry)
        else:
            yield entry


def choices_of(entry: Json) -> Iterator[Choice]:
    """Walk what can be chosen on an item or deal, one level down."""
    for group in entry.get("menuModifierGroups") or []:
        for modifier in group.get("productModifiers") or []:
            yield Choice(modifier, in_deal=False)
    for group in entry.get("menuDealGroups") or []:
        for item in group.get("items") or []:
            yield Choice(item, in_deal=True)


def instructions_of(entry: Json) -> dict[str, str]:
    """Return an item's production instructions: their ids, as orders write them, and their texts."""
    return {
        str(instruction["ikentooModifierId"]): instruction["instruction"]
        for group in entry.get("productionInstructionList") or []
        for instruction in group.get("productionInstructionList") or []
    }


def list_price(entry: Json, profile: str | None) -> Decimal:
    """Return an item's price under an order profile, before tax that is not in it."""
    special = PROFILE_PRICES.get(profile or "", {}).get(entry.get("sku") or "")
    return decimal(entry.get("productPrice")) if special is None else special


def guest_price(entry: Json, profile: str | None) -> Decimal:
    """Return what a guest pays for an item: its price, and the tax when that is not in it."""
    tax = decimal(entry.get("defaultTaxAmount")) if entry.get("taxIncludedInPrice") is False else Decimal(0)
    return pennies(list_price(entry, profile) + tax)


def opening_catalogues() -> dict[int, Catalogue]:
    """Return what the locations sell when the sandbox starts."""
    return {
        HIGH_STREET: Catalogue([ONLINE_MENU], OPEN_PRICE_ITEMS),
        RIVERSIDE: Catalogue([ALL_DAY, BRUNCH], OPEN_PRICE_ITEMS),
    }
