"""The POS's HTTP responses to a sync."""

import json
from collections.abc import Sequence
from typing import Any

import responses
from django.conf import settings

Json = dict[str, Any]

AVAILABILITY = f"{settings.LIGHTSPEED_API_URL}/o/op/1/itemAvailability"
ALLERGENS = f"{settings.LIGHTSPEED_API_URL}/i/allergens"


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
    """Make this the response to loading the menu from now on."""
    responses.upsert(responses.GET, f"{settings.LIGHTSPEED_API_URL}/o/op/2/menu/load/{id}", json=body, status=status)
    known = {one.url for one in responses.registered()}
    if AVAILABILITY not in known:
        answer_availability({})
    if ALLERGENS not in known:
        answer_allergens({})


def answer_availability(left: dict[str, int | None], *, warnings: Sequence[str] = ()) -> None:
    """Make these items restricted from now on: how many are left by SKU, None if sold out. Wants 1 to 50 SKUs."""

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        skus = json.loads(request.body)["skus"]
        if not 1 <= len(skus) <= 50 or request.params.get("size") != "50":
            return 400, {}, json.dumps({"message": "size must be between 1 and 50"})
        rows = [{"sku": sku, "count": left[sku], "updatedAt": "2026-10-01T18:00:00Z"} for sku in skus if sku in left]
        pages: Json = {"current": {"page": 0, "pageSize": 50}, "total": len(rows), "totalPages": 1}
        pages["warnings"] = [{"information": text, "type": "APP_VERSION"} for text in warnings]
        return 200, {}, json.dumps({"data": rows, "metadata": pages})

    responses.remove(responses.POST, AVAILABILITY)
    responses.add_callback(responses.POST, AVAILABILITY, callback=answer)


def answer_allergens(names: dict[str, dict[str, str]]) -> None:
    """Make these the allergens from now on: names by language, by code."""
    answer = [
        {"code": code, "translations": [{"locale": locale, "text": text} for locale, text in words.items()]}
        for code, words in names.items()
    ]
    responses.upsert(responses.GET, ALLERGENS, json=answer)


def answer_menu_list(*menus: tuple[int, str]) -> None:
    """Make these the location's menus from now on."""
    responses.upsert(
        responses.GET,
        f"{settings.LIGHTSPEED_API_URL}/o/op/1/menu/list",
        json=[{"menuName": name, "ikentooMenuId": id} for id, name in menus],
    )
