"""Menu calls: menu list, whole menus, production instructions, discounts, rich items and allergens."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.amounts import GBP, Currency
from integrations.sandbox.api.errors import Refusal, bad_request, forbidden, not_found
from integrations.sandbox.api.web import location_of, number_of
from integrations.sandbox.data.venue import ALLERGENS, BUSINESS_ID, INSTRUCTIONS
from integrations.sandbox.state import store
from integrations.sandbox.till import profiles
from integrations.sandbox.till.catalogue import tax_rate

Json = dict[str, Any]

STARTED_AT = clock.iso(clock.now())


def listed(request: HttpRequest) -> list[Json]:
    """List a location's menus."""
    menus = store.catalogues[location_of(request)].menus
    return [{"menuName": menu["menuName"], "ikentooMenuId": number} for number, menu in menus.items()]


def load(request: HttpRequest, menu_id: int) -> Json:
    """Return a whole menu at an order profile's prices, with rich content if requested."""
    location = location_of(request)
    if store.faults.menu_forbidden:
        raise Refusal(400, "Bad Request", body=_wrapped_403(location, menu_id))
    menu = store.catalogues[location].menus.get(menu_id)
    if menu is None:
        raise not_found(f"Menu {menu_id} not found")
    profile = request.GET.get("accountProfile", "")
    if profile and not profiles.is_active(profile):
        raise bad_request("accountProfile", f"Unknown account profile {profile}", rejected=profile)
    rich = request.GET.get("richContent", "").lower() == "true" and not menu.get("richDataMissing")
    prices = profiles.price_list(profile or None)
    served = _served(menu, prices, store.currencies[location], rich, f"{request.scheme}://{request.get_host()}")
    return {**served, "richDataMissing": bool(menu.get("richDataMissing"))}


def _wrapped_403(location: int, menu_id: int) -> Json:
    """Return the body that a person without back-office permission (BO-WRITE) gets. Source: integrators' logs."""
    url = f"http://backend:8086/menu/{menu_id}?businessLocationId={location}"
    return {"url": url, "ex": f"403 Forbidden from GET {url}"}


def _served(value: Any, prices: Mapping[str, Decimal], currency: Currency, rich: bool, base: str) -> Any:
    """Copy part of the menu for the response: absolute image URLs, profile prices, rich content or not."""
    if isinstance(value, list):
        return [_served(inner, prices, currency, rich, base) for inner in value]
    if isinstance(value, str) and value.startswith("/images/"):
        return base + value
    if not isinstance(value, dict):
        return value
    copied = {
        key: _served(inner, prices, currency, rich, base)
        for key, inner in value.items()
        if rich or key != "itemRichData"
    }
    special = prices.get(value.get("sku") or "")
    if special is not None and "productPrice" in value:
        copied |= {"productPrice": special, "defaultTaxAmount": currency.rounded(_tax(value, special))}
    return copied


def _tax(entry: Json, price: Decimal) -> Decimal:
    rate = tax_rate(entry) / 100
    return price * rate if entry.get("taxIncludedInPrice") is False else price - price / (1 + rate)


def modifiers(request: HttpRequest) -> list[Json]:
    """List a location's production instructions."""
    return INSTRUCTIONS[location_of(request)]


def discounts(request: HttpRequest) -> list[Json]:
    """List the discounts."""
    location_of(request)
    return list(store.discounts.values())


def allergens(request: HttpRequest) -> list[Json]:
    """List the allergens."""
    return ALLERGENS


def rich_items(request: HttpRequest, business_id: int) -> Json:
    """Return one page of the business's items with their rich content."""
    if business_id != BUSINESS_ID:
        raise forbidden(f"Access to business {business_id} is denied")
    page = number_of(request, "page", 0, least=0, most=10**6)
    size = number_of(request, "size", 20, least=1, most=500)
    base = f"{request.scheme}://{request.get_host()}"
    entries: dict[str, Json] = {}
    for catalogue in store.catalogues.values():
        for entry in catalogue.sellable():
            if "itemRichData" in entry:
                entries.setdefault(entry["sku"], entry)
    rows = list(entries.values())[page * size : (page + 1) * size]
    return hal(
        "richItemDtoList",
        [_rich_item(row, base) for row in rows],
        request.path,
        page=page,
        size=size,
        total=len(entries),
    )


def _rich_item(entry: Json, base: str) -> Json:
    content = _served(entry["itemRichData"], {}, GBP, True, base)
    return {
        "sku": entry["sku"],
        "descriptions": [
            {
                "localeCode": text["locale"],
                "displayName": text.get("friendlyDisplayName"),
                "description": text.get("description"),
            }
            for text in content.get("texts", [])
        ],
        "allergenCodes": content.get("allergenCodes", []),
        "pictureUrl": content.get("squareImageUrl"),
        "previewPictureUrl": content.get("previewImageUrl"),
        "rawPictureUrl": content.get("rawImageUrl"),
        "lastUpdateDate": STARTED_AT,
    }


def hal(name: str, rows: Sequence[Json], path: str, *, page: int = 0, size: int = 0, total: int | None = None) -> Json:
    """Wrap rows in a HAL page."""
    count = len(rows) if total is None else total
    size = size or max(count, 1)
    return {
        "_embedded": {name: list(rows)},
        "_links": {"self": {"href": path}},
        "page": {"size": size, "totalElements": count, "totalPages": -(-count // size), "number": page},
    }
