"""The plan of a full sync, from a POS menu and stored rows, without a database."""

import dataclasses
import uuid
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from integrations.pos import MenuSnapshot, Translation
from menus.sync.diff import ENTRIES, LINKS, MenuPlan, StoredMenu, StoredRow
from menus.sync.full_plan import plan_sync
from tests.menus.snapshots import BURGER_MENU, category, group, modifier, product, snapshot, snapshots


def stored_after(plan: MenuPlan, before: StoredMenu) -> StoredMenu:
    """Return the rows after the plan is applied."""
    rows = {
        row.id: (name, row)
        for tables in (before.entries, before.links)
        for name, table in tables.items()
        for row in table.values()
    }
    for name, table in plan.tables.items():
        for id, *values in (*table.create, *table.update):
            rows[id] = (name, StoredRow(id, False, tuple(values)))
        for id in table.archive:
            if name in LINKS:
                del rows[id]
            else:
                rows[id] = (name, rows[id][1]._replace(archived=True))
    stored = StoredMenu("GBP", "GB", languages=plan.languages)
    groups = {row.id: row.values[0] for name, row in rows.values() if name == "groups"}
    for name, row in rows.values():
        if name in LINKS:
            stored.links[name][row.values[:2]] = row  # type: ignore[index]
        else:
            key = (groups[row.values[0]], row.values[1]) if name == "modifiers" else row.values[0]
            stored.entries[name][key] = row  # type: ignore[index]
    return stored


def stored_of(menu: MenuSnapshot) -> StoredMenu:
    return stored_after(plan_sync(snapshot=menu, stored=StoredMenu("GBP", "GB")), StoredMenu("GBP", "GB"))


def ids_of(stored: StoredMenu, table: str) -> dict[object, uuid.UUID]:
    return {key: row.id for key, row in stored.entries[table].items()}


def test_everything_is_new_to_an_empty_menu() -> None:
    plan = plan_sync(snapshot=BURGER_MENU, stored=StoredMenu("GBP", "GB"))

    assert plan.counts == {"created": 12, "updated": 0, "archived": 0, "unchanged": 0}
    assert {name: len(table.create) for name, table in plan.tables.items()} == {
        "categories": 2,
        "products": 2,
        "groups": 3,
        "modifiers": 5,
        "placements": 3,
        "product_groups": 2,
        "nested_groups": 1,
    }


def test_an_unchanged_menu_needs_nothing() -> None:
    plan = plan_sync(snapshot=BURGER_MENU, stored=stored_of(BURGER_MENU))

    assert not plan
    assert plan.counts == {"created": 0, "updated": 0, "archived": 0, "unchanged": 12}


def test_a_new_price_updates_one_row_and_keeps_its_id() -> None:
    stored = stored_of(BURGER_MENU)
    burger, salad = BURGER_MENU.products
    dearer = dataclasses.replace(BURGER_MENU, products=(dataclasses.replace(burger, price=Decimal("13.00")), salad))

    plan = plan_sync(snapshot=dearer, stored=stored)

    assert plan.counts == {"created": 0, "updated": 1, "archived": 0, "unchanged": 11}
    assert [row[0] for row in plan.tables["products"].update] == [stored.entries["products"]["BURGER"].id]


def test_a_removed_product_is_archived_and_comes_back_with_its_id() -> None:
    stored = stored_of(BURGER_MENU)
    without_salad = dataclasses.replace(
        BURGER_MENU,
        categories=(category("mains", "BURGER"), BURGER_MENU.categories[1]),
        products=BURGER_MENU.products[:1],
    )

    gone = plan_sync(snapshot=without_salad, stored=stored)
    back = plan_sync(snapshot=BURGER_MENU, stored=stored_after(gone, stored))

    assert gone.tables["products"].archive == [stored.entries["products"]["SALAD"].id]
    assert gone.counts == {"created": 0, "updated": 1, "archived": 1, "unchanged": 10}
    assert [row[0] for row in back.tables["products"].update] == [stored.entries["products"]["SALAD"].id]
    assert back.counts == {"created": 0, "updated": 2, "archived": 0, "unchanged": 10}


def test_an_archived_product_is_not_archived_again() -> None:
    stored = stored_of(BURGER_MENU)
    empty = snapshot()
    once = stored_after(plan_sync(snapshot=empty, stored=stored), stored)

    assert not plan_sync(snapshot=empty, stored=once)
    assert once.count_current() == 0


def test_moving_a_product_to_another_screen_changes_only_links() -> None:
    stored = stored_of(snapshot(categories=(category("a", "P"), category("b")), products=(product("P"),)))
    moved = snapshot(categories=(category("a"), category("b", "P")), products=(product("P"),))

    plan = plan_sync(snapshot=moved, stored=stored)

    assert [name for name, table in plan.tables.items() if table] == ["placements"]
    assert plan.counts == {"created": 0, "updated": 2, "archived": 0, "unchanged": 1}


def test_reordering_choices_is_an_update() -> None:
    stored = stored_of(snapshot(groups=(group("g", modifier("A"), modifier("B")),)))

    plan = plan_sync(snapshot=snapshot(groups=(group("g", modifier("B"), modifier("A")),)), stored=stored)

    assert plan.counts == {"created": 0, "updated": 2, "archived": 0, "unchanged": 1}


def test_one_key_in_two_groups_is_two_choices() -> None:
    plan = plan_sync(
        snapshot=snapshot(groups=(group("g", modifier("A")), group("h", modifier("A")))), stored=StoredMenu("GBP", "GB")
    )

    assert len({row[0] for row in plan.tables["modifiers"].create}) == 2


def test_without_rich_content_the_texts_images_and_allergens_stay() -> None:
    stored = stored_of(BURGER_MENU)
    poor = snapshot(
        categories=BURGER_MENU.categories,
        products=(
            product("BURGER", name="Burger till", price=Decimal("14.00"), groups=("sauce", "doneness")),
            product("SALAD"),
        ),
        groups=BURGER_MENU.groups,
        languages=(),
        rich_content_missing=True,
    )

    plan = plan_sync(snapshot=poor, stored=stored)

    before, (after,) = stored.entries["products"]["BURGER"], plan.tables["products"].update
    differing = [
        name for name, old, new in zip(ENTRIES["products"], before.values, after[1:], strict=True) if old != new
    ]
    assert differing == ["price"]
    assert plan.languages == ("en", "fr")


def test_a_reference_to_an_unknown_product_is_left_out_with_a_warning() -> None:
    plan = plan_sync(snapshot=snapshot(categories=(category("mains", "GHOST"),)), stored=StoredMenu("GBP", "GB"))

    assert plan.warnings == ["The screen Mains refers to GHOST, which is not on the menu; left out."]
    assert not plan.tables["placements"]


def test_a_product_listed_twice_on_a_screen_appears_once() -> None:
    plan = plan_sync(
        snapshot=snapshot(categories=(category("mains", "P", "P"),), products=(product("P"),)),
        stored=StoredMenu("GBP", "GB"),
    )

    assert len(plan.tables["placements"].create) == 1


def test_prices_are_compared_to_the_penny_and_empty_translations_are_ignored() -> None:
    stored = stored_of(snapshot(products=(product("P", price=Decimal("9.5")),)))
    same = product("P", price=Decimal("9.5000"), translations={"en": Translation()})

    assert not plan_sync(snapshot=snapshot(products=(same,)), stored=stored)


@given(menu=snapshots())
def test_after_any_plan_a_second_one_is_empty(menu: MenuSnapshot) -> None:
    assert not plan_sync(snapshot=menu, stored=stored_of(menu))


@given(menus=st.lists(snapshots(), min_size=2, max_size=4))
def test_any_sequence_of_syncs_ends_with_the_same_rows_and_keeps_ids(menus: list[MenuSnapshot]) -> None:
    stored = StoredMenu("GBP", "GB")
    known: dict[str, dict[object, uuid.UUID]] = {name: {} for name in ENTRIES}
    for menu in menus:
        stored = stored_after(plan_sync(snapshot=menu, stored=stored), stored)
        for name, seen in known.items():
            now = ids_of(stored, name)
            assert seen.items() <= now.items()
            seen.update(now)

    assert not plan_sync(snapshot=menus[-1], stored=stored)
    fresh = stored_of(menus[-1])
    for name in ENTRIES:
        current = {key for key, row in stored.entries[name].items() if not row.archived}
        assert current == fresh.entries[name].keys()
