"""Menu JSON in the shape of the menu call, version 2, with plausible defaults."""

from typing import Any

from integrations.lightspeed.mapping.menu import snapshot
from integrations.pos import MenuSnapshot

Json = dict[str, Any]


def to_snapshot(menu: Any, *, currency: str = "GBP", **options: Any) -> MenuSnapshot:
    """Read a menu as the adapter of a venue in Britain does."""
    return snapshot.to_snapshot(menu, currency=currency, **options)


def item(sku: str | None = "BURGER", name: str = "Burger", price: Any = "10.00", **fields: Any) -> Json:
    return {"@type": "menuItem", "sku": sku, "productName": name, "productPrice": price, **fields}


def deal(sku: str, groups: list[Json], **fields: Any) -> Json:
    return {**item(sku, "Meal", "15.00"), "@type": "menuDeal", "menuDealGroups": groups, **fields}


def modifiers(sku: str | None, *choices: Json, **fields: Any) -> Json:
    return {"description": "Extras", "sku": sku, "productModifiers": list(choices), **fields}


def choices(sku: str | None, *items: Json, **fields: Any) -> Json:
    return {"description": "Drink", "sku": sku, "items": list(items), **fields}


def instructions(group_id: Any, *ids: Any, **fields: Any) -> Json:
    return {
        "productionInstructionGroupName": "Cooking",
        "productionIntructionGroupId": group_id,
        "productionInstructionList": [{"instruction": f"Way {each}", "ikentooModifierId": each} for each in ids],
        **fields,
    }


def screen(name: str, *entries: Json, id: str | None = None, **fields: Any) -> Json:
    return {"@type": "group", "id": id or f"id-{name}", "name": name, "menuEntry": list(entries), **fields}


def menu(*screens: Json, **fields: Any) -> Json:
    return {"menuName": "Online", "ikentooMenuId": 168, "menuEntryGroups": list(screens), **fields}


def menu_of(*entries: Json) -> Json:
    """A menu with one screen."""
    return menu(screen("Food", *entries))


def texts(*entries: tuple[str, str, str], **fields: Any) -> Json:
    """Rich data with `(locale, name, description)`."""
    return {
        "texts": [
            {"locale": locale, "friendlyDisplayName": name, "description": description}
            for locale, name, description in entries
        ],
        **fields,
    }
