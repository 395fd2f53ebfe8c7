"""Menus: languages, prices, images, allergens, order profiles and discounts.

Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests

from tests.sandbox.pos import HIGH_STREET, RIVERSIDE, Json, Pos


def menu(pos: Pos, number: int = 168, **query: str) -> Json:
    answer = pos.get(f"/o/op/2/menu/load/{number}", **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def entries(group: Json) -> Iterator[Json]:
    inside: list[Json] = group["menuEntryGroups"] if "menuEntryGroups" in group else group["menuEntry"]
    for entry in inside:
        if entry["@type"] == "group":
            yield from entries(entry)
        else:
            yield entry


def by_sku(found: Json) -> dict[str, Json]:
    return {entry["sku"]: entry for entry in entries(found) if "sku" in entry}


def test_each_location_has_its_menus(pos: Pos) -> None:
    assert pos.get("/o/op/1/menu/list").json() == [{"menuName": "Online menu", "ikentooMenuId": 168}]
    riverside = pos.get("/o/op/1/menu/list", bl=RIVERSIDE).json()
    assert [row["menuName"] for row in riverside] == ["All day", "Brunch"]
    assert pos.get("/o/op/2/menu/load/271").status_code == 404


def test_the_menu_has_screens_with_sub_screens_two_levels_deep(pos: Pos) -> None:
    screens = menu(pos)["menuEntryGroups"]
    assert [screen["name"] for screen in screens] == ["Food", "Drinks", "Deals & desserts", "Extras"]
    burgers = next(group for group in screens[0]["menuEntry"] if group["name"] == "Burgers")
    assert [entry["name"] for entry in burgers["menuEntry"] if entry["@type"] == "group"] == ["Signature"]
    assert any("id" not in group for group in screens[1]["menuEntry"])


def test_the_menu_has_the_irregularities_of_real_menus(pos: Pos) -> None:
    found = menu(pos, richContent="true")
    rows = list(entries(found))
    assert any(row["@type"] == "menuProductModifier" for row in rows)
    skus = [row["sku"] for row in rows if "sku" in row]
    assert len(set(skus)) >= 35
    assert skus.count("FRIES01") == 2
    assert any("sku" not in row for row in rows)
    assert any(isinstance(row["productPrice"], str) for row in rows)
    assert any(row["asSubItem"] for row in rows)
    assert sum(row["@type"] == "menuDeal" for row in rows) == 3
    assert sum(row["taxIncludedInPrice"] is False for row in rows) >= 3
    assert not {"STOREKIT_DELIVERY", "STOREKIT_DISCOUNT", "STOREKIT_SERVICE_CHARGE"} & set(skus)
    texts = [text for row in rows for text in row.get("itemRichData", {}).get("texts", [])]
    assert {text["locale"] for text in texts} == {"en", "fr", "nl", "zh-Hant"}
    assert any("<b>" in text.get("description", "") for text in texts)
    assert any("kJ / 450 kcal" in text.get("description", "") for text in texts)


def test_choices_have_the_documented_shapes(pos: Pos) -> None:
    items = by_sku(menu(pos))
    cooking = items["BURGER01"]["productionInstructionList"][0]
    assert set(cooking) == {
        "productionInstructionGroupName",
        "productionIntructionGroupId",
        "multiSelectionPermitted",
        "productionInstructionList",
    }
    assert cooking["productionInstructionList"][0] == {"instruction": "Rare", "ikentooModifierId": 1001}
    extras = items["BURGER01"]["menuModifierGroups"][0]
    egg = next(modifier for modifier in extras["productModifiers"] if modifier["sku"] == "EGGX")
    assert egg["productionInstructionList"]
    burgers, *_, sweet = items["MEAL01"]["menuDealGroups"]
    assert (burgers["mustSelectAnItem"], burgers["minimumSelection"], burgers["maximumSelection"]) == (True, 1, 1)
    assert (sweet["mustSelectAnItem"], sweet["minimumSelection"], sweet["maximumSelection"]) == (False, None, 2)
    assert ["extraPrice" in choice for choice in burgers["items"]] == [False, False, False, True]
    assert burgers["items"][0]["menuModifierGroups"]


def test_rich_content_is_returned_only_on_request(pos: Pos) -> None:
    assert "itemRichData" not in by_sku(menu(pos))["BURGER01"]
    assert "itemRichData" not in by_sku(menu(pos, richContent="false"))["BURGER01"]
    assert by_sku(menu(pos, richContent="true"))["BURGER01"]["itemRichData"]["allergenCodes"]


def test_images_are_served_at_the_urls_in_the_menu(pos: Pos) -> None:
    rich = by_sku(menu(pos, richContent="true"))["BURGER01"]["itemRichData"]
    for name in ("squareImageUrl", "rawImageUrl", "previewImageUrl"):
        assert rich[name].startswith(pos.base_url)
        picture = requests.get(rich[name], timeout=5)
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")


def test_an_order_profile_can_have_lower_prices(pos: Pos) -> None:
    assert by_sku(menu(pos))["LAGER01"]["productPrice"] == 5.2
    assert by_sku(menu(pos, accountProfile="happyhour"))["LAGER01"]["productPrice"] == 4
    assert by_sku(menu(pos, accountProfile="storekit"))["LAGER01"]["productPrice"] == 5.2


def test_an_unknown_profile_is_refused_in_the_shape_of_menu_calls(pos: Pos) -> None:
    answer = pos.get("/o/op/2/menu/load/168", accountProfile="nothing")
    assert answer.status_code == 400
    body = answer.json()
    assert set(body) == {"status", "timestamp", "message", "apiSubExceptions"}
    assert body["apiSubExceptions"][0]["field"] == "accountProfile"
    assert body["apiSubExceptions"][0]["rejectedValue"] == "nothing"


def test_the_business_location_is_required_and_must_belong_to_the_account(pos: Pos) -> None:
    assert pos.call("GET", "/o/op/1/menu/list").status_code == 400
    assert pos.get("/o/op/1/menu/list", bl="high-street").status_code == 400
    assert pos.get("/o/op/1/menu/list", bl=7).status_code == 403


def test_a_menu_can_be_replaced_and_takes_effect_at_once(pos: Pos) -> None:
    path = "menus/168"
    changed = pos.control("GET", path)
    changed["menuEntryGroups"][0]["menuEntry"][1]["menuEntry"][0]["productPrice"] = "14.00"
    pos.control("PUT", path, changed)
    assert by_sku(menu(pos))["BURGER01"]["productPrice"] == "14.00"
    assert pos.take(pos.order())["currentAmount"] == 14
    pos.control("PUT", path, {"menuEntryGroups": [], "richDataMissing": True})
    assert menu(pos, richContent="true")["richDataMissing"] is True
    order = pos.order()
    pos.send(order)
    assert pos.outcome(order["thirdPartyReference"])["reason"] == "Could not add item BURGER01 (not found)"


def test_instructions_discounts_and_allergens_are_listed(pos: Pos) -> None:
    groups = pos.get("/o/op/1/menu/modifiers").json()
    assert "Cooking" in {group["productionInstructionGroupName"] for group in groups}
    discounts = {row["code"]: row for row in pos.get("/o/op/1/menu/discounts").json()}
    assert discounts["STAFF10"]["discountPercentage"] == 10
    assert Decimal(discounts["FIVE"]["discountAmount"]) == 5
    milk = next(row for row in pos.get("/i/allergens").json() if row["code"] == "MILK")
    assert {"locale": "fr", "text": "Lait"} in milk["translations"]


def test_rich_items_are_paginated(pos: Pos) -> None:
    first = pos.get("/i/richItem/29091", page=0, size=10).json()
    assert len(first["_embedded"]["richItemDtoList"]) == 10
    pages = first["page"]["totalPages"]
    rows = [
        row
        for page in range(pages)
        for row in pos.get("/i/richItem/29091", page=page, size=10).json()["_embedded"]["richItemDtoList"]
    ]
    assert len({row["sku"] for row in rows}) == len(rows) == first["page"]["totalElements"]
    burger = next(row for row in rows if row["sku"] == "BURGER01")
    assert burger["pictureUrl"].startswith(pos.base_url)
    assert {text["localeCode"] for text in burger["descriptions"]} == {"en", "fr", "nl"}
    assert pos.get("/i/richItem/1").status_code == 403


def test_the_ids_of_the_business_and_its_locations_are_numbers(pos: Pos) -> None:
    assert pos.get("/o/op/data/businesses").json() == [
        {
            "name": "The Copper Pot Group",
            "id": 29091,
            "businessLocations": [{"id": HIGH_STREET, "name": "High Street"}, {"id": RIVERSIDE, "name": "Riverside"}],
        }
    ]


def test_the_floor_plan_has_tables_and_riverside_has_none(pos: Pos) -> None:
    plans = pos.get(f"/o/op/data/{HIGH_STREET}/floorplans", expandTables="true").json()
    assert [plan["name"] for plan in plans] == ["Main room", "Terrace"]
    tables = [table for plan in plans for table in plan["tables"]]
    assert len(tables) == 12
    assert [table["number"] for table in tables if not table["active"]] == [8]
    assert set(tables[0]) == {"number", "reference", "id", "active", "description", "defaultClientCount"}
    assert "tables" not in pos.get(f"/o/op/data/{HIGH_STREET}/floorplans").json()[0]
    one = pos.get(f"/o/op/data/{HIGH_STREET}/floorplans/{plans[1]['id']}/tables").json()
    assert one == plans[1]["tables"]
    assert pos.get(f"/o/op/data/{RIVERSIDE}/floorplans").status_code == 404
    assert pos.get("/o/op/data/7/floorplans").status_code == 403


def test_order_profiles_and_payment_methods_are_listed(pos: Pos) -> None:
    listed = pos.get("/o/op/data/account-profiles").json()
    assert listed["businessLocationId"] == HIGH_STREET
    modes = {row["code"]: row["deliveryMode"] for row in listed["accountProfileList"]}
    assert modes == {"storekit": "TAKE_AWAY", "delivery": "DELIVERY", "dinein": "NONE", "happyhour": "NONE"}
    assert pos.get(f"/o/op/data/{HIGH_STREET}/account-profiles/tagcode/delivery").json()["name"] == "Delivery"
    assert pos.get(f"/o/op/data/{HIGH_STREET}/account-profiles/tagcode/no").status_code == 404
    methods = pos.get(f"/f/finance/{HIGH_STREET}/paymentMethods").json()["_embedded"]["paymentMethodList"]
    assert [method["code"] for method in methods] == ["STOREKIT", "APM", "CASH", "CARD", "GIFT"]


def test_discounts_can_be_added_and_removed(pos: Pos) -> None:
    def listed() -> dict[str, dict[str, object]]:
        return {row["code"]: row for row in pos.get("/o/op/1/menu/discounts").json()}

    pos.control("POST", "discounts/WELCOME/add", {"name": "Welcome", "discountPercentage": 15})
    assert listed()["WELCOME"] == {"name": "Welcome", "code": "WELCOME", "discountPercentage": 15}
    check = pos.take(pos.order([{"quantity": 1, "sku": "BURGER01", "discountCode": "WELCOME"}]))
    assert check["currentAmount"] == 10.62
    pos.control("POST", "discounts/WELCOME/remove")
    assert "WELCOME" not in listed()
    gone = pos.send(pos.order([{"quantity": 1, "sku": "BURGER01", "discountCode": "WELCOME"}]))
    assert gone.json()["errors"][0]["field"] == "items[0].discountCode"
    assert pos.call("POST", "/sandbox/discounts/WELCOME/remove").status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"discountAmount": 1, "discountPercentage": 1}, {"discountAmount": "much"}, {"discountAmount": -1}]
)
def test_a_discount_has_either_a_percentage_or_an_amount(pos: Pos, body: dict[str, object]) -> None:
    assert pos.call("POST", "/sandbox/discounts/WELCOME/add", body).status_code == 400
