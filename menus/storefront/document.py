"""The menu's categories, products and modifier groups as JSON, in one language, from the rows of one version."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.pos import OrderType
from menus.images.files import public_image_url
from menus.models import (
    Allergen,
    Category,
    CategoryProduct,
    Menu,
    Modifier,
    ModifierGroup,
    NestedModifierGroup,
    Product,
    ProductModifierGroup,
)
from menus.pricing import PRICING_COLUMNS, entry_price
from menus.stock.deal_availability import Counted, GroupChoices, unorderable
from menus.storefront.languages import Texts
from storekit.models import Venue
from storekit.money import money_string, round_money

Json = dict[str, Any]
Links = dict[uuid.UUID, list[uuid.UUID]]

_INSTRUCTION = ModifierGroup.Kind.INSTRUCTION.value


@dataclass(frozen=True)
class MenuRows:
    """Everything on the venue's menu that is not archived, each list in the menu's order."""

    languages: tuple[str, ...]
    categories: list[Json]
    products: list[Json]
    groups: list[Json]
    modifiers: dict[uuid.UUID, list[Json]]
    """By group."""
    in_category: Links
    of_product: Links
    of_modifier: Links
    allergens: dict[str, dict[str, str]]
    """Names by language, by the POS's code."""


def load_rows(*, venue: Venue, type: OrderType = OrderType.PICKUP) -> MenuRows:
    """Load the rows, with the prices of an order type, always in nine queries. What has an open price is left out."""
    words = ("id", "name", "translations")
    categories = Category.objects.filter(venue=venue, archived_at=None).order_by("position", "id")
    products = Product.objects.filter(venue=venue, archived_at=None).order_by("sku")
    groups = ModifierGroup.objects.filter(venue=venue, archived_at=None).order_by("id")
    choices = Modifier.objects.filter(group__venue=venue, archived_at=None).order_by("position", "id")
    placements = CategoryProduct.objects.filter(category__venue=venue).order_by("position", "id")
    product_groups = ProductModifierGroup.objects.filter(product__venue=venue).order_by("position", "id")
    nested_groups = NestedModifierGroup.objects.filter(group__venue=venue).order_by("position", "id")

    modifiers: dict[uuid.UUID, list[Json]] = defaultdict(list)
    stock = ("stock", "sold_out", "snoozed_until")
    for row in _priced(choices.values(*words, "group_id", "sku", *PRICING_COLUMNS, *stock), type, venue.currency):
        modifiers[row["group_id"]].append(row)
    facts = ("sku", "kind", *PRICING_COLUMNS, "image", "allergens", "calories", "contains_alcohol")
    return MenuRows(
        languages=tuple(Menu.objects.values_list("languages", flat=True).get(venue=venue)),
        categories=list(categories.values(*words, "parent_id")),
        products=list(_priced(products.values(*words, *facts, *stock), type, venue.currency)),
        groups=list(groups.values(*words, "kind", "minimum", "maximum")),
        modifiers=modifiers,
        in_category=group_pairs(placements.values_list("category_id", "product_id")),
        of_product=group_pairs(product_groups.values_list("product_id", "group_id")),
        of_modifier=group_pairs(nested_groups.values_list("modifier_id", "group_id")),
        allergens=dict(Allergen.objects.filter(venue=venue).values_list("code", "translations")),
    )


def _priced(rows: Iterable[Json], type: OrderType, currency: str) -> Iterator[Json]:
    """Yield the rows that can be ordered with their price in orders of this type."""
    for row in rows:
        price = entry_price(type, currency, *(row[column] for column in PRICING_COLUMNS))
        if price is not None:
            row["price"] = price.price
            yield row


def unorderable_ids(
    *,
    entries: Collection[Json],
    choices: Iterable[Json],
    groups: Iterable[Json],
    opens: Mapping[uuid.UUID, list[uuid.UUID]],
) -> set[uuid.UUID]:
    """Return the ids of products and choices that are unavailable, or that require more than is left.

    This depends on the rows alone: a snooze that is over counts until it is ended, which raises the version. So one
    version always gives one result.
    """
    of_group: Links = group_pairs((choice["group_id"], choice["id"]) for choice in choices)
    return unorderable(
        unavailable=[row["id"] for row in entries if row["sold_out"] or row["snoozed_until"]],
        opens=opens,
        groups={
            row["id"]: GroupChoices(row["minimum"], of_group.get(row["id"], ()), once=row["kind"] == _INSTRUCTION)
            for row in groups
        },
        counted={row["id"]: Counted(row["sku"], row["stock"]) for row in entries if row["stock"] is not None},
    )


def group_pairs(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> Links:
    """Return the second members of the pairs by their first, in order."""
    found: Links = defaultdict(list)
    for owner, member in pairs:
        found[owner].append(member)
    return found


def menu_document(*, rows: MenuRows, texts: Texts, currency: str) -> Json:
    """Return categories, products and modifier groups. Products and groups are in the order in which guests see them.

    Prices are those that a till charges in the venue's currency. Groups that no product leads to are left out.
    """

    def price(amount: Decimal) -> str:
        return money_string(round_money(amount, currency), currency)

    products = _in_order_of_appearance(rows)
    groups = _reachable_groups(rows, [row["id"] for row in products])
    shown, known = {row["id"] for row in products}, set(groups)
    screens = {row["id"] for row in rows.categories}
    choices = [choice for group in rows.modifiers.values() for choice in group]
    unorderable = unorderable_ids(
        entries=[*rows.products, *choices],
        choices=choices,
        groups=rows.groups,
        opens={**rows.of_product, **rows.of_modifier},
    )
    allergens = {code: texts.word(names) or code for code, names in rows.allergens.items()}
    return {
        "categories": [
            {
                "id": str(row["id"]),
                "name": texts.name(row["translations"], till_name=row["name"]),
                "parent": str(row["parent_id"]) if row["parent_id"] in screens else None,
                "image": None,  # screens at the POS have none
                "products": _ids(rows.in_category.get(row["id"], ()), shown),
            }
            for row in rows.categories
        ],
        "products": [
            _product(row, texts, price, _ids(rows.of_product.get(row["id"], ()), known), allergens, unorderable)
            for row in products
        ],
        "modifier_groups": [_group(groups[id], rows, texts, price, known, unorderable) for id in groups],
    }


def _product(
    row: Json,
    texts: Texts,
    price: Callable[[Decimal], str],
    groups: list[str],
    allergens: dict[str, str],
    unorderable: set[uuid.UUID],
) -> Json:
    return {
        "id": str(row["id"]),
        "sku": row["sku"],
        "kind": row["kind"],
        "name": texts.name(row["translations"], till_name=row["name"]),
        "description": texts.description(row["translations"]),
        "price": price(row["price"]),
        "image": public_image_url(row["image"]),
        "allergens": [{"code": code, "name": allergens.get(code, code)} for code in row["allergens"]],
        "calories": row["calories"],
        "contains_alcohol": row["contains_alcohol"],
        "available": row["id"] not in unorderable,
        "stock": row["stock"],
        "modifier_groups": groups,
    }


def _group(
    row: Json,
    rows: MenuRows,
    texts: Texts,
    price: Callable[[Decimal], str],
    known: set[uuid.UUID],
    unorderable: set[uuid.UUID],
) -> Json:
    return {
        "id": str(row["id"]),
        "name": texts.name(row["translations"], till_name=row["name"]),
        "kind": row["kind"],
        "min": row["minimum"],
        "max": row["maximum"],
        "modifiers": [
            {
                "id": str(modifier["id"]),
                "sku": modifier["sku"] or None,
                "name": texts.name(modifier["translations"], till_name=modifier["name"]),
                "price": price(modifier["price"]),
                "available": modifier["id"] not in unorderable,
                "modifier_groups": _ids(rows.of_modifier.get(modifier["id"], ()), known),
            }
            for modifier in rows.modifiers.get(row["id"], ())
        ],
    }


def _in_order_of_appearance(rows: MenuRows) -> list[Json]:
    by_id = {row["id"]: row for row in rows.products}
    placed = (id for category in rows.categories for id in rows.in_category.get(category["id"], ()))
    return [by_id[id] for id in dict.fromkeys([*placed, *by_id]) if id in by_id]


def _reachable_groups(rows: MenuRows, product_ids: list[uuid.UUID]) -> dict[uuid.UUID, Json]:
    by_id = {row["id"]: row for row in rows.groups}
    found: dict[uuid.UUID, Json] = {}
    waiting = [id for product in product_ids for id in rows.of_product.get(product, ())]
    while waiting:
        opened: list[uuid.UUID] = []
        for id in waiting:
            if id in by_id and id not in found:
                found[id] = by_id[id]
                for modifier in rows.modifiers.get(id, ()):
                    opened += rows.of_modifier.get(modifier["id"], ())
        waiting = opened
    return found


def _ids(ids: Iterable[uuid.UUID], known: set[uuid.UUID]) -> list[str]:
    return [str(id) for id in ids if id in known]
