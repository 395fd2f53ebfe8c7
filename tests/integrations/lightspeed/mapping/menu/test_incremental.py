"""Reading only what changed in a menu since a checkpoint."""

import copy
import gc
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.lightspeed.adapter import LightspeedMenu
from integrations.lightspeed.mapping.menu.snapshot import SubScreens
from integrations.pos import BadAnswer, MenuReading
from tests.integrations.lightspeed.menus import item, menu, menu_of, modifiers, screen, texts
from tests.support.examples import examples

Json = dict[str, Any]


def read(body: Json, checkpoint: bytes = b"", *, request: str = "1 168 ", mode: SubScreens = SubScreens.NESTED) -> Any:
    return LightspeedMenu(json.dumps(body).encode(), request, mode, "GBP").read(checkpoint)


def part(before: Json, after: Json) -> MenuReading:
    reading: MenuReading = read(after, read(before).checkpoint)
    return reading


def extras(price: str = "1", **more: Any) -> Json:
    return modifiers("EXTRAS", item("CHEESE", "Cheese", price, **more))


BEFORE = menu_of(
    item("A", "Apple", menuModifierGroups=[modifiers("OWN", item("RED"))]),
    item("B", "Bread", menuModifierGroups=[extras()]),
    item("C", "Cake", menuModifierGroups=[extras()]),
)


def changed(number: int, **fields: Any) -> Json:
    after = copy.deepcopy(BEFORE)
    after["menuEntryGroups"][0]["menuEntry"][number].update(fields)
    return after


def test_only_the_product_that_changed_is_read_with_its_groups() -> None:
    reading = part(BEFORE, changed(0, productName="Apricot"))

    assert reading.changed == frozenset({"A"})
    assert [one.name for one in reading.snapshot.products] == ["Apricot"]
    assert [one.key for one in reading.snapshot.groups] == ["modifier:OWN"]
    assert reading.checkpoint == read(changed(0, productName="Apricot")).checkpoint


def test_so_is_one_that_asks_what_others_ask() -> None:
    reading = part(BEFORE, changed(1, productName="Brioche"))

    assert reading.changed == frozenset({"B"})
    assert [one.key for one in reading.snapshot.groups] == ["modifier:EXTRAS"]


@pytest.mark.parametrize(
    "after",
    [
        changed(0, sku="D"),
        changed(0, asSubItem=True),
        changed(0, itemRichData=texts(("nl", "Appel", ""))),
        {**BEFORE, "menuName": "Another"},
        {**BEFORE, "richDataMissing": True},
        menu(screen("Food", *BEFORE["menuEntryGroups"][0]["menuEntry"][::-1])),
        BEFORE,
    ],
    ids=[
        "another SKU",
        "no longer sold alone",
        "another language",
        "the menu's name",
        "no rich data",
        "another order",
        "nothing",
    ],
)
def test_the_whole_menu_is_read_where_more_than_single_products_could_differ(after: Json) -> None:
    checkpoint = read(BEFORE).checkpoint

    reading = read(after, checkpoint)

    assert reading.changed is None
    assert reading.snapshot == read(after).snapshot


def test_a_menu_that_is_without_its_rich_data_twice_is_read_whole() -> None:
    bare = {"richDataMissing": True}
    assert part(BEFORE | bare, changed(0, productName="Apricot") | bare).changed is None


def test_a_language_that_others_have_too_may_come_and_go() -> None:
    def languages(**tags: tuple[str, ...]) -> Json:
        return menu_of(*(item(sku, itemRichData=texts(*((tag, sku, "") for tag in tags[sku]))) for sku in tags))

    before = languages(A=("en", "fr"), B=("en",), C=("en", "fr"))

    reading = part(before, languages(A=("en",), B=("fr",), C=("en", "fr")))
    assert reading.changed == frozenset({"A", "B"})
    assert reading.snapshot.languages == ("en", "fr")
    assert part(before, languages(A=("en",), B=("en",), C=("en",))).changed is None


def test_what_was_said_of_others_is_kept_and_what_was_said_of_the_changed_is_renewed() -> None:
    def sold(**colours: tuple[str, ...]) -> Json:
        sizes = modifiers("SIZES", item(None, "Small"), item("L"))
        groups = {
            sku: [sizes, modifiers(None, *map(item, found), description=f"Colours of {sku}")]
            for sku, found in colours.items()
        }
        entries = [item(sku, sku, menuModifierGroups=asked) for sku, asked in groups.items()]
        odd = {"pricingStrategy": "CUSTOMIZED_ITEM_PRICE_WILL_BE_A_PERCENTAGE_OF_TOTAL"}
        return menu_of(item(None, "Nameless"), *entries, item("TIP", "Service charge", **odd))

    before, after = sold(A=(), B=("RED",), C=("RED",)), sold(A=("RED",), B=("RED",), C=())

    reading = part(before, after)

    assert reading.changed == frozenset({"A", "C"})
    assert reading.snapshot.warnings == read(after).snapshot.warnings
    said = " ".join(reading.snapshot.warnings)
    assert all(word in said for word in ("Nameless", "Small", "Service charge", "Colours of C"))
    assert "Colours of A" not in said


def test_screens_are_screens_whatever_their_json_looks_like() -> None:
    late = {"menuEntry": [item("A"), {"menuEntry": [item("B")], "name": "Inner", "id": "2", "@type": "group"}]}
    body: Json = {"menuName": "Online", "menuEntryGroups": [{"name": "Outer", "id": "1", **late}]}
    after = copy.deepcopy(body)
    after["menuEntryGroups"][0]["menuEntry"][1]["menuEntry"][0]["productName"] = "Bread"

    reading = part(body, after)

    assert reading.changed == frozenset({"B"})
    assert [one.name for one in reading.snapshot.products] == ["Bread"]


def test_what_makes_no_sense_is_refused_whatever_is_remembered() -> None:
    with pytest.raises(BadAnswer):
        part(BEFORE, changed(0, productPrice="much"))


def test_a_memory_of_another_way_of_reading_is_not_used() -> None:
    checkpoint, after = read(BEFORE).checkpoint, changed(0, productName="Apricot")

    assert read(after, checkpoint).changed == frozenset({"A"})
    assert read(after, checkpoint, request="1 168 happyhour").changed is None
    assert read(after, checkpoint, mode=SubScreens.FLATTENED).changed is None


def test_reading_leaves_nothing_to_the_garbage_collector() -> None:
    """While a large menu is synced, the collector is off, and what is part of a cycle stays in memory."""
    nested = modifiers("EXTRAS", item("CHEESE", menuModifierGroups=[modifiers("AGE", item("OLD"))]))
    body = menu(
        *(screen(f"S{n}", *(item(f"{n}-{m}", menuModifierGroups=[nested]) for m in range(20))) for n in range(5))
    )
    changed = copy.deepcopy(body)
    changed["menuEntryGroups"][0]["menuEntry"][0]["productName"] = "New"
    checkpoint = read(body).checkpoint
    gc.collect()
    gc.disable()
    try:
        assert read(body).changed is None
        assert read(changed, checkpoint).changed == frozenset({"0-0"})
        assert gc.collect() < 50
    finally:
        gc.enable()


_CHOICE = st.sampled_from(["X", "Y", "Y", None])
_TEXTS = st.lists(st.sampled_from(["en", "fr"]), max_size=2, unique=True)
_PRICING = st.sampled_from([None, None, None, "CUSTOMIZED_ITEM_PRICE_WILL_BE_A_PERCENTAGE_OF_TOTAL"])


@st.composite
def groups(draw: st.DrawFn, depth: int = 2) -> list[Json]:
    found = []
    for sku in draw(st.lists(st.sampled_from(["G", "H", "I", "J", None]), max_size=2)):
        nested = draw(groups(depth - 1)) if depth > 1 else []
        price = draw(st.sampled_from(["1", "1", "2"]))
        found.append(modifiers(sku, item(draw(_CHOICE), "Choice", price, menuModifierGroups=nested)))
    return found


@st.composite
def products(draw: st.DrawFn) -> list[Json]:
    skus = draw(st.lists(st.sampled_from([*"ABCDEF", None]), min_size=1, max_size=8))
    return [
        item(
            sku,
            draw(st.sampled_from(["One", "Two"])),
            draw(st.sampled_from(["5", "6"])),
            menuModifierGroups=draw(groups()),
            itemRichData=texts(*((tag, "Name", "") for tag in draw(_TEXTS))),
            pricingStrategy=draw(_PRICING),
            asSubItem=draw(st.sampled_from([False, False, False, True])),
        )
        for sku in skus
    ]


def _mixed(one: Json, other: Json, dice: int) -> Json:
    """The product, or what becomes of it."""
    match dice:
        case 0:
            return {**other, "sku": one["sku"], "asSubItem": one["asSubItem"]}
        case 1:
            return {**one, "menuModifierGroups": other["menuModifierGroups"]}
        case 2:
            return {**one, "productName": "Three", "itemRichData": other["itemRichData"]}
        case _:
            return one


@st.composite
def menus_in_a_row(draw: st.DrawFn) -> list[Json]:
    """A menu, and what becomes of it: some of its products are others each time."""
    now, found = draw(products()), []
    for _ in range(draw(st.integers(2, 4))):
        middle = len(now) // 2
        found.append(menu(screen("One", *now[:middle]), screen("Two", *now[middle:])))
        others = draw(products())
        now = [
            _mixed(one, other, draw(st.integers(0, 8)))
            for one, other in zip(now, (others * len(now))[: len(now)], strict=True)
        ]
    return found


@settings(max_examples=examples(40), deadline=None)
@given(bodies=menus_in_a_row())
def test_a_part_says_of_its_products_and_of_the_menu_what_the_whole_says(bodies: list[Json]) -> None:
    checkpoint = read(bodies[0]).checkpoint
    for body in bodies[1:]:
        whole, reading = read(body), read(body, checkpoint)
        checkpoint = reading.checkpoint
        assert checkpoint == whole.checkpoint
        if reading.changed is None:
            assert reading.snapshot == whole.snapshot
            continue
        part = reading.snapshot
        assert (part.languages, part.warnings) == (whole.snapshot.languages, whole.snapshot.warnings)
        assert [replace(one, groups=()) for one in part.products] == [
            replace(one, groups=()) for one in whole.snapshot.products if one.sku in reading.changed
        ]
