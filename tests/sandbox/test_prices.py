"""What the till charges: price lists, negative items, tax that the price excludes, currencies, and the tax preview.

Sources: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/) and integrators' logs.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.pos import HIGH_STREET, Json, Pos

PREVIEW = f"/tp/v1/business-locations/{HIGH_STREET}/tax-breakdown"
FIXED = "PRICE_CANNOT_BE_CUSTOMIZED"
NEGATIVE = "CUSTOMIZED_ITEM_PRICE_WILL_BE_NEGATIVE"


def line(sku: str, quantity: int = 1, *subs: str, **more: Any) -> Json:
    return {"quantity": quantity, "sku": sku, **more} | (
        {"subItems": [{"quantity": 1, "sku": sub} for sub in subs]} if subs else {}
    )


def total(pos: Pos, *items: Json, **changes: Any) -> float:
    """Put an order on the till and return what it comes to."""
    return float(pos.take(pos.order(list(items), **changes))["currentAmount"])


def entry(sku: str, price: str, *, tax: str | None = None, strategy: str = FIXED, **more: Any) -> Json:
    """Build a menu item; with `tax`, in per cent, its price excludes that."""
    return {
        "@type": "menuItem",
        "sku": sku,
        "productName": sku,
        "productPrice": price,
        "pricingStrategy": strategy,
        "taxIncludedInPrice": tax is None,
        "defaultTaxPercentage": tax or "20",
        **more,
    }


def sell(pos: Pos, *entries: Json) -> None:
    """Replace High Street's menu by one screen with these entries."""
    pos.control("PUT", "menus/168", {"menuEntryGroups": [{"@type": "group", "id": "1", "menuEntry": list(entries)}]})


def entries_of(pos: Pos, **query: str) -> dict[str, Json]:
    def walk(group: Json) -> Iterator[Json]:
        for each in group.get("menuEntryGroups") or group.get("menuEntry") or []:
            yield from walk(each) if each["@type"] == "group" else [each]

    menu = pos.get("/o/op/2/menu/load/168", **query).json()
    return {each["sku"]: each for each in walk(menu) if "sku" in each}


# Price lists


def test_the_till_charges_an_order_by_the_price_list_of_its_profile(pos: Pos) -> None:
    pos.control("POST", "profiles/delivery/prices", {"BURGER01": "13.50", "CHEESEX": "1.20"})
    burger = line("BURGER01", 2, "CHEESEX")
    assert total(pos, burger, accountProfileCode="storekit") == 27.0
    assert total(pos, burger, accountProfileCode="delivery") == 29.4
    prices = entries_of(pos, accountProfile="delivery")
    assert prices["BURGER01"]["productPrice"] == 13.5
    assert prices["BURGER01"]["menuModifierGroups"][0]["productModifiers"][0]["productPrice"] == 1.2
    assert entries_of(pos)["BURGER01"]["productPrice"] == 12.5


def test_a_price_list_changes_the_tax_with_the_price(pos: Pos) -> None:
    pos.control("POST", "profiles/delivery/prices", {"SALMON01": "15.00"})
    salmon = entries_of(pos, accountProfile="delivery")["SALMON01"]
    assert (salmon["productPrice"], salmon["defaultTaxAmount"]) == (15, 3)
    assert total(pos, line("SALMON01"), accountProfileCode="delivery") == 18.0


def test_delivery_has_a_price_list_from_the_start(pos: Pos) -> None:
    assert entries_of(pos, accountProfile="delivery")["FRIES01"]["productPrice"] == 4.5
    assert total(pos, line("FRIES01"), accountProfileCode="delivery") == 4.5
    assert total(pos, line("FRIES01"), accountProfileCode="storekit") == 4.0
    pos.habits(delivery_prices=False)
    assert total(pos, line("FRIES01"), accountProfileCode="delivery") == 4.0


# Pricing strategies


def test_negative_items_modifiers_and_choices_reduce_the_total(pos: Pos) -> None:
    assert total(pos, line("COLA01"), line("BOTTLEBACK", 2)) == 2.5
    assert total(pos, line("FILTER01", 2, "OWNCUP")) == 4.6
    assert total(pos, line("LUNCH01", 1, "NOSIDE")) == 8.0
    assert total(pos, line("LUNCH01", 1, "CRISPS01")) == 9.0
    assert entries_of(pos)["BOTTLEBACK"]["pricingStrategy"] == NEGATIVE


def test_an_open_price_item_costs_what_the_order_says(pos: Pos) -> None:
    assert total(pos, line("OPENFOOD", customItemPrice="7.25")) == 7.25
    assert total(pos, line("OPENFOOD")) == 0


def test_a_custom_price_is_refused_where_the_strategy_fixes_the_price(pos: Pos) -> None:
    answer = pos.send(pos.order([line("COLA01", customItemPrice="1.00")]))
    assert answer.json()["errors"][0]["field"] == "items[0].customItemPrice"


def test_a_modifier_may_be_directly_on_a_screen_and_is_not_sold_alone(pos: Pos) -> None:
    assert entries_of(pos)["GRAVYX"]["@type"] == "menuProductModifier"
    order = pos.order([line("GRAVYX")])
    pos.send(order)
    assert pos.outcome(order["thirdPartyReference"])["reason"] == "Could not add item GRAVYX (not found)"
    pos.habits(modifier_on_screen=False)
    assert "GRAVYX" not in entries_of(pos)


def test_texts_can_be_very_long(pos: Pos) -> None:
    """Rich descriptions run to 4,000 characters, locale codes to 7."""
    (text,) = entries_of(pos, richContent="true")["TASTING01"]["itemRichData"]["texts"]
    assert (len(text["description"]), text["locale"]) == (4000, "zh-Hant")


def test_an_item_in_a_deal_is_never_marked_as_a_sub_item(pos: Pos) -> None:
    groups = entries_of(pos)["MEAL01"]["menuDealGroups"]
    assert not any(item["asSubItem"] for group in groups for item in group["items"])


# Tax that the price excludes


@pytest.mark.parametrize(("per_line", "charged"), [(True, 4.99), (False, 5.0)])
def test_tax_is_added_per_line_not_per_piece(pos: Pos, per_line: bool, charged: float) -> None:
    """Two waters of 2.08 with 20 % are 4.992; one is 2.496, rounded 2.50."""
    pos.habits(tax_per_line=per_line)
    assert total(pos, line("WATER01", 2)) == charged


@pytest.mark.parametrize(("per_line", "charged"), [(True, 13.2), (False, 13.0)])
def test_the_extra_price_of_a_deals_item_is_taxed_too(pos: Pos, per_line: bool, charged: float) -> None:
    choice = entry("SIDE", "5.00", tax="20", extraPrice="1.00")
    group = {"sku": "G", "description": "Side", "items": [choice]}
    sell(
        pos,
        entry("DEAL", "10.00", tax="20", defaultTaxAmount="2.00") | {"@type": "menuDeal", "menuDealGroups": [group]},
    )
    pos.habits(tax_per_line=per_line)
    assert total(pos, line("DEAL", 1, "SIDE")) == charged


# Tax preview


def test_the_preview_says_what_the_till_will_charge(pos: Pos) -> None:
    items = [line("WATER01", 2), line("BURGER01", 1, "CHEESEX", "AVOCADOX")]
    preview = pos.call("POST", PREVIEW, {"accountProfileCode": "storekit", "items": items}).json()
    assert preview["amountDue"] == total(pos, *items) == 19.99
    assert preview["totalGrossAmountInCents"] == 1999
    assert preview["totalNetAmountInCents"] + preview["totalTaxAmountInCents"] == 1999
    assert [row["sku"] for row in preview["transactions"]] == ["WATER01", "BURGER01", "CHEESEX", "AVOCADOX"]
    assert preview["transactions"][0] == {
        "sku": "WATER01",
        "quantity": 2.0,
        "unitPrice": 2.08,
        "netAmount": 4.16,
        "grossAmount": 4.99,
        "taxAmount": 0.83,
    }
    assert {(row["taxRate"], row["taxIncluded"]) for row in preview["taxLines"]} == {("1.20", True), ("1.20", False)}
    assert len(pos.state()["orders"]) == 1


def test_the_preview_takes_the_profiles_prices(pos: Pos) -> None:
    body = {"accountProfileCode": "happyhour", "items": [{"sku": "LAGER01", "quantity": 2}]}
    assert pos.call("POST", PREVIEW, body).json()["amountDue"] == 8.0


@pytest.mark.parametrize(
    "body",
    [
        {"accountProfileCode": "nothing", "items": []},
        {"items": [{"quantity": 1}]},
        {"items": [{"sku": "NO-SUCH", "quantity": 1}]},
        {"items": [{"sku": "MARGHERITA", "quantity": 1, "subItems": [{"sku": "BACONX", "quantity": 1}]}]},
    ],
)
def test_the_preview_refuses_what_cannot_be_ordered(pos: Pos, body: Json) -> None:
    answer = pos.call("POST", PREVIEW, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"status", "timestamp", "message", "apiSubExceptions"}


# Currencies


@pytest.mark.parametrize(
    ("code", "price", "quantity", "charged"),
    [
        ("GBP", "1.005", 1, 1.01),
        ("EUR", "2.49", 3, 7.47),
        ("JPY", "980", 3, 2940),
        ("JPY", "99.5", 1, 100),
        ("KWD", "1.125", 3, 3.375),
        ("CHF", "4.55", 2, 9.1),
        ("CHF", "4.52", 1, 4.5),
        ("CHF", "4.53", 1, 4.55),
    ],
)
def test_amounts_are_rounded_as_the_currency_says(
    pos: Pos, code: str, price: str, quantity: int, charged: float
) -> None:
    """Pounds and euros have two decimals, yen none, dinars three; Swiss francs go in steps of 0.05."""
    pos.control("POST", "currency", {"code": code})
    sell(pos, entry("DISH", price))
    assert total(pos, line("DISH", quantity)) == charged


def test_a_price_that_is_no_multiple_of_five_centimes_makes_an_order_overpaid(pos: Pos) -> None:
    pos.control("POST", "currency", {"code": "CHF"})
    sell(pos, entry("DISH", "4.52"))
    order = pos.order([line("DISH")], payment={"paymentMethod": "STOREKIT", "paymentAmount": "4.52"})
    pos.send(order)
    assert pos.outcome(order["thirdPartyReference"])["reason"] == "the payment amount is greater than the amount due"
    pos.take(pos.order([line("DISH")], payment={"paymentMethod": "STOREKIT", "paymentAmount": "4.50"}))


@pytest.mark.parametrize(("code", "minor"), [("JPY", 980), ("KWD", 980_000), ("EUR", 98_000)])
def test_the_preview_counts_in_the_smallest_unit(pos: Pos, code: str, minor: int) -> None:
    pos.control("POST", "currency", {"code": code})
    sell(pos, entry("DISH", "980"))
    assert pos.call("POST", PREVIEW, {"items": [{"sku": "DISH"}]}).json()["totalGrossAmountInCents"] == minor


def test_an_unknown_currency_is_refused(pos: Pos) -> None:
    assert pos.call("POST", "/sandbox/currency", {"code": "XXX"}).status_code == 400


def test_a_payment_is_not_rounded_to_five_centimes(pos: Pos) -> None:
    pos.control("POST", "currency", {"code": "CHF"})
    sell(pos, entry("DISH", "4.50"))
    check = pos.take(pos.order([line("DISH")], payment={"paymentMethod": "STOREKIT", "paymentAmount": "4.48"}))
    assert (check["currentAmount"], check["paidAmount"]) == (4.5, 4.48)
