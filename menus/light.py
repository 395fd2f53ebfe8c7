"""The light sync's plan: prices of what is on the menu and nothing else. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from integrations.money import to_money
from integrations.pos import MenuSnapshot
from menus.comparing import ENTRIES, LINKS, HeldMenu, Key, MenuPlan, TablePlan


def plan_light(*, snapshot: MenuSnapshot, held: HeldMenu) -> MenuPlan:
    """New prices for the products and choices that both menus have.

    What only one of them has stays as it is, and is counted in a warning.
    """
    products: dict[Key, Decimal] = {one.sku: one.price for one in snapshot.products}
    choices: dict[Key, Decimal] = {
        (group.key, one.key): one.price for group in snapshot.groups for one in group.modifiers
    }
    tables = {name: TablePlan() for name in (*ENTRIES, *LINKS)}
    warnings: list[str] = []
    unchanged = 0
    for name, prices in (("products", products), ("modifiers", choices)):
        compared = _reprice(name, prices, held, tables[name])
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


def _reprice(name: str, prices: Mapping[Key, Decimal], held: HeldMenu, plan: TablePlan) -> int:
    """Notes the rows with another price, and returns how many were compared."""
    at = ENTRIES[name].index("price")
    compared = 0
    for key, price in prices.items():
        row = held.entries[name].get(key)
        if row is None or row.archived:
            continue
        compared += 1
        if row.values[at] != (amount := to_money(price)):
            plan.update.append((row.id, *row.values[:at], amount, *row.values[at + 1 :]))
    return compared
