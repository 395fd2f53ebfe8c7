"""Prices of menu entries: what the guest pays, or gets off, for one piece."""

import json
from decimal import Decimal
from typing import Any

import pytest

from integrations.lightspeed.mapping.menu.parser import parse_menu
from integrations.lightspeed.mapping.menu.price_lists import add_price_list
from integrations.pos import CustomPrice, PriceRules
from tests.integrations.lightspeed.menus import choices, deal, item, menu_of, modifiers, to_snapshot

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


# --- Tax, and what an order may set ----------------------------------------------------------------------------------


def rules(*entries: Json) -> dict[str, PriceRules]:
    """Return the price rules of the products and choices of a menu, by SKU."""
    snapshot = to_snapshot(menu_of(*entries))
    found = {product.sku: product.rules for product in snapshot.products}
    return found | {choice.sku: choice.rules for group in snapshot.groups for choice in group.modifiers}


@pytest.mark.parametrize(
    ("fields", "price", "exact", "rate"),
    [
        ({"price": "4.58", "taxIncludedInPrice": False, "defaultTaxPercentage": "20"}, "5.50", "5.496", "20"),
        ({"price": "10.00", "taxIncludedInPrice": False, "defaultTaxPercentage": "20"}, "12.00", None, "20"),
        ({"price": "1.99", "taxIncludedInPrice": False, "defaultTaxPercentage": "8.875"}, "2.17", "2.1666125", "8.875"),
        # The amount says something else than the percentage, such as a levy per bottle.
        (
            {
                "price": "10.00",
                "taxIncludedInPrice": False,
                "defaultTaxPercentage": "20",
                "defaultTaxAmount": "2.50",
            },
            "12.50",
            None,
            "25",
        ),
        ({"price": "4.58", "taxIncludedInPrice": True, "defaultTaxPercentage": "20"}, "4.58", None, None),
    ],
)
def test_tax_that_the_till_adds_is_kept_exactly(fields: Json, price: str, exact: str | None, rate: str | None) -> None:
    entry = item("BURGER", **fields)
    found = rules(entry)["BURGER"]
    assert prices(entry) == {"BURGER": price}
    assert found.exact_price == (Decimal(exact) if exact else None)
    assert found.tax_rate == (Decimal(rate) if rate else None)
    assert found.tax_at_till == (rate is not None)


def test_conditional_tax_is_for_the_till_to_decide() -> None:
    assert rules(item("BURGER", conditionalTaxRules=[{"id": 1}]))["BURGER"].tax_at_till


def test_what_a_chosen_item_adds_to_its_deal_is_taxed_too() -> None:
    beer = item("BEER", price="5.00", extraPrice="1.99", taxIncludedInPrice=False, defaultTaxPercentage="20")
    found = rules(deal("LUNCH", [choices("DRINK", beer)]))
    assert prices(deal("LUNCH", [choices("DRINK", beer)]))["BEER"] == "2.39"
    assert found["BEER"].exact_price == Decimal("2.388")


@pytest.mark.parametrize(
    ("strategy", "custom_price"),
    [
        ("PRICE_CANNOT_BE_CUSTOMIZED", CustomPrice.NO),
        ("CUSTOMIZED_ITEM_PRICE_WILL_BE_POSTIVE", CustomPrice.ADDED),
        ("CUSTOMIZED_ITEM_PRICE_WILL_BE_NEGATIVE", CustomPrice.TAKEN_OFF),
    ],
)
def test_what_an_order_may_set_is_kept(strategy: str, custom_price: CustomPrice) -> None:
    found = rules(item("FOOD", pricingStrategy=strategy, customItemNameEnabled=True))["FOOD"]
    assert (found.custom_name, found.custom_price) == (True, custom_price)


# --- The prices of other order profiles ------------------------------------------------------------------------------


def with_delivery_prices(normal: Json, delivery: Json) -> dict[str, dict[str, str]]:
    """Return the prices that differ in delivery orders, by SKU."""
    menu = parse_menu(json.dumps(normal).encode())
    add_price_list(menu, parse_menu(json.dumps(delivery).encode()), types=("delivery",))
    snapshot = to_snapshot(menu.menu)
    found = {product.sku: product.rules.prices for product in snapshot.products}
    found |= {choice.sku: choice.rules.prices for group in snapshot.groups for choice in group.modifiers}
    return {sku: {type: f"{price:.2f}" for type, price in prices} for sku, prices in found.items() if prices}


def test_only_prices_that_differ_are_kept() -> None:
    def burger(price: str, cheese: str) -> Json:
        return item("BURGER", price=price, menuModifierGroups=[modifiers("EXTRAS", item("CHEESE", price=cheese))])

    def meal(extra: str) -> Json:
        return deal("MEAL", [choices("DRINK", item("COLA", price="3.00", extraPrice=extra))])

    found = with_delivery_prices(
        menu_of(burger("12.00", "1.00"), item("SALAD"), meal("0.50")),
        menu_of(meal("0.75"), item("SALAD"), burger("13.50", "1.20")),
    )
    assert found == {"BURGER": {"delivery": "13.50"}, "CHEESE": {"delivery": "1.20"}, "COLA": {"delivery": "0.75"}}


def test_tax_is_added_to_the_prices_of_other_profiles_too() -> None:
    taxed: Json = {"taxIncludedInPrice": False, "defaultTaxPercentage": "20"}
    found = with_delivery_prices(
        menu_of(item("BURGER", price="10.00", **taxed)), menu_of(item("BURGER", price="11.00", **taxed))
    )
    assert found == {"BURGER": {"delivery": "13.20"}}


def test_what_only_another_profile_sells_is_left_out() -> None:
    assert with_delivery_prices(menu_of(item("BURGER")), menu_of(item("PIZZA", price="3.00"))) == {}


def test_choices_priced_apart_in_one_profile_become_groups_of_their_own() -> None:
    def entry(sku: str, cheese: str) -> Json:
        return item(sku, menuModifierGroups=[modifiers("EXTRAS", item("CHEESE", price=cheese))])

    menu = parse_menu(json.dumps(menu_of(entry("A", "1.00"), entry("B", "1.00"), entry("C", "1.00"))).encode())
    other = parse_menu(json.dumps(menu_of(entry("A", "1.00"), entry("B", "1.00"), entry("C", "2.00"))).encode())
    add_price_list(menu, other, types=("delivery",))
    snapshot = to_snapshot(menu.menu)
    assert {one.sku: one.groups for one in snapshot.products} == {
        "A": ("modifier:EXTRAS",),
        "B": ("modifier:EXTRAS",),
        "C": ("modifier:EXTRAS@C",),
    }


@pytest.mark.parametrize(
    ("currency", "listed", "charged"),
    [("CHF", "3.43", "3.45"), ("JPY", "350.5", "351"), ("KWD", "1.2345", "1.235"), ("GBP", "1.005", "1.01")],
)
def test_a_price_that_no_till_can_charge_is_rounded_as_the_till_does_and_named(
    currency: str, listed: str, charged: str
) -> None:
    snapshot = to_snapshot(menu_of(item("COFFEE", "Coffee", listed)), currency=currency)

    assert [str(product.price) for product in snapshot.products] == [charged]
    assert snapshot.warnings == (
        f"Coffee costs {listed} {currency} in Lightspeed, which no till can charge; it is sold at {charged} "
        f"{currency}. Correct the price in Lightspeed's back office.",
    )


@pytest.mark.parametrize(("currency", "price"), [("CHF", "3.45"), ("JPY", "350"), ("KWD", "1.235"), ("GBP", "1.00")])
def test_a_price_that_a_till_can_charge_is_kept_without_a_warning(currency: str, price: str) -> None:
    snapshot = to_snapshot(menu_of(item("COFFEE", "Coffee", price)), currency=currency)

    assert ([str(product.price) for product in snapshot.products], snapshot.warnings) == ([price], ())
