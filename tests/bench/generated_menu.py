"""A large POS menu as Lightspeed would answer it, the same on every run; optionally with a few products changed."""

import json
import random
from typing import Any

Json = dict[str, Any]

MENU_ID = 168
LANGUAGES = ("en-GB", "fr-FR", "de-DE")
MODIFIERS_PER_PRODUCT = 4
_PRODUCTS_PER_SCREEN = 50
_SHARED_INSTRUCTIONS_EVERY = 5
_DEAL_EVERY = 20

_WORDS = {
    "en-GB": "slow roasted tender crisp smoky garden butter lemon herb pepper oak aged fresh soft warm rich",
    "fr-FR": "rôti tendre croustillant fumé jardin beurre citron herbes poivre chêne affiné frais doux chaud",
    "de-DE": "geröstet zart knusprig geräuchert Garten Butter Zitrone Kräuter Pfeffer Eiche gereift frisch",
}


def menu_bytes(*, products: int = 5000, changed: float = 0.0) -> bytes:
    """Return the body of the answer to loading the menu.

    Args:
        products: how many. Each has four modifiers of its own, every fifth also has a group that others share, and
            every twentieth is a deal. As in every real menu there are also a few entries that cannot be ordered.
        changed: the share of the products, 0 to 1, whose price, name and first option's price differ.
    """
    menu = _menu(products)
    entries = [entry for screen in menu["menuEntryGroups"] for entry in screen["menuEntry"]]
    step = round(1 / changed) if changed else len(entries) + 1
    for entry in entries[step - 1 : products : step]:
        entry["productPrice"] += 1.0
        entry["productName"] += " new"
        groups = entry.get("menuModifierGroups") or entry["menuDealGroups"]
        choices = groups[0].get("productModifiers") or groups[0]["items"]
        choices[0]["extraPrice" if "menuDealGroups" in entry else "productPrice"] += 0.25
    return json.dumps(menu, ensure_ascii=False, separators=(",", ":")).encode()


def _menu(products: int) -> Json:
    draw = random.Random(168)
    entries = [_product(draw, number) for number in range(products)]
    return {
        "menuName": "Large menu",
        "ikentooMenuId": MENU_ID,
        "richDataMissing": False,
        "conditionalTaxRules": [],
        "menuEntryGroups": [
            {
                "@type": "group",
                "id": str(700000 + first),
                "name": f"Screen {first // _PRODUCTS_PER_SCREEN}",
                "color": "#c0392b",
                "menuEntry": entries[first : first + _PRODUCTS_PER_SCREEN],
            }
            for first in range(0, products, _PRODUCTS_PER_SCREEN)
        ]
        + [{"@type": "group", "id": "9", "name": "Till only", "menuEntry": _not_orderable(draw)}],
    }


def _product(draw: random.Random, number: int) -> Json:
    is_deal = number % _DEAL_EVERY == 0
    options = [_option(draw, number, place, is_deal=is_deal) for place in range(MODIFIERS_PER_PRODUCT)]
    group: Json = {
        "description": f"Choices of {number}",
        "sku": f"GRP{number:05d}",
        "mustSelectAnItem": is_deal,
        "multiSelectionPermitted": not is_deal,
        "minimumSelection": None,
        "maximumSelection": None,
    }
    product = {
        "@type": "menuDeal" if is_deal else "menuItem",
        **_entry(draw, name=f"Dish {number} {_words(draw, 'en-GB', 2)}", sku=f"SKU{number:06d}"),
        "color": "#2c3e50",
        "customItemNameEnabled": False,
        "conditionalTaxRules": [],
        "taxes": [{"description": "VAT 20", "amount": 1.52, "percentage": 20.0}],
        "asSubItem": False,
        "itemRichData": {
            "squareImageUrl": f"https://images.example/square/{number}.jpg",
            "rawImageUrl": f"https://images.example/raw/{number}.jpg",
            "previewImageUrl": f"https://images.example/preview/{number}.jpg",
            "containsAlcohol": number % 10 == 0,
            "alcoholPercentage": 5.2 if number % 10 == 0 else None,
            "texts": [_text(draw, language, number) for language in LANGUAGES],
            "allergenCodes": draw.sample(["milk", "gluten", "nuts", "celery", "soya", "eggs"], number % 4),
        },
        "productionInstructionList": [_DONENESS]
        if number % _SHARED_INSTRUCTIONS_EVERY == _SHARED_INSTRUCTIONS_EVERY - 1
        else [],
    }
    if is_deal:
        return {**product, "menuDealGroups": [{**group, "items": options}]}
    return {**product, "menuModifierGroups": [{**group, "productModifiers": options}]}


def _not_orderable(draw: random.Random) -> list[Json]:
    return [{"@type": "menuItem", **_entry(draw, name=f"Open item {number}", sku="")} for number in range(10)]


def _option(draw: random.Random, number: int, place: int, *, is_deal: bool) -> Json:
    name = f"{_words(draw, 'en-GB', 1)} {number}-{place}"
    option = _entry(draw, name=name, sku=f"OPT{number:05d}{place}")
    texts = [
        {"locale": language, "friendlyDisplayName": f"{_words(draw, language, 2)} {place}", "description": None}
        for language in LANGUAGES
    ]
    return {
        **({"@type": "menuItem", "extraPrice": draw.randrange(0, 300, 25) / 100} if is_deal else {}),
        **option,
        "itemRichData": {"texts": texts},
    }


def _entry(draw: random.Random, *, name: str, sku: str) -> Json:
    return {
        "productName": name,
        "productPrice": draw.randrange(100, 3000, 25) / 100,
        "sku": sku,
        "pricingStrategy": "PRICE_CANNOT_BE_CUSTOMIZED",
        "defaultTaxAmount": 1.52,
        "defaultTaxPercentage": 20.0,
        "taxIncludedInPrice": True,
    }


def _text(draw: random.Random, language: str, number: int) -> Json:
    description = f"{_words(draw, language, 14)}. {number % 900 + 100} kcal"
    # Some venues write HTML, most write plain text.
    if number % 8 == 0:
        description = f"<p>{description}</p><p><b>{_words(draw, language, 2)}</b> &amp; {_words(draw, language, 1)}</p>"
    return {"locale": language, "friendlyDisplayName": _words(draw, language, 3), "description": description}


def _words(draw: random.Random, language: str, number: int) -> str:
    return " ".join(draw.choices(_WORDS[language].split(), k=number))


_DONENESS = {
    "productionInstructionGroupName": "Doneness",
    "productionIntructionGroupId": 31,
    "multiSelectionPermitted": False,
    "productionInstructionList": [
        {"instruction": name, "ikentooModifierId": 400 + place}
        for place, name in enumerate(("rare", "medium", "well done"))
    ],
}
