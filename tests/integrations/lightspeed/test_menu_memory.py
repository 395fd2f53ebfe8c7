"""What is read of a menu of which the answer before is remembered."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.lightspeed.adapter import LightspeedMenu
from integrations.lightspeed.menu import SubScreens
from integrations.pos import BadAnswer, MenuReading, MenuSnapshot
from tests.integrations.lightspeed.menus import item, menu, menu_of, modifiers, screen, texts

Json = dict[str, Any]


def read(body: Json, memory: bytes = b"", *, asked_for: str = "1 168 ", mode: SubScreens = SubScreens.NESTED) -> Any:
    return LightspeedMenu(json.dumps(body).encode(), asked_for, mode).read(memory)


def part(before: Json, after: Json) -> MenuReading:
    reading: MenuReading = read(after, read(before).memory)
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

    assert reading.is_part
    assert [one.name for one in reading.snapshot.products] == ["Apricot"]
    assert [one.key for one in reading.snapshot.groups] == ["modifier:OWN"]
    assert reading.memory == read(changed(0, productName="Apricot")).memory


@pytest.mark.parametrize(
    "after",
    [
        changed(1, productName="Brioche"),
        changed(0, menuModifierGroups=[extras()]),
        changed(0, sku="D"),
        changed(0, asSubItem=True),
        changed(0, pricingStrategy="CUSTOMIZED_ITEM_PRICE_WILL_BE_A_PERCENTAGE_OF_TOTAL"),
        changed(0, itemRichData=texts(("nl", "Appel", ""))),
        changed(0, menuModifierGroups=[modifiers("OWN")]),
        {**BEFORE, "menuName": "Another"},
        {**BEFORE, "richDataMissing": True},
        menu(screen("Food", *BEFORE["menuEntryGroups"][0]["menuEntry"][::-1])),
        BEFORE,
    ],
    ids=[
        "it asks a group that others ask",
        "it comes to ask a group that others ask",
        "another SKU",
        "no longer sold alone",
        "cannot be ordered",
        "another language",
        "something to warn of",
        "the menu's name",
        "no rich data",
        "another order",
        "nothing",
    ],
)
def test_the_whole_menu_is_read_where_more_than_single_products_could_differ(after: Json) -> None:
    memory = read(BEFORE).memory

    reading = read(after, memory)

    assert not reading.is_part
    assert reading.snapshot == read(after).snapshot


def test_what_makes_no_sense_is_refused_whatever_is_remembered() -> None:
    with pytest.raises(BadAnswer):
        part(BEFORE, changed(0, productPrice="much"))


def test_a_memory_of_another_way_of_reading_is_not_used() -> None:
    memory, after = read(BEFORE).memory, changed(0, productName="Apricot")

    assert read(after, memory).is_part
    assert not read(after, memory, asked_for="1 168 happyhour").is_part
    assert not read(after, memory, mode=SubScreens.FLATTENED).is_part


_CHOICE = st.sampled_from(["X", "Y"])


@st.composite
def groups(draw: st.DrawFn, depth: int = 2) -> list[Json]:
    found = []
    for sku in draw(st.lists(st.sampled_from(["G", "H", "I", "J", None]), max_size=2)):
        nested = draw(groups(depth - 1)) if depth > 1 else []
        price = draw(st.sampled_from(["1", "2"]))
        found.append(modifiers(sku, item(draw(_CHOICE), "Choice", price, menuModifierGroups=nested)))
    return found


@st.composite
def products(draw: st.DrawFn) -> list[Json]:
    names = st.sampled_from(["One", "Two"])
    skus = draw(st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=8))
    return [item(sku, draw(names), "5", menuModifierGroups=draw(groups())) for sku in skus]


@st.composite
def menus_in_a_row(draw: st.DrawFn) -> list[Json]:
    """A menu, and what becomes of it: some of its products are others each time."""
    now, found = draw(products()), []
    for _ in range(draw(st.integers(2, 4))):
        middle = len(now) // 2
        found.append(menu(screen("One", *now[:middle]), screen("Two", *now[middle:])))
        others = draw(products())
        now = [
            {**other, "sku": one["sku"]} if draw(st.integers(0, 3)) == 0 else one
            for one, other in zip(now, (others * len(now))[: len(now)], strict=True)
        ]
    return found


def _put_together(before: MenuSnapshot, reading: MenuReading) -> tuple[Any, ...]:
    if not reading.is_part:
        return _values(reading.snapshot)
    gone = {one.sku for one in reading.snapshot.products}
    kept = [one for one in before.products if one.sku not in gone]
    products = [*kept, *reading.snapshot.products]
    groups = {one.key: one for one in (*before.groups, *reading.snapshot.groups)}
    asked, waiting = {}, [key for one in products for key in one.groups]
    while waiting:
        key = waiting.pop()
        if key not in asked:
            asked[key] = groups[key]
            waiting += [inner for choice in groups[key].modifiers for inner in choice.groups]
    return before.categories, {one.sku: one for one in products}, asked, before.languages, before.warnings


def _values(menu: MenuSnapshot) -> tuple[Any, ...]:
    return (
        menu.categories,
        {one.sku: one for one in menu.products},
        {one.key: one for one in menu.groups},
        menu.languages,
        menu.warnings,
    )


@settings(max_examples=300, deadline=None)
@given(bodies=menus_in_a_row())
def test_the_menu_before_and_the_part_that_changed_make_the_whole(bodies: list[Json]) -> None:
    before: MenuReading = read(bodies[0])
    known, memory = before.snapshot, before.memory
    for body in bodies[1:]:
        whole = read(body).snapshot
        # A sync hands over no memory where the menu before had something to say.
        reading = read(body, memory if not known.warnings else b"")
        assert _put_together(known, reading) == _values(whole)
        known, memory = whole, reading.memory
