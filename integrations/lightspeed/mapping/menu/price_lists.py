"""Combine a menu with the same menu at the prices of other order profiles. No HTTP, no database."""

from collections import defaultdict
from collections.abc import Iterator

from integrations.lightspeed.mapping.json_fields import Json, as_object, identifier, objects, text
from integrations.lightspeed.mapping.menu.parser import ParsedMenu
from integrations.lightspeed.mapping.menu.prices import PRICE_FIELDS, PRICE_LISTS

# The fields that hold what an entry, a screen or a group leads to.
_PARTS = ("menuEntryGroups", "menuEntry", "menuDealGroups", "menuModifierGroups", "items", "productModifiers")


def add_price_list(menu: ParsedMenu, other: ParsedMenu, *, types: tuple[str, ...]) -> None:
    """Put into each entry its counterpart in the other menu, if that has another price, for `price_of` to read.

    What only the other menu has is left out: the first menu decides what is sold.

    Raises:
        BadAnswer: a part of one of them is not as documented.
    """
    waiting = [(as_object(menu.menu, "menu"), as_object(other.menu, "menu"))]
    while waiting:
        ours, theirs = waiting.pop()
        if any(ours.get(name) != theirs.get(name) for name in PRICE_FIELDS):
            counterparts = ours.setdefault(PRICE_LISTS, {})
            counterparts |= dict.fromkeys(types, theirs)
        for part in _PARTS:
            if ours.get(part) and theirs.get(part):
                waiting += _pairs(objects(ours, part, "menu"), objects(theirs, part, "menu"))


def _pairs(ours: list[Json], theirs: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield the entries that are the same in both lists: those of one identity, in their order."""
    by_identity: defaultdict[tuple[str, ...], list[Json]] = defaultdict(list)
    for entry in reversed(theirs):
        by_identity[_identity(entry)].append(entry)
    for entry in ours:
        if same := by_identity[_identity(entry)]:
            yield entry, same.pop()


def _identity(entry: Json) -> tuple[str, ...]:
    ids = [identifier(entry, name, "menu") for name in ("sku", "id")]
    names = [text(entry, name, "menu") for name in ("@type", "name", "description")]
    # A SKU or an id is enough; only parts without either are known by their names.
    return (names[0], *ids) if any(ids) else (*names, text(entry, "productName", "menu"))
