"""Keys of groups: the same from sync to sync, whatever order the menu comes in."""

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.pos import BadAnswer, MenuModifierGroup, MenuSnapshot
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
    to_snapshot,
)
from tests.support.examples import examples


def keys_of(snapshot: MenuSnapshot) -> dict[str, tuple[str, ...]]:
    return {product.sku: product.groups for product in snapshot.products}


def burger(sku: str, *groups: dict[str, Any]) -> dict[str, Any]:
    return item(sku, menuModifierGroups=list(groups))


def test_a_group_shared_by_products_is_one_group() -> None:
    snapshot = to_snapshot(menu_of(burger("A", modifiers("X", item("C"))), burger("B", modifiers("X", item("C")))))
    assert keys_of(snapshot) == {"A": ("modifier:X",), "B": ("modifier:X",)}
    assert [group.key for group in snapshot.groups] == ["modifier:X"]


def test_what_most_products_say_is_the_shared_group_and_the_others_are_keyed_by_their_owners() -> None:
    def asks(sku: str, choice: str) -> dict[str, Any]:
        return burger(sku, modifiers("X", item(choice)))

    snapshot = to_snapshot(menu_of(asks("A", "D"), asks("B", "C"), asks("E", "C"), asks("F", "D"), asks("G", "C")))
    assert keys_of(snapshot) == {
        "A": ("modifier:X@A",),
        "B": ("modifier:X",),
        "E": ("modifier:X",),
        "F": ("modifier:X@F",),
        "G": ("modifier:X",),
    }


def test_a_difference_deep_inside_is_a_difference_of_the_whole() -> None:
    def nested(price: str) -> dict[str, Any]:
        return modifiers("X", item("C", menuModifierGroups=[modifiers("Y", item("D", price=price))]))

    snapshot = to_snapshot(menu_of(burger("A", nested("1")), burger("B", nested("2"))))
    assert keys_of(snapshot) == {"A": ("modifier:X",), "B": ("modifier:X@B",)}
    assert {group.key for group in snapshot.groups} == {
        "modifier:X",
        "modifier:X@B",
        "modifier:Y",
        "modifier:Y@modifier:X@B/C",
    }


def test_a_shared_group_stays_one_when_what_is_nested_in_it_differs_elsewhere() -> None:
    shared = modifiers("X", item("C", productionInstructionList=[instructions(7, 1)]))
    other = item("Z", productionInstructionList=[instructions(7, 2)])
    snapshot = to_snapshot(menu_of(burger("A", shared), burger("B", shared), other))
    assert keys_of(snapshot) == {"A": ("modifier:X",), "B": ("modifier:X",), "Z": ("instruction:7@Z",)}
    assert {group.key for group in snapshot.groups} == {"modifier:X", "instruction:7", "instruction:7@Z"}


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


def test_a_duplicate_product_with_other_groups_changes_nothing() -> None:
    first, second = burger("A", modifiers("X", item("C"))), burger("A", modifiers("X", item("D")))
    for entries in ((first, second), (second, first)):
        assert keys_of(to_snapshot(menu_of(*entries, burger("B", modifiers("X", item("C")))))) == keys_of(
            to_snapshot(menu_of(entries[0], burger("B", modifiers("X", item("C")))))
        )


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


# --- From one menu to the next ---------------------------------------------------------------------------------------


class Held:
    """What we hold once a menu is taken over."""

    def __init__(self, snapshot: MenuSnapshot) -> None:
        self._groups = {group.key: group for group in snapshot.groups}
        self.keys = frozenset(self._groups)

    def find(self, key: str) -> MenuModifierGroup | None:
        return self._groups.get(key)


def read_in_a_row(*sources: dict[str, Any]) -> MenuSnapshot:
    """The last of them, each read with what the one before left."""
    snapshot = to_snapshot(sources[0])
    for source in sources[1:]:
        snapshot = to_snapshot(source, stored=Held(snapshot))
    return snapshot


def shared(**prices: str) -> dict[str, Any]:
    """Products that all ask X, with the price of its one choice."""
    return menu_of(*(burger(sku, modifiers("X", item("C", price=price))) for sku, price in prices.items()))


def test_of_two_copies_the_one_that_changes_gets_a_key_of_its_own() -> None:
    before = shared(A="1", B="1")
    assert keys_of(read_in_a_row(before, shared(A="2", B="1"))) == {"A": ("modifier:X@A",), "B": ("modifier:X",)}
    assert keys_of(read_in_a_row(before, shared(A="1", B="2"))) == {"A": ("modifier:X",), "B": ("modifier:X@B",)}


def test_a_price_that_reaches_one_copy_after_the_other_changes_no_key_twice() -> None:
    steps = [shared(A="1", B="1", C="1"), shared(A="2", B="1", C="1"), shared(A="2", B="2", C="1")]
    last = shared(A="2", B="2", C="2")
    keys = {"A": ("modifier:X@A",), "B": ("modifier:X@B",), "C": ("modifier:X",)}
    assert keys_of(read_in_a_row(*steps)) == keys
    assert keys_of(read_in_a_row(*steps, last)) == keys
    assert keys_of(read_in_a_row(*steps, last, shared(A="3", B="3", C="3"))) == keys


def test_most_of_the_copies_take_the_key_along_when_they_change_alike() -> None:
    assert keys_of(read_in_a_row(shared(A="1", B="1", C="1"), shared(A="1", B="2", C="2"))) == {
        "A": ("modifier:X@A",),
        "B": ("modifier:X",),
        "C": ("modifier:X",),
    }


def test_copies_that_go_away_or_come_leave_the_others_their_keys() -> None:
    before = shared(A="1", B="1", C="1", D="2")
    assert keys_of(read_in_a_row(before, shared(A="1", D="2", E="2"))) == {
        "A": ("modifier:X",),
        "D": ("modifier:X@D",),
        "E": ("modifier:X@E",),
    }


def test_without_the_pos_s_texts_a_copy_that_changes_is_still_the_one_that_changed() -> None:
    def extras(price: str, **fields: Any) -> dict[str, Any]:
        return modifiers("X", item("C", price=price, **fields))

    rich = {"itemRichData": texts(("fr", "Fromage", ""))}
    before = menu_of(burger("A", extras("1", **rich)), burger("B", extras("1", **rich)))
    after = menu_of(burger("A", extras("2")), burger("B", extras("1"))) | {"richDataMissing": True}
    assert keys_of(read_in_a_row(before, after)) == {"A": ("modifier:X@A",), "B": ("modifier:X",)}


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


@given(before=_menus(), source=_menus(), seed=st.integers())
def test_nor_do_they_with_what_another_menu_left(before: dict[str, Any], source: dict[str, Any], seed: int) -> None:
    held = Held(to_snapshot(before))
    one, other = to_snapshot(source, stored=held), to_snapshot(_shuffled(source, seed), stored=held)
    assert keys_of(one) == keys_of(other)
    assert {group.key: group for group in one.groups} == {group.key: group for group in other.groups}


def _keys_by_place(snapshot: MenuSnapshot) -> dict[str, dict[str, str]]:
    """Every key that a product leads to, by the way that leads there."""
    groups = {group.key: group for group in snapshot.groups}

    def below(keys: tuple[str, ...], way: str) -> Iterator[tuple[str, str]]:
        for number, key in enumerate(keys):
            yield f"{way}/{number}", key
            for choice in groups[key].modifiers:
                yield from below(choice.groups, f"{way}/{number}/{choice.key}")

    return {product.sku: dict(below(product.groups, "")) for product in snapshot.products}


@given(source=_menus(), others=_menus())
def test_the_same_menu_again_has_the_same_keys(source: dict[str, Any], others: dict[str, Any]) -> None:
    once = read_in_a_row(others, source)
    assert to_snapshot(source, stored=Held(once)) == once


@settings(max_examples=examples(40))
@given(source=_menus(), groups=_groups(), number=st.integers(0, 6), before=_menus())
def test_whatever_becomes_of_one_product_all_others_keep_their_keys(
    source: dict[str, Any], groups: list[dict[str, Any]], number: int, before: dict[str, Any]
) -> None:
    once = read_in_a_row(before, source)
    changed = copy.deepcopy(source)
    entries = [entry for each in changed["menuEntryGroups"] for entry in each["menuEntry"]]
    one = entries[number] if number < len(entries) else item("NEW")
    one["menuModifierGroups"] = groups
    changed["menuEntryGroups"][0]["menuEntry"] += [one] if one["sku"] == "NEW" else []

    again = to_snapshot(changed, stored=Held(once))

    expected, found = _keys_by_place(once), _keys_by_place(again)
    for keys in (expected, found):
        keys.pop(one["sku"], None)
    assert found == expected


@given(source=_menus(), sku=_GROUP_SKUS, before=_menus())
def test_what_changes_alike_in_all_copies_keeps_its_keys(
    source: dict[str, Any], sku: str | None, before: dict[str, Any]
) -> None:
    once = read_in_a_row(before, source)
    renamed = copy.deepcopy(source)
    for container, key in _places(renamed):
        if key == "productModifiers" and container.get("sku") == sku:
            container["description"] = "Another name"
            for choice in container[key]:
                choice["productPrice"] = "1.50"

    again = to_snapshot(renamed, stored=Held(once))

    assert _keys_by_place(again) == _keys_by_place(once)


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
