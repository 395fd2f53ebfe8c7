"""Choices of menu entries as modifier groups: deals, modifiers and instructions."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.pos import (
    GroupKind,
    MenuModifier,
    MenuModifierGroup,
    MenuProduct,
    MenuSnapshot,
    PriceRules,
    ProductKind,
)
from tests.integrations.lightspeed.menus import (
    choices,
    deal,
    instructions,
    item,
    menu_of,
    modifiers,
    to_snapshot,
)


def product(snapshot: MenuSnapshot, sku: str = "BURGER") -> MenuProduct:
    return next(product for product in snapshot.products if product.sku == sku)


def group(snapshot: MenuSnapshot, key: str) -> MenuModifierGroup:
    return next(group for group in snapshot.groups if group.key == key)


def test_a_deal_asks_for_its_items_at_their_extra_price() -> None:
    drink = choices("DRINK", item("COLA", "Cola", "3.00"), item("BEER", "Beer", "5.00", extraPrice="2"))
    snapshot = to_snapshot(menu_of(deal("MEAL", [drink])))
    assert product(snapshot, "MEAL").kind == ProductKind.DEAL
    assert product(snapshot, "MEAL").groups == ("deal:DRINK",)
    assert group(snapshot, "deal:DRINK").kind == GroupKind.DEAL
    assert group(snapshot, "deal:DRINK").modifiers == (
        MenuModifier(key="COLA", name="Cola", price=Decimal("0.00"), sku="COLA"),
        MenuModifier(key="BEER", name="Beer", price=Decimal("2.00"), sku="BEER"),
    )


def test_a_modifier_costs_its_own_price_with_tax() -> None:
    extra = modifiers("EXTRAS", item("CHEESE", "Cheese", "1.00", taxIncludedInPrice=False, defaultTaxAmount="0.20"))
    snapshot = to_snapshot(menu_of(item(menuModifierGroups=[extra])))
    taxed = PriceRules(tax_rate=Decimal(20), tax_at_till=True)
    assert group(snapshot, "modifier:EXTRAS").modifiers == (
        MenuModifier(key="CHEESE", name="Cheese", price=Decimal("1.20"), sku="CHEESE", rules=taxed),
    )


def test_instructions_are_free_and_ordered_by_their_id() -> None:
    snapshot = to_snapshot(menu_of(item(productionInstructionList=[instructions(7, 1001, "1002")])))
    assert product(snapshot).groups == ("instruction:7",)
    assert group(snapshot, "instruction:7") == MenuModifierGroup(
        key="instruction:7",
        kind=GroupKind.INSTRUCTION,
        name="Cooking",
        minimum=0,
        maximum=1,
        modifiers=(
            MenuModifier(key="1001", name="Way 1001", price=Decimal("0.00"), instruction_id="1001"),
            MenuModifier(key="1002", name="Way 1002", price=Decimal("0.00"), instruction_id="1002"),
        ),
    )


def test_several_instructions_may_be_allowed() -> None:
    several = instructions(7, 1, multiSelectionPermitted=True)
    assert group(to_snapshot(menu_of(item(productionInstructionList=[several]))), "instruction:7").maximum is None


def test_choices_carry_their_own_choices_to_any_depth() -> None:
    sauce = modifiers("SAUCE", item("MAYO", productionInstructionList=[instructions(8, 1)]))
    fries = item("FRIES", menuModifierGroups=[sauce], productionInstructionList=[instructions(7, 1)])
    snapshot = to_snapshot(menu_of(deal("MEAL", [choices("SIDE", fries)])))
    assert group(snapshot, "deal:SIDE").modifiers[0].groups == ("modifier:SAUCE", "instruction:7")
    assert group(snapshot, "modifier:SAUCE").modifiers[0].groups == ("instruction:8",)


def test_a_deal_may_carry_modifiers_and_instructions_itself() -> None:
    meal = deal(
        "MEAL",
        [choices("SIDE", item("FRIES"))],
        menuModifierGroups=[modifiers("BAG", item("PAPER"))],
        productionInstructionList=[instructions(7, 1)],
    )
    assert product(to_snapshot(menu_of(meal)), "MEAL").groups == ("deal:SIDE", "modifier:BAG", "instruction:7")


@pytest.mark.parametrize(
    ("fields", "limits"),
    [
        ({}, (0, 1)),
        ({"mustSelectAnItem": True}, (1, 1)),
        ({"multiSelectionPermitted": True}, (0, None)),
        ({"mustSelectAnItem": True, "multiSelectionPermitted": True}, (1, None)),
        ({"minimumSelection": 2, "maximumSelection": 3}, (2, 3)),
        ({"minimumSelection": "2", "maximumSelection": Decimal("3.0")}, (2, 3)),
        ({"minimumSelection": 2}, (2, 2)),
        ({"minimumSelection": 0, "mustSelectAnItem": True}, (1, 1)),
        ({"minimumSelection": 0, "maximumSelection": 3, "mustSelectAnItem": True}, (1, 3)),
        ({"minimumSelection": 0, "multiSelectionPermitted": True, "mustSelectAnItem": True}, (1, None)),
        ({"minimumSelection": 2, "maximumSelection": 2, "mustSelectAnItem": True}, (2, 2)),
        ({"maximumSelection": 2_147_483_647}, (0, None)),
    ],
)
def test_how_many_may_be_chosen(fields: dict[str, Any], limits: tuple[int, int | None]) -> None:
    snapshot = to_snapshot(menu_of(item(menuModifierGroups=[modifiers("EXTRAS", item("A"), **fields)])))
    found = group(snapshot, "modifier:EXTRAS")
    assert (found.minimum, found.maximum) == limits


@pytest.mark.parametrize(
    ("fields", "minimum"),
    [
        ({"maximumSelection": 0}, 0),
        ({"maximumSelection": 0, "minimumSelection": 0}, 0),
        ({"maximumSelection": 0, "minimumSelection": 2}, 2),
        ({"maximumSelection": 0, "mustSelectAnItem": True}, 1),
        ({"maximumSelection": "0", "minimumSelection": 0, "mustSelectAnItem": True}, 1),
    ],
)
@pytest.mark.parametrize("kind", ["modifier", "deal"])
def test_a_maximum_of_none_at_all_is_no_limit_and_a_warning(kind: str, fields: dict[str, Any], minimum: int) -> None:
    with_modifiers = item(menuModifierGroups=[modifiers("EXTRAS", item("A"), **fields)])
    menu = menu_of(with_modifiers if kind == "modifier" else deal("MEAL", [choices("EXTRAS", item("A"), **fields)]))

    snapshot = to_snapshot(menu)

    found = group(snapshot, f"{kind}:EXTRAS")
    assert (found.minimum, found.maximum) == (minimum, None)
    assert [warning for warning in snapshot.warnings if found.name in warning and "0 choices" in warning]


def test_impossible_limits_are_corrected_with_a_warning() -> None:
    odd = modifiers("EXTRAS", item("A"), minimumSelection=2, maximumSelection=1)
    snapshot = to_snapshot(menu_of(item(menuModifierGroups=[odd])))
    assert (group(snapshot, "modifier:EXTRAS").minimum, group(snapshot, "modifier:EXTRAS").maximum) == (2, 2)
    assert "Extras" in snapshot.warnings[0]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (modifiers("EXTRAS", item(None, "Cheese"), item("A")), ["Cheese", "Extras", "no SKU"]),
        (modifiers("EXTRAS", item("A", price="1"), item("A", price="2")), ["A", "two prices"]),
        (modifiers("EMPTY"), ["Extras", "has no modifiers"]),
    ],
)
def test_choices_that_cannot_be_ordered_are_left_out_with_a_warning(extra: dict[str, Any], words: list[str]) -> None:
    snapshot = to_snapshot(menu_of(item(menuModifierGroups=[extra]), item("OTHER", menuModifierGroups=[extra])))
    assert [modifier.key for each in snapshot.groups for modifier in each.modifiers] in (["A"], [])
    (warning,) = snapshot.warnings
    assert all(word in warning for word in words)


def test_an_instruction_without_an_id_is_left_out_with_a_warning() -> None:
    snapshot = to_snapshot(menu_of(item(productionInstructionList=[instructions(7, None, 1)])))
    assert [modifier.key for modifier in group(snapshot, "instruction:7").modifiers] == ["1"]
    assert "Way None" in snapshot.warnings[0]
