"""A menu for stock tests: a burger with sauces, and a deal of a burger or a salad with an optional sweet."""

from typing import Any

from django.test import Client

from integrations.pos import GroupKind, ItemUpdate, MenuSnapshot, ProductKind
from menus import catalogue
from menus.models import Product
from storekit.models import Venue
from tests.menus.snapshots import category, group, modifier, product, snapshot


def stocked_menu() -> MenuSnapshot:
    """Return the menu. MEAL needs one of BURGER and SALAD, which are sold separately too; SWEETS is optional."""
    return snapshot(
        categories=(category("mains", "BURGER", "SALAD", "MEAL"),),
        products=(
            product("BURGER", groups=("sauces",)),
            product("SALAD"),
            product("MEAL", kind=ProductKind.DEAL, groups=("main", "sweets")),
        ),
        groups=(
            group("sauces", modifier("MAYO"), modifier("KETCHUP")),
            group("main", modifier("BURGER"), modifier("SALAD"), kind=GroupKind.DEAL, minimum=1, maximum=1),
            group("sweets", modifier("BROWNIE"), kind=GroupKind.DEAL, maximum=1),
        ),
    )


def shown(client: Client, slug: str = "copper-pot") -> dict[str, Any]:
    """Return the storefront's menu in brief: availability by SKU of products and of choices, and the stock."""
    menu = client.get(f"/api/v1/venues/{slug}/menu").json()
    choices = {one["sku"]: one["available"] for group in menu["modifier_groups"] for one in group["modifiers"]}
    return {
        "version": menu["version"],
        "available": {one["sku"]: one["available"] for one in menu["products"]},
        "choices": choices,
        "stock": {one["sku"]: one["stock"] for one in menu["products"] if one["stock"] is not None},
    }


def orderable(venue: Venue) -> dict[str, bool]:
    """Return by SKU whether baskets and orders may have each product."""
    skus = list(Product.objects.filter(venue=venue).values_list("sku", flat=True))
    return {one.sku: one.available for one in catalogue.load(venue=venue, skus=skus).products.values()}


def restricted(sku: str, left: int | None, at: Any) -> ItemUpdate:
    return ItemUpdate(sku=sku, restricted=True, left=left, at=at)


def lifted(sku: str, at: Any) -> ItemUpdate:
    return ItemUpdate(sku=sku, restricted=False, left=None, at=at)
