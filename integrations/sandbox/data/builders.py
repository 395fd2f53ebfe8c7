"""Builders for menu entries in the shape of the menu call, version 2."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
# (name, description or None) in one language.
Words = tuple[str, str | None]

FIXED = "PRICE_CANNOT_BE_CUSTOMIZED"
NEGATIVE = "CUSTOMIZED_ITEM_PRICE_WILL_BE_NEGATIVE"
POSITIVE = "CUSTOMIZED_ITEM_PRICE_WILL_BE_POSTIVE"  # the vendor's spelling
PERCENTAGE = "CUSTOMIZED_ITEM_PRICE_WILL_BE_A_PERCENTAGE_OF_TOTAL"


def rich(
    en: Words | None,
    fr: Words | None,
    nl: Words | None,
    *,
    image: str | None = None,
    allergens: Sequence[str] = (),
    alcohol: Decimal | None = None,
) -> Json:
    """Return an item's rich content. Missing parts are left out, and image URLs have no extension, as in real menus."""
    content: Json = {
        "texts": [
            {"locale": locale, "friendlyDisplayName": words[0], **({"description": words[1]} if words[1] else {})}
            for locale, words in (("en", en), ("fr", fr), ("nl", nl))
            if words
        ],
        "allergenCodes": list(allergens),
        "containsAlcohol": alcohol is not None,
    }
    if image:
        shapes = {"squareImageUrl": "square", "rawImageUrl": "raw", "previewImageUrl": "preview"}
        content |= {name: f"/images/{image}/{shape}" for name, shape in shapes.items()}
    return content if alcohol is None else content | {"alcoholPercentage": alcohol}


def item(
    sku: str | None,
    name: str,
    price: str,
    *,
    tax: str | None = None,
    rate: str = "20",
    extra: str | None = None,
    price_as_text: bool = False,
    strategy: str = FIXED,
    only_as_sub_item: bool = False,
    content: Json | None = None,
    instructions: Sequence[Json] = (),
    modifiers: Sequence[Json] = (),
    color: str = "#B87333",
) -> Json:
    """Return an item. With `tax`, the price excludes it, as in venues that add tax at the till."""
    amount = Decimal(price)
    entry: Json = {
        "@type": "menuItem",
        "productName": name,
        "productPrice": price if price_as_text else amount,
        "color": color,
        "customItemNameEnabled": strategy != FIXED,
        "pricingStrategy": strategy,
        "defaultTaxAmount": Decimal(tax)
        if tax
        else (amount - amount / (1 + Decimal(rate) / 100)).quantize(Decimal("0.01")),
        "defaultTaxPercentage": rate if price_as_text else Decimal(rate),
        "taxIncludedInPrice": tax is None,
        "conditionalTaxRules": [],
        "asSubItem": only_as_sub_item,
        "productionInstructionList": list(instructions),
        "menuModifierGroups": list(modifiers),
    }
    entry["taxes"] = [{"description": "VAT", "amount": entry["defaultTaxAmount"], "percentage": Decimal(rate)}]
    if sku is not None:
        entry["sku"] = sku
    if extra is not None:
        entry["extraPrice"] = Decimal(extra)
    if content is not None:
        entry["itemRichData"] = content
    return entry


def modifier(sku: str, name: str, price: str, **more: Any) -> Json:
    """Return a product modifier: an item that is sold as part of another one."""
    entry = item(sku, name, price, **more)
    entry["@type"] = "menuProductModifier"
    return entry


def modifier_group(
    sku: str,
    description: str,
    modifiers: Sequence[Json],
    *,
    least: int | None = None,
    most: int | None = None,
    content: Json | None = None,
) -> Json:
    """Return a group of product modifiers."""
    return {
        "description": description,
        "sku": sku,
        "mustSelectAnItem": bool(least),
        "multiSelectionPermitted": most is None or most > 1,
        "minimumSelection": least,
        "maximumSelection": most,
        "productModifiers": list(modifiers),
        **({"itemRichData": content} if content else {}),
    }


def deal_group(
    sku: str,
    description: str,
    items: Sequence[Json],
    *,
    least: int | None = 1,
    most: int | None = 1,
    content: Json | None = None,
) -> Json:
    """Return one group of choices of a deal."""
    group = modifier_group(sku, description, (), least=least, most=most, content=content)
    del group["productModifiers"]
    return {**group, "items": list(items)}


def deal(sku: str, name: str, price: str, groups: Sequence[Json], **more: Any) -> Json:
    """Return a deal."""
    return {**item(sku, name, price, **more), "@type": "menuDeal", "items": [], "menuDealGroups": list(groups)}


def instructions(group_id: int, name: str, choices: Sequence[tuple[int, str]], *, several: bool = False) -> Json:
    """Return a group of production instructions. The misspelt key is the vendor's."""
    return {
        "productionInstructionGroupName": name,
        "productionIntructionGroupId": group_id,
        "multiSelectionPermitted": several,
        "productionInstructionList": [{"instruction": text, "ikentooModifierId": number} for number, text in choices],
    }


def screen(group_id: str | None, name: str, entries: Sequence[Json], color: str = "#B87333") -> Json:
    """Return a screen or sub-screen. Screens of old menus have no ids."""
    group: Json = {"@type": "group", "name": name, "color": color, "menuEntry": list(entries)}
    return (
        group
        if group_id is None
        else {"@type": "group", "id": group_id, **{k: v for k, v in group.items() if k != "@type"}}
    )


def menu(number: int, name: str, screens: Sequence[Json]) -> Json:
    """Return a whole menu."""
    return {
        "menuName": name,
        "ikentooMenuId": number,
        "richDataMissing": False,
        "conditionalTaxRules": [],
        "menuEntryGroups": list(screens),
    }


def choice(entry: Json, extra: str | None = None) -> Json:
    """Return an item as a choice of a deal, with an extra price if it has one. `asSubItem` is always false there."""
    chosen = {key: value for key, value in entry.items() if key != "extraPrice"} | {"asSubItem": False}
    return chosen if extra is None else chosen | {"extraPrice": Decimal(extra)}
