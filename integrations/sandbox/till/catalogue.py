"""A location's sellable items: its menus, indexed by SKU."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.sandbox.amounts import Currency, decimal
from integrations.sandbox.behaviour.habits import Habits
from integrations.sandbox.data.builders import screen
from integrations.sandbox.data.extras import extra_entries
from integrations.sandbox.data.menus import ALL_DAY, BRUNCH, ONLINE_MENU, OPEN_PRICE_ITEMS
from integrations.sandbox.data.venue import HIGH_STREET, RIVERSIDE

Json = dict[str, Any]

EXTRAS_SCREEN = "3099"


@dataclass(frozen=True)
class Choice:
    """An item that can be chosen on another item: a modifier, or an item of a deal."""

    item: Json
    in_deal: bool


class Catalogue:
    """A location's menus, with an index of all items in and beside them by SKU."""

    def __init__(self, menus: list[Json], other_items: list[Json]) -> None:
        self.menus: dict[int, Json] = {int(menu["ikentooMenuId"]): copy.deepcopy(menu) for menu in menus}
        self._other_items = other_items
        self._replaced: set[int] = set()
        self._index: dict[str, list[Json]] = {}
        self._reindex()

    def replace_menu(self, number: int, menu: Json) -> None:
        """Replace a menu. From then on it is exactly as given: no extras are shown on it."""
        self.menus[number] = menu
        self._replaced.add(number)
        self._reindex()

    def show_extras(self, entries: Sequence[Json]) -> None:
        """Show these entries, and no others, on a screen of their own on the first menu unless that was replaced."""
        number, menu = next(iter(self.menus.items()))
        if number in self._replaced:
            return
        groups = [group for group in menu.get("menuEntryGroups") or [] if group.get("id") != EXTRAS_SCREEN]
        if entries:
            groups.append(screen(EXTRAS_SCREEN, "Extras", copy.deepcopy(list(entries))))
        menu["menuEntryGroups"] = groups
        self._reindex()

    def find(self, sku: str) -> list[Json]:
        """Return every entry with this SKU. An item can be on several screens."""
        return self._index.get(sku, [])

    def sellable(self) -> list[Json]:
        """Return each item and deal with a SKU once, in menu order."""
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
    """Yield a menu's items and deals from all screens and sub-screens."""
    for group in menu.get("menuEntryGroups") or []:
        yield from _entries(group)


def _entries(group: Json) -> Iterator[Json]:
    for entry in group.get("menuEntry") or []:
        match entry.get("@type"):
            case "group":
                yield from _entries(entry)
            case "menuProductModifier":
                # Only sold as part of an item, even when it is on a screen itself.
                continue
            case _:
                yield entry


def choices_of(entry: Json) -> Iterator[Choice]:
    """Yield what can be chosen on an item or deal, one level deep."""
    for group in entry.get("menuModifierGroups") or []:
        for modifier in group.get("productModifiers") or []:
            yield Choice(modifier, in_deal=False)
    for group in entry.get("menuDealGroups") or []:
        for item in group.get("items") or []:
            yield Choice(item, in_deal=True)


def instructions_of(entry: Json) -> dict[str, str]:
    """Return an item's production instructions: texts by id, with ids as strings, as orders send them."""
    return {
        str(instruction["ikentooModifierId"]): instruction["instruction"]
        for group in entry.get("productionInstructionList") or []
        for instruction in group.get("productionInstructionList") or []
    }


def tax_rate(entry: Json) -> Decimal:
    """Return an item's tax in per cent; where only the amount is given, what it is of the price."""
    rate, amount, price = (
        decimal(entry.get(name)) for name in ("defaultTaxPercentage", "defaultTaxAmount", "productPrice")
    )
    if rate or not price or entry.get("taxIncludedInPrice") is not False:
        return rate
    return amount / price * 100


def list_price(entry: Json, prices: Mapping[str, Decimal]) -> Decimal:
    """Return an item's price in a price list, as the menu shows it: before tax that is not included."""
    special = prices.get(entry.get("sku") or "")
    return decimal(entry.get("productPrice")) if special is None else special


def guest_price(entry: Json, prices: Mapping[str, Decimal], currency: Currency) -> Decimal:
    """Return what a guest pays for one piece: its price, plus the tax if that is not included."""
    price = list_price(entry, prices)
    if entry.get("taxIncludedInPrice") is not False:
        return currency.rounded(price)
    if (entry.get("sku") or "") in prices:
        return currency.rounded(price * (1 + tax_rate(entry) / 100))
    return currency.rounded(price + decimal(entry.get("defaultTaxAmount")))


def opening_catalogues(habits: Habits) -> dict[int, Catalogue]:
    """Return what the locations sell when the sandbox starts."""
    catalogues = {
        HIGH_STREET: Catalogue([ONLINE_MENU], OPEN_PRICE_ITEMS),
        RIVERSIDE: Catalogue([ALL_DAY, BRUNCH], OPEN_PRICE_ITEMS),
    }
    for location, catalogue in catalogues.items():
        catalogue.show_extras(extra_entries(location, habits))
    return catalogues
