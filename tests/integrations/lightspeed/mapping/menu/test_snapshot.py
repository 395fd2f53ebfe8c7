import time
from decimal import Decimal
from typing import Any

import pytest

from integrations.lightspeed.mapping.menu.snapshot import to_menu_names
from integrations.pos import (
    BadAnswer,
    MenuCategory,
    MenuModifierGroup,
    MenuProduct,
    MenuSnapshot,
    PosMenuName,
    ProductKind,
    Translation,
)
from tests.integrations.lightspeed.menus import (
    item,
    menu,
    menu_of,
    modifiers,
    screen,
    texts,
    to_snapshot,
)


def product(snapshot: MenuSnapshot, sku: str = "BURGER") -> MenuProduct:
    return next(product for product in snapshot.products if product.sku == sku)


def group(snapshot: MenuSnapshot, key: str) -> MenuModifierGroup:
    return next(group for group in snapshot.groups if group.key == key)


# --- Screens ---------------------------------------------------------------------------------------------------------


def test_screens_become_categories_with_parents_and_products_in_order() -> None:
    snapshot = to_snapshot(
        menu(
            screen(
                "Food",
                item("B"),
                screen("Sides", item("C"), id="2"),
                item("A"),
                id="1",
                color="#B87333",
            ),
            screen("Drinks", id="3"),
        )
    )
    assert snapshot.categories == (
        MenuCategory(key="1", name="Food", parent="", products=("B", "A"), color="#B87333"),
        MenuCategory(key="2", name="Sides", parent="1", products=("C",)),
        MenuCategory(key="3", name="Drinks", parent="", products=()),
    )
    assert (snapshot.menu_id, snapshot.name) == ("168", "Online")


def test_a_product_on_several_screens_is_one_product() -> None:
    snapshot = to_snapshot(menu(screen("Food", item("FRIES"), item("FRIES")), screen("Sides", item("FRIES"))))
    assert [product.sku for product in snapshot.products] == ["FRIES"]
    assert [category.products for category in snapshot.categories] == [("FRIES",), ("FRIES",)]
    assert snapshot.warnings == ()


def test_a_modifier_on_a_screen_is_neither_a_product_nor_worth_a_warning() -> None:
    """Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/)."""
    gravy = item("GRAVY", "Gravy") | {"@type": "menuProductModifier"}
    snapshot = to_snapshot(menu(screen("Food", item("FRIES"), gravy)))
    assert [product.sku for product in snapshot.products] == ["FRIES"]
    assert snapshot.warnings == ()


def test_an_entry_of_an_unknown_kind_is_left_out_with_a_warning() -> None:
    snapshot = to_snapshot(menu(screen("Food", item("FRIES"), item("VOUCHER", "Voucher") | {"@type": "menuVoucher"})))
    assert [product.sku for product in snapshot.products] == ["FRIES"]
    assert snapshot.warnings == ("Voucher on the screen Food is of an unknown kind: menuVoucher.",)


def test_screens_of_old_menus_are_known_by_their_path() -> None:
    def old(name: str, *entries: Any) -> dict[str, Any]:
        return screen(name, *entries) | {"id": None}

    tree = [old("Food", old("Hot"), old("Hot"), old("A/B")), old("Drinks", old("Hot"))]
    keys = {category.key: category.name for category in to_snapshot(menu(*tree)).categories}
    assert keys == {
        "path:Food@": "Food",
        "path:Hot@path:Food@": "Hot",
        "path:Hot@path:Food@#2": "Hot",
        "path:A%2FB@path:Food@": "A/B",
        "path:Drinks@": "Drinks",
        "path:Hot@path:Drinks@": "Hot",
    }
    assert keys == {category.key: category.name for category in to_snapshot(menu(*reversed(tree))).categories}


def test_a_screen_linked_from_two_others_is_known_by_both() -> None:
    snapshot = to_snapshot(menu(screen("A", screen("Sides", id="9")), screen("B", screen("Sides", id="9"))))
    assert [category.key for category in snapshot.categories] == ["id-A", "9@id-A", "id-B", "9@id-B"]


def test_a_long_path_still_makes_a_key_of_bounded_length() -> None:
    def old(name: str, *entries: Any) -> dict[str, Any]:
        return screen(name * 50, *entries) | {"id": None}

    snapshot = to_snapshot(menu(old("a", old("b", old("c", old("d", old("e", old("f"), old("g"))))))))
    keys = [category.key for category in snapshot.categories]
    assert len(set(keys)) == 7
    assert max(map(len, keys)) <= 255


def test_screens_nest_to_any_depth() -> None:
    nested = screen("Deepest", item("A"))
    for depth in range(100):
        nested = screen(f"Level {depth}", nested)
    assert len(to_snapshot(menu(nested)).categories) == 101


# --- Products --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"productPrice": Decimal("9.5")}, "9.50"),
        ({"productPrice": "9.50"}, "9.50"),
        ({"productPrice": 9}, "9.00"),
        ({"productPrice": "4.58", "defaultTaxAmount": "0.92", "taxIncludedInPrice": False}, "5.50"),
        ({"productPrice": "4.58", "defaultTaxAmount": "0.92", "taxIncludedInPrice": True}, "4.58"),
        ({"productPrice": "4.58", "defaultTaxAmount": "0.92"}, "4.58"),
        ({"productPrice": "4.58", "defaultTaxPercentage": "20", "taxIncludedInPrice": False}, "5.50"),
        ({"productPrice": "4.58", "taxIncludedInPrice": False}, "4.58"),
        ({"productPrice": "0.005"}, "0.01"),
        ({"productPrice": "1.004999"}, "1.00"),
    ],
)
def test_the_price_is_what_the_guest_pays(fields: dict[str, Any], price: str) -> None:
    found = product(to_snapshot(menu_of(item() | fields))).price
    assert str(found) == price


def test_rich_content_reaches_the_product() -> None:
    rich = texts(
        ("en", "Copper burger", "<p>Juicy.</p><p>450 kcal</p>"),
        ("fr_BE", "Burger", ""),
        allergenCodes=["MILK", "GLUTEN", "MILK"],
        containsAlcohol=True,
        alcoholPercentage="4.25",
        rawImageUrl="https://images.example/raw.png",
        previewImageUrl="https://images.example/preview.png",
    )
    snapshot = to_snapshot(menu_of(item(itemRichData=rich)))
    assert product(snapshot) == MenuProduct(
        sku="BURGER",
        kind=ProductKind.ITEM,
        name="Burger",
        price=Decimal("10.00"),
        image_url="https://images.example/preview.png",
        allergens=("MILK", "GLUTEN"),
        calories=450,
        contains_alcohol=True,
        alcohol_percentage=Decimal("4.25"),
        translations={"en": Translation("Copper burger", "Juicy.\n450 kcal"), "fr-be": Translation("Burger")},
    )
    assert snapshot.languages == ("en", "fr-be")


@pytest.mark.parametrize(
    ("rich", "image"),
    [
        ({"squareImageUrl": "https://a.example/s", "rawImageUrl": "https://a.example/r"}, "https://a.example/s"),
        ({"squareImageUrl": None, "rawImageUrl": "http://a.example/r"}, "http://a.example/r"),
        ({"squareImageUrl": "javascript:alert(1)", "rawImageUrl": "ftp://a.example/r"}, ""),
        ({"squareImageUrl": "https://a.example/" + "x" * 1000}, ""),
        ({}, ""),
    ],
)
def test_the_image_is_the_best_one_that_a_browser_can_show(rich: dict[str, Any], image: str) -> None:
    assert product(to_snapshot(menu_of(item(itemRichData=rich)))).image_url == image


def test_numbers_of_calories_win_over_words() -> None:
    rich = texts(("en", "Burger", "450 kcal"), calories="512.5")
    assert product(to_snapshot(menu_of(item(itemRichData=rich)))).calories == 513


def test_languages_are_those_of_everything_a_guest_reads() -> None:
    extra = modifiers(
        "EXTRAS", item("CHEESE", itemRichData=texts(("nl", "Kaas", ""))), itemRichData=texts(("de", "Extras", ""))
    )
    snapshot = to_snapshot(menu_of(item(itemRichData=texts(("fr", "Burger", ""))) | {"menuModifierGroups": [extra]}))
    assert snapshot.languages == ("de", "fr", "nl")


@pytest.mark.parametrize("missing", [True, False])
def test_missing_rich_content_is_reported(missing: bool) -> None:
    assert to_snapshot(menu(richDataMissing=missing)).rich_content_missing is missing


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (item(None, "Special"), ["Special", "no SKU", "Food"]),
        (item("", "Special"), ["Special", "no SKU"]),
        (item("S" * 26, "Special"), ["Special", "longer than 25"]),
        (
            item("TIP", "Tip", pricingStrategy="CUSTOMIZED_ITEM_PRICE_WILL_BE_A_PERCENTAGE_OF_TOTAL", price=None),
            ["Tip", "percentage"],
        ),
        ({"@type": "menuRobot", "productName": "Robot"}, ["Robot", "menuRobot"]),
    ],
)
def test_items_that_cannot_be_ordered_are_left_out_with_a_warning(entry: dict[str, Any], words: list[str]) -> None:
    snapshot = to_snapshot(menu_of(entry, item("A")))
    assert [product.sku for product in snapshot.products] == ["A"]
    (warning,) = snapshot.warnings
    assert all(word in warning for word in words)


def test_an_item_sold_only_as_a_sub_item_is_left_out_without_a_warning() -> None:
    snapshot = to_snapshot(menu_of(item("POT", asSubItem=True)))
    assert (snapshot.products, snapshot.warnings) == ((), ())


def test_one_sku_at_two_prices_keeps_the_first_and_warns() -> None:
    snapshot = to_snapshot(menu(screen("A", item("X", "Cola", "3")), screen("B", item("X", "Cola", "4"))))
    assert product(snapshot, "X").price == Decimal("3.00")
    (warning,) = snapshot.warnings
    assert all(word in warning for word in ("X", "3.00", "4.00"))


def test_a_sku_may_be_written_as_a_number() -> None:
    assert product(to_snapshot(menu_of(item() | {"sku": 4711})), "4711").name == "Burger"


def test_text_that_no_database_stores_is_cleaned() -> None:
    assert product(to_snapshot(menu_of(item(name="Bur\0ger\ud800")))).name == "Burger?"


# --- Nonsense --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (None, "menu"),
        ([], "menu"),
        ({}, "menuEntryGroups"),
        (menu() | {"menuEntryGroups": {}}, "menuEntryGroups"),
        (menu() | {"menuEntryGroups": ["x"]}, "menuEntryGroups"),
        (menu_of(item() | {"@type": None}), "@type"),
        (menu_of(item(price="free")), "Burger: productPrice"),
        (menu_of(item(price=None)), "Burger: has no productPrice"),
        (menu_of(item(price=True)), "productPrice"),
        (menu_of(item(price="NaN")), "productPrice"),
        (menu_of(item(price="1e400000000")), "productPrice"),
        (menu_of(item(price=10**12)), "productPrice"),
        (menu_of(item() | {"sku": ["A"]}), "sku"),
        (menu_of(item(itemRichData="nice")), "itemRichData"),
        (menu_of(item(itemRichData={"allergenCodes": "MILK"})), "allergenCodes"),
        (menu_of(item(itemRichData={"containsAlcohol": "no"})), "containsAlcohol"),
        (menu_of(item(menuModifierGroups="none")), "menuModifierGroups"),
        (menu_of(item(menuModifierGroups=[modifiers("X", item("A"), minimumSelection=-1)])), "minimumSelection"),
        (menu_of(item(menuModifierGroups=[modifiers("X", item("A"), minimumSelection=10**6)])), "minimumSelection"),
        (menu_of(item(menuModifierGroups=[modifiers("X", item("A", price="x"))])), "group Extras"),
    ],
)
def test_a_malformed_menu_is_refused_with_the_place(broken: Any, where: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        to_snapshot(broken)
    assert where in caught.value.detail


def test_excessive_nesting_is_refused() -> None:
    nested = screen("Deepest")
    for _ in range(5_000):
        nested = screen("Level", nested)
    with pytest.raises(BadAnswer):
        to_snapshot(menu(nested))


def test_the_list_of_menus() -> None:
    assert to_menu_names([{"menuName": "Online", "ikentooMenuId": 168}, {"ikentooMenuId": "x"}]) == (
        PosMenuName("168", "Online"),
        PosMenuName("x", "x"),
    )
    nonsense: list[Any] = [None, {}, [None], [{"menuName": "No id"}]]
    for broken in nonsense:
        with pytest.raises(BadAnswer):
            to_menu_names(broken)


def test_a_large_menu_takes_seconds_not_minutes() -> None:
    rich = texts(("en", "Name", "<p>Good <b>food</b>, 450 kcal</p>"), ("fr", "Nom", "Bon"))
    shared = modifiers("SHARED", *(item(f"S{number}", itemRichData=rich) for number in range(4)))
    large = menu(
        *(
            screen(
                f"Screen {each}",
                *(item(f"P{each}-{number}", itemRichData=rich, menuModifierGroups=[shared]) for number in range(50)),
            )
            for each in range(100)
        )
    )
    started = time.process_time()
    snapshot = to_snapshot(large)
    assert time.process_time() - started < 8
    assert (len(snapshot.products), len(snapshot.groups)) == (5_000, 1)
