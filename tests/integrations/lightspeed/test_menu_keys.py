"""Keys of groups: the same from sync to sync, whatever order the menu comes in."""

import copy
import random
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from integrations.lightspeed.menu import to_snapshot
from integrations.pos import BadAnswer, MenuSnapshot
from tests.integrations.lightspeed.menus import (
    choices,
    deal,
    instructions,
    item,
    menu,
    menu_of,
    modifiers,
    screen,
    texts,
)


def keys_of(snapshot: MenuSnapshot) -> dict[str, tuple[str, ...]]:
    return {product.sku: product.groups for product in snapshot.products}


def burger(sku: str, *groups: dict[str, Any]) -> dict[str, Any]:
    return item(sku, menuModifierGroups=list(groups))


def test_a_group_shared_by_products_is_one_group() -> None:
    snapshot = to_snapshot(menu_of(burger("A", modifiers("X", item("C"))), burger("B", modifiers("X", item("C")))))
    assert keys_of(snapshot) == {"A": ("modifier:X",), "B": ("modifier:X",)}
    assert [group.key for group in snapshot.groups] == ["modifier:X"]


def test_groups_that_differ_under_one_sku_are_each_keyed_by_their_owner() -> None:
    snapshot = to_snapshot(menu_of(burger("A", modifiers("X", item("C"))), burger("B", modifiers("X", item("D")))))
    assert keys_of(snapshot) == {"A": ("modifier:X@A",), "B": ("modifier:X@B",)}


def test_a_difference_deep_inside_is_a_difference_of_the_whole() -> None:
    def nested(price: str) -> dict[str, Any]:
        return modifiers("X", item("C", menuModifierGroups=[modifiers("Y", item("D", price=price))]))

    snapshot = to_snapshot(menu_of(burger("A", nested("1")), burger("B", nested("2"))))
    assert keys_of(snapshot) == {"A": ("modifier:X@A",), "B": ("modifier:X@B",)}
    assert {group.key for group in snapshot.groups} == {
        "modifier:X@A",
        "modifier:X@B",
        "modifier:Y@modifier:X@A/C",
        "modifier:Y@modifier:X@B/C",
    }


def test_a_shared_group_stays_one_when_what_is_nested_in_it_differs_elsewhere() -> None:
    shared = modifiers("X", item("C", productionInstructionList=[instructions(7, 1)]))
    other = item("Z", productionInstructionList=[instructions(7, 2)])
    snapshot = to_snapshot(menu_of(burger("A", shared), burger("B", shared), other))
    assert keys_of(snapshot) == {"A": ("modifier:X",), "B": ("modifier:X",), "Z": ("instruction:7@Z",)}
    assert {group.key for group in snapshot.groups} == {"modifier:X", "instruction:7@modifier:X/C", "instruction:7@Z"}


def test_a_group_without_an_identity_is_keyed_by_owner_and_place() -> None:
    anonymous = modifiers(None, item("C"))
    snapshot = to_snapshot(menu_of(burger("A", anonymous, anonymous), burger("B", anonymous)))
    assert keys_of(snapshot) == {"A": ("modifier:@A", "modifier:#2@A"), "B": ("modifier:@B",)}


def test_a_question_that_is_asked_twice_stays_two_questions() -> None:
    drink = choices("DRINK", item("COLA"))
    assert keys_of(to_snapshot(menu_of(deal("MEAL", [drink, drink])))) == {"MEAL": ("deal:DRINK", "deal:DRINK#2")}


def test_kinds_do_not_share_keys() -> None:
    meal = deal("MEAL", [choices("7", item("A"))], menuModifierGroups=[modifiers("7", item("A"))])
    meal["productionInstructionList"] = [instructions(7, 1)]
    assert keys_of(to_snapshot(menu_of(meal)))["MEAL"] == ("deal:7", "modifier:7", "instruction:7")


def test_a_duplicate_product_with_other_groups_changes_no_product_but_counts_for_the_keys() -> None:
    first, second = burger("A", modifiers("X", item("C"))), burger("A", modifiers("X", item("D")))
    for entries in ((first, second), (second, first)):
        assert keys_of(to_snapshot(menu_of(*entries))) == {"A": ("modifier:X@A",)}


def test_keys_stay_short_however_deep_the_nesting() -> None:
    def nest(leaf: str) -> dict[str, Any]:
        nested = modifiers("G" * 25, item(leaf))
        for depth in range(15):
            nested = modifiers(f"{depth:025}", item(f"{depth:025}", menuModifierGroups=[nested]))
        return nested

    snapshot = to_snapshot(menu_of(burger("A", nest("C")), burger("B", nest("D"))))
    assert len(snapshot.groups) == 32
    assert max(len(group.key) for group in snapshot.groups) <= 255


def test_skus_that_look_like_keys_make_no_two_keys_alike() -> None:
    snapshot = to_snapshot(
        menu_of(
            burger("A", modifiers("X", item("C"))),
            burger("B", modifiers("X", item("D"))),
            burger("Z", modifiers("X@A", item("E"))),
        )
    )
    assert len({group.key for group in snapshot.groups}) == 3


# --- Laws ------------------------------------------------------------------------------------------------------------

_SKUS = st.sampled_from(["A", "B", "C", "D"])
_GROUP_SKUS = st.sampled_from(["X", "Y", None])


@st.composite
def _groups(draw: st.DrawFn, depth: int = 2) -> list[dict[str, Any]]:
    found = []
    for sku in draw(st.lists(_GROUP_SKUS, max_size=2)):
        below = draw(_groups(depth - 1)) if depth else []
        skus = draw(st.lists(_SKUS, min_size=1, max_size=2, unique=True))
        found.append(modifiers(sku, *(item(each, each, "1", menuModifierGroups=below) for each in skus)))
    return found


@st.composite
def _menus(draw: st.DrawFn) -> dict[str, Any]:
    skus = draw(st.lists(st.sampled_from([f"P{number}" for number in range(6)]), unique=True, max_size=6))
    products = [item(sku, sku, "5", menuModifierGroups=draw(_groups())) for sku in skus]
    middle = len(products) // 2
    return menu(screen("One", *products[:middle]), screen("Two", *products[middle:]))


def _shuffled(source: dict[str, Any], seed: int) -> dict[str, Any]:
    """The same menu with its screens, and the products on them, in another order."""
    shuffled = copy.deepcopy(source)
    order = random.Random(seed)
    order.shuffle(shuffled["menuEntryGroups"])
    for each in shuffled["menuEntryGroups"]:
        order.shuffle(each["menuEntry"])
    return shuffled


@given(source=_menus(), seed=st.integers())
def test_keys_do_not_depend_on_the_order_of_the_menu(source: dict[str, Any], seed: int) -> None:
    one, other = to_snapshot(source), to_snapshot(_shuffled(source, seed))
    assert keys_of(one) == keys_of(other)
    assert {group.key: group for group in one.groups} == {group.key: group for group in other.groups}


@given(source=_menus())
def test_every_key_is_unique_and_every_reference_leads_somewhere(source: dict[str, Any]) -> None:
    snapshot = to_snapshot(source)
    keys = [group.key for group in snapshot.groups]
    assert len(keys) == len(set(keys))
    used = {key for product in snapshot.products for key in product.groups}
    used |= {key for group in snapshot.groups for modifier in group.modifiers for key in modifier.groups}
    assert used == set(keys)


FULL = menu(
    screen(
        "Food",
        item(
            itemRichData=texts(("en", "Burger", "<p>450 kcal</p>"), allergenCodes=["MILK"], alcoholPercentage=4),
            menuModifierGroups=[modifiers("X", item("C", productionInstructionList=[instructions(7, 1)]))],
        ),
        deal("MEAL", [choices("DRINK", item("COLA", extraPrice="1"))]),
        screen("Sub", item("FRIES")),
    )
)
_ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        10**400,
        Decimal("NaN"),
        Decimal("1e99999"),
        "",
        "x",
        "\ud800",
        "9" * 9999,
        [],
        [None],
        {},
        {"a": 1},
    ]
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in the JSON with each of its keys or positions."""
    if not isinstance(value, dict | list):
        return []
    inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, key) for key, _ in inside] + [place for _, inner in inside for place in _places(inner)]


@given(where=st.integers(0, 10_000), odd=_ODD, drop=st.booleans())
def test_a_mutated_menu_is_a_snapshot_or_a_bad_answer(where: int, odd: Any, drop: bool) -> None:
    mutated = copy.deepcopy(FULL)
    places = _places(mutated)
    container, key = places[where % len(places)]
    if drop:
        del container[key]
    else:
        container[key] = odd
    with suppress(BadAnswer):
        assert isinstance(to_snapshot(mutated), MenuSnapshot)
