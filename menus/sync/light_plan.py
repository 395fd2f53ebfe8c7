"""The plan of a light sync: new prices for what is on the menu, and nothing else. Pure."""

import uuid
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping

from integrations.pos import MenuSnapshot
from menus.sync.diff import ENTRIES, LINKS, PRICE_COLUMNS, Key, MenuPlan, StoredMenu, TablePlan, Values
from menus.sync.full_plan import price_columns


def plan_light(*, snapshot: MenuSnapshot, stored: StoredMenu) -> MenuPlan:
    """Return the plan that sets the POS's prices on products and choices that both menus have.

    Whatever only one menu has stays as it is and is counted in a warning. So do the choices of groups that the POS has
    split since: a choice that has one price here may have several there.
    """
    products: dict[Key, Values] = {one.sku: price_columns(one, stored.currency) for one in snapshot.products}
    choices: dict[Key, Values] = {
        (group.key, one.key): price_columns(one, stored.currency)
        for group in snapshot.groups
        for one in group.modifiers
    }
    tables = {name: TablePlan() for name in (*ENTRIES, *LINKS)}
    split = _split_choices(snapshot, stored)
    warnings = _split_warnings(split, choices, stored)
    unchanged = 0
    for title, name, prices in (("Products", "products", products), ("Modifiers", "modifiers", choices)):
        skipped = split if name == "modifiers" else ()
        compared = _reprice(name, prices, stored, tables[name], skipped)
        unchanged += compared - len(tables[name].update)
        current = sum(not row.archived for row in stored.entries[name].values())
        if len(prices) != compared or current != compared:
            warnings.append(
                f"{title} only on the POS's menu: {len(prices) - compared}; only on this one: {current - compared}. "
                "A light sync leaves them as they are; run a full sync to update them."
            )
    updated = sum(len(table.update) for table in tables.values())
    return MenuPlan(
        tables=tables,
        languages=stored.languages,
        changes_languages=False,
        counts={"created": 0, "updated": updated, "archived": 0, "unchanged": unchanged},
        warnings=warnings,
    )


def _reprice(
    name: str, prices: Mapping[Key, Values], stored: StoredMenu, plan: TablePlan, skipped: Container[uuid.UUID]
) -> int:
    """Add the rows whose price differs to the plan, except the skipped ones; return how many were compared."""
    start, end = _price_columns_at(name)
    compared = 0
    for key, price in prices.items():
        row = stored.entries[name].get(key)
        if row is None or row.archived:
            continue
        compared += 1
        if row.values[start:end] != price and row.id not in skipped:
            plan.update.append((row.id, *row.values[:start], *price, *row.values[end:]))
    return compared


def _price_columns_at(name: str) -> tuple[int, int]:
    """Return where a table's price columns start and end."""
    start = ENTRIES[name].index(PRICE_COLUMNS[0])
    return start, start + len(PRICE_COLUMNS)


# --- Groups that are one group here and several at the POS -----------------------------------------------------------


def _split_warnings(split: Mapping[uuid.UUID, str], prices: Mapping[Key, Values], stored: StoredMenu) -> list[str]:
    start, end = _price_columns_at("modifiers")
    rows = stored.entries["modifiers"]
    repriced = (rows[key] for key, price in prices.items() if key in rows and rows[key].values[start:end] != price)
    names = dict.fromkeys(split[row.id] for row in repriced if row.id in split)
    return [
        f"The modifiers of {name} no longer cost the same for every product. A light sync leaves their prices as they "
        "are; run a full sync to update them."
        for name in names
    ]


def _split_choices(snapshot: MenuSnapshot, stored: StoredMenu) -> dict[uuid.UUID, str]:
    """Return the choices of split groups, and of all groups nested in them, with the names of their groups.

    A group is split if the POS has moved one of its products or choices to a new group with some of the same choices.
    """
    groups = {row.id: (key, row.values) for key, row in stored.entries["groups"].items() if not row.archived}
    on_the_menu = {key for key, _ in groups.values()}
    new = {one.key: {choice.key for choice in one.modifiers} for one in snapshot.groups if one.key not in on_the_menu}
    if not new:
        return {}
    used = _groups_by_owner(stored)
    choices: defaultdict[uuid.UUID, dict[str, uuid.UUID]] = defaultdict(dict)
    for row in stored.entries["modifiers"].values():
        if not row.archived:
            choices[row.values[0]][row.values[1]] = row.id
    waiting = []
    for owner, keys in _common_owners(snapshot, stored):
        elsewhere = set().union(*(new[key] for key in keys if key in new))
        waiting += [
            id
            for id in used[owner]
            if id in groups and groups[id][0] not in keys and not elsewhere.isdisjoint(choices[id])
        ]
    found: set[uuid.UUID] = set()
    while waiting:
        if (id := waiting.pop()) not in found:
            found.add(id)
            waiting += [opened for choice in choices[id].values() for opened in used[choice] if opened in groups]
    name = ENTRIES["groups"].index("name")
    return {choice: str(groups[id][1][name]) for id in found for choice in choices[id].values()}


def _groups_by_owner(stored: StoredMenu) -> Mapping[uuid.UUID, list[uuid.UUID]]:
    """Return the groups that each product and choice leads to, by its id."""
    found: defaultdict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for table in ("product_groups", "nested_groups"):
        for link in stored.links[table].values():
            found[link.values[0]].append(link.values[1])
    return found


def _common_owners(snapshot: MenuSnapshot, stored: StoredMenu) -> Iterator[tuple[uuid.UUID, tuple[str, ...]]]:
    """Yield the id of every product and choice that both menus have, with its groups at the POS."""
    owners: Iterable[tuple[str, Key, tuple[str, ...]]] = (
        *(("products", product.sku, product.groups) for product in snapshot.products),
        *(
            ("modifiers", (group.key, choice.key), choice.groups)
            for group in snapshot.groups
            for choice in group.modifiers
            if choice.groups
        ),
    )
    for table, key, groups in owners:
        if groups and (row := stored.entries[table].get(key)) is not None and not row.archived:
            yield row.id, groups
