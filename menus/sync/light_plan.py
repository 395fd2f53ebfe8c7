"""The light sync's plan: prices of what is on the menu and nothing else. Pure."""

import uuid
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from decimal import Decimal

from integrations.money import to_money
from integrations.pos import MenuSnapshot
from menus.sync.diff import ENTRIES, LINKS, Key, MenuPlan, StoredMenu, TablePlan


def plan_light(*, snapshot: MenuSnapshot, held: StoredMenu) -> MenuPlan:
    """New prices for the products and choices that both menus have.

    What only one of them has stays as it is, and is counted in a warning. So do the choices that some products ask as
    others no longer do: they have one price here.
    """
    products: dict[Key, Decimal] = {one.sku: one.price for one in snapshot.products}
    choices: dict[Key, Decimal] = {
        (group.key, one.key): one.price for group in snapshot.groups for one in group.modifiers
    }
    tables = {name: TablePlan() for name in (*ENTRIES, *LINKS)}
    apart = _asked_apart(snapshot, held)
    warnings = _told_apart(apart, choices, held)
    unchanged = 0
    for name, prices in (("products", products), ("modifiers", choices)):
        left = apart if name == "modifiers" else ()
        compared = _reprice(name, prices, held, tables[name], left)
        unchanged += compared - len(tables[name].update)
        current = sum(not row.archived for row in held.entries[name].values())
        if len(prices) != compared or current != compared:
            warnings.append(
                f"{len(prices) - compared} {_WORDS[name]} of the POS are not on this menu, and {current - compared} of "
                "this menu are not at the POS. A light sync leaves them; a full sync brings them in step."
            )
    updated = sum(len(table.update) for table in tables.values())
    return MenuPlan(
        tables=tables,
        languages=held.languages,
        changes_languages=False,
        counts={"created": 0, "updated": updated, "archived": 0, "unchanged": unchanged},
        warnings=warnings,
    )


_WORDS = {"products": "products", "modifiers": "choices"}


def _reprice(
    name: str, prices: Mapping[Key, Decimal], held: StoredMenu, plan: TablePlan, left: Container[uuid.UUID]
) -> int:
    """Notes the rows with another price, but for those that are left, and returns how many were compared."""
    at = ENTRIES[name].index("price")
    compared = 0
    for key, price in prices.items():
        row = held.entries[name].get(key)
        if row is None or row.archived:
            continue
        compared += 1
        if row.values[at] != (amount := to_money(price)) and row.id not in left:
            plan.update.append((row.id, *row.values[:at], amount, *row.values[at + 1 :]))
    return compared


# --- Choices that are asked in one way here and in several at the POS -------------------------------------------------


def _told_apart(apart: Mapping[uuid.UUID, str], prices: Mapping[Key, Decimal], held: StoredMenu) -> list[str]:
    at = ENTRIES["modifiers"].index("price")
    rows = held.entries["modifiers"]
    dearer = (rows[key] for key, price in prices.items() if key in rows and rows[key].values[at] != to_money(price))
    names = dict.fromkeys(apart[row.id] for row in dearer if row.id in apart)
    return [
        f"The choices of {name} no longer cost the same at all products. A light sync leaves their prices; a full sync "
        "brings them in step."
        for name in names
    ]


def _asked_apart(snapshot: MenuSnapshot, held: StoredMenu) -> dict[uuid.UUID, str]:
    """The choices of groups that somebody at the POS has left for one that we do not have, and of all groups that open
    below them, with the names of their groups."""
    groups = {row.id: (key, row.values) for key, row in held.entries["groups"].items() if not row.archived}
    on_the_menu = {key for key, _ in groups.values()}
    new = {one.key: {choice.key for choice in one.modifiers} for one in snapshot.groups if one.key not in on_the_menu}
    if not new:
        return {}
    asked = _asked(held)
    choices: defaultdict[uuid.UUID, dict[str, uuid.UUID]] = defaultdict(dict)
    for row in held.entries["modifiers"].values():
        if not row.archived:
            choices[row.values[0]][row.values[1]] = row.id
    waiting = []
    for owner, keys in _owners(snapshot, held):
        elsewhere = set().union(*(new[key] for key in keys if key in new))
        waiting += [
            id
            for id in asked[owner]
            if id in groups and groups[id][0] not in keys and not elsewhere.isdisjoint(choices[id])
        ]
    found: set[uuid.UUID] = set()
    while waiting:
        if (id := waiting.pop()) not in found:
            found.add(id)
            waiting += [opened for choice in choices[id].values() for opened in asked[choice] if opened in groups]
    name = ENTRIES["groups"].index("name")
    return {choice: str(groups[id][1][name]) for id in found for choice in choices[id].values()}


def _asked(held: StoredMenu) -> Mapping[uuid.UUID, list[uuid.UUID]]:
    """The groups by the product or the choice that asks them."""
    asked: defaultdict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for table in ("product_groups", "nested_groups"):
        for link in held.links[table].values():
            asked[link.values[0]].append(link.values[1])
    return asked


def _owners(snapshot: MenuSnapshot, held: StoredMenu) -> Iterator[tuple[uuid.UUID, tuple[str, ...]]]:
    """Every product and choice that both menus have, with what it asks at the POS."""
    asking: Iterable[tuple[str, Key, tuple[str, ...]]] = (
        *(("products", product.sku, product.groups) for product in snapshot.products),
        *(
            ("modifiers", (group.key, choice.key), choice.groups)
            for group in snapshot.groups
            for choice in group.modifiers
            if choice.groups
        ),
    )
    for table, key, groups in asking:
        if groups and (row := held.entries[table].get(key)) is not None and not row.archived:
            yield row.id, groups
