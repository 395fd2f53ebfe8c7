"""Prices of menu entries: what the guest pays, or gets off, for one piece."""

from typing import Any

import pytest

from integrations.lightspeed.mapping.menu.snapshot import to_snapshot
from tests.integrations.lightspeed.menus import choices, deal, item, menu_of, modifiers

Json = dict[str, Any]
_NEGATIVE: Json = {"pricingStrategy": "CUSTOMIZED_ITEM_PRICE_WILL_BE_NEGATIVE"}


def prices(*entries: Json) -> dict[str, str]:
    """Return the prices of the products and choices of a menu, by SKU."""
    snapshot = to_snapshot(menu_of(*entries))
    found = {product.sku: str(product.price) for product in snapshot.products}
    return found | {choice.sku: str(choice.price) for group in snapshot.groups for choice in group.modifiers}


@pytest.mark.parametrize("written", ["0.25", "-0.25"])
def test_an_item_with_a_negative_strategy_takes_its_price_off(written: str) -> None:
    assert prices(item("BOTTLE", price=written, **_NEGATIVE)) == {"BOTTLE": "-0.25"}


def test_tax_that_is_not_included_is_taken_off_too() -> None:
    taxed: Json = {"taxIncludedInPrice": False, "defaultTaxAmount": "0.05"}
    assert prices(item("BOTTLE", price="0.25", **_NEGATIVE, **taxed)) == {"BOTTLE": "-0.30"}


def test_modifiers_nested_ones_and_choices_of_deals_take_their_price_off() -> None:
    lid = modifiers("LIDS", item("NOLID", price="0.05", **_NEGATIVE))
    cup = modifiers("CUPS", item("OWNCUP", price="0.50", menuModifierGroups=[lid], **_NEGATIVE))
    side = choices("SIDE", item("NOSIDE", price="3.00", extraPrice="1.00", **_NEGATIVE))
    found = prices(item("COFFEE", price="2.80", menuModifierGroups=[cup]), deal("LUNCH", [side]))
    assert found == {"COFFEE": "2.80", "OWNCUP": "-0.50", "NOLID": "-0.05", "LUNCH": "15.00", "NOSIDE": "-1.00"}


def test_nothing_off_is_not_minus_nothing() -> None:
    assert prices(item("FREE", price="0.00", **_NEGATIVE)) == {"FREE": "0.00"}
