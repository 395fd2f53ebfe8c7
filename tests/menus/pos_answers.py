"""What the POS answers to a sync, over HTTP."""

from typing import Any

import responses
from django.conf import settings

Json = dict[str, Any]


def item(sku: str, price: str = "9.50", **more: Any) -> Json:
    return {
        "@type": "menuItem",
        "productName": sku.title(),
        "productPrice": price,
        "sku": sku,
        "taxIncludedInPrice": True,
        "pricingStrategy": "PRICE_CANNOT_BE_CUSTOMIZED",
        **more,
    }


def screen(id: str, *entries: Json) -> Json:
    return {"@type": "group", "id": id, "name": f"Screen {id}", "menuEntry": list(entries)}


def menu(*screens: Json, id: int = 168, name: str = "Online menu") -> Json:
    return {"menuName": name, "ikentooMenuId": id, "richDataMissing": False, "menuEntryGroups": list(screens)}


def answer_menu(body: Json, *, id: int = 168, status: int = 200) -> None:
    """From now on this is what loading the menu answers."""
    responses.upsert(responses.GET, f"{settings.LIGHTSPEED_API_URL}/o/op/2/menu/load/{id}", json=body, status=status)


def answer_menu_list(*menus: tuple[int, str]) -> None:
    """From now on these are the location's menus."""
    responses.upsert(
        responses.GET,
        f"{settings.LIGHTSPEED_API_URL}/o/op/1/menu/list",
        json=[{"menuName": name, "ikentooMenuId": id} for id, name in menus],
    )
