"""Prices come from the menu, and every problem with a basket is reported at once."""

import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings

from menus.catalogue import Catalogue
from orders.checkout.pricing import PricedLine, PricedOrder, price
from orders.checkout.requests import RequestedItem, RequestedModifier
from storekit.money import round_money
from tests.orders.catalogues import Shopping, catalogue, group, instruction, modifier, product, shoppings
from tests.support.examples import examples

MILD, MATURE = modifier("Mild"), modifier("Mature", "0.75")
RIPENESS = group("Ripeness", MILD, MATURE, minimum=1, maximum=1)
CHEESE, BACON, TRUFFLE = modifier("Cheese", "1.50", RIPENESS), modifier("Bacon", "2.00"), modifier("Truffle", "4.00")
EXTRAS = group("Extras", CHEESE, BACON, modifier("Caviar", "40.00", available=False), maximum=3)
RARE, WELL_DONE = instruction("Rare"), instruction("Well done")
COOKING = group("Cooking", RARE, WELL_DONE, kind="instruction", minimum=1, maximum=1)
BURGER = product("Burger", "10.00", EXTRAS, COOKING)
STEAK_IN_DEAL, SALAD_IN_DEAL = modifier("Steak", "4.50", COOKING), modifier("Salad")
MAIN = group("Main", STEAK_IN_DEAL, SALAD_IN_DEAL, kind="deal", minimum=1, maximum=1)
LUNCH = product("Lunch", "12.00", MAIN, kind="deal")
CAKE = product("Cake", "5.00", available=False)
WATER = product("Water", "2.35")
MENU: Catalogue = catalogue([BURGER, LUNCH, CAKE, WATER], [RIPENESS, EXTRAS, COOKING, MAIN])


def chosen(of: object, quantity: int = 1, *below: RequestedModifier) -> RequestedModifier:
    return RequestedModifier(modifier=str(getattr(of, "id", of)), quantity=quantity, modifiers=below)


def burger(*modifiers: RequestedModifier, quantity: int = 1) -> RequestedItem:
    return RequestedItem(product=str(BURGER.id), quantity=quantity, modifiers=(chosen(RARE), *modifiers))


def priced(*items: RequestedItem, tip: str = "0.00") -> PricedOrder:
    return price(catalogue=MENU, items=items, tip=Decimal(tip))


def problems_of(order: PricedOrder) -> set[tuple[str, str]]:
    return {(problem.code, problem.attr) for problem in order.problems}


def test_a_line_costs_its_product_and_its_choices_times_its_quantity() -> None:
    order = priced(burger(chosen(CHEESE, 2, chosen(MATURE)), chosen(BACON), quantity=3))
    assert order.problems == ()
    assert order.lines[0].total == 3 * (10 + 2 * (Decimal("1.50") + Decimal("0.75")) + 2)
    assert order.totals.items == order.lines[0].total


def test_a_deal_costs_its_own_price_and_what_the_chosen_item_adds() -> None:
    order = priced(RequestedItem(sku="LUNCH", modifiers=(chosen(STEAK_IN_DEAL, 1, chosen(RARE)),)))
    assert order.problems == ()
    assert order.totals.total == Decimal("16.50")


def test_the_total_is_items_and_tip() -> None:
    order = priced(RequestedItem(sku="WATER", quantity=2), tip="1.30")
    assert (order.totals.items, order.totals.tip, order.totals.total) == (
        Decimal("4.70"),
        Decimal("1.30"),
        Decimal("6.00"),
    )


def test_a_line_copies_name_sku_and_price_from_the_menu() -> None:
    (line,) = priced(burger(chosen(BACON))).lines
    assert (line.kind, line.menu_id, line.sku, line.name) == ("product", BURGER.id, "BURGER", "Burger")
    rare, bacon = line.choices
    assert (rare.kind, rare.instruction_id, rare.unit_price) == ("instruction", "i-Rare", Decimal(0))
    assert (bacon.kind, bacon.sku, bacon.unit_price) == ("modifier", "BACON", Decimal("2.00"))


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (RequestedItem(product=str(uuid.uuid4())), ("unknown_product", "items.0")),
        (RequestedItem(product="no id at all"), ("unknown_product", "items.0")),
        (RequestedItem(sku="PIZZA"), ("unknown_product", "items.0")),
        (RequestedItem(product=str(WATER.id), sku="BURGER"), ("unknown_product", "items.0")),
        (RequestedItem(sku="CAKE"), ("unavailable", "items.0")),
        (RequestedItem(sku="WATER", quantity=0), ("min_value", "items.0.quantity")),
        (RequestedItem(sku="WATER", quantity=-1), ("min_value", "items.0.quantity")),
        (RequestedItem(sku="WATER", quantity=100), ("max_value", "items.0.quantity")),
        (RequestedItem(sku="WATER", modifiers=(chosen(CHEESE),)), ("not_offered", "items.0.modifiers.0")),
        (burger(chosen(TRUFFLE)), ("not_offered", "items.0.modifiers.1")),
        (burger(chosen("no id at all")), ("not_offered", "items.0.modifiers.1")),
        (burger(chosen(BACON, 100)), ("max_value", "items.0.modifiers.1.quantity")),
        (burger(chosen(BACON, 4)), ("too_many", "items.0.modifiers")),
        (burger(chosen(BACON, 2), chosen(CHEESE, 2, chosen(MILD))), ("too_many", "items.0.modifiers")),
        (burger(chosen(EXTRAS.modifiers[2])), ("unavailable", "items.0.modifiers.1")),
        (RequestedItem(sku="BURGER"), ("too_few", "items.0.modifiers")),
        (burger(chosen(WELL_DONE)), ("too_many", "items.0.modifiers")),
        (burger(chosen(CHEESE)), ("too_few", "items.0.modifiers.1.modifiers")),
        (burger(chosen(CHEESE, 1, chosen(BACON))), ("not_offered", "items.0.modifiers.1.modifiers.0")),
        (RequestedItem(sku="BURGER", modifiers=(chosen(RARE, 2),)), ("chosen_twice", "items.0.modifiers")),
        (RequestedItem(sku="BURGER", modifiers=(chosen(RARE), chosen(RARE))), ("chosen_twice", "items.0.modifiers")),
    ],
)
def test_each_problem_is_reported_with_its_place(item: RequestedItem, problem: tuple[str, str]) -> None:
    assert problem in problems_of(priced(item))


def test_every_problem_is_reported_at_once() -> None:
    order = priced(
        RequestedItem(sku="WATER"),
        RequestedItem(sku="PIZZA"),
        RequestedItem(sku="CAKE", quantity=100),
        burger(chosen(CHEESE)),
    )
    assert problems_of(order) == {
        ("unknown_product", "items.1"),
        ("unavailable", "items.2"),
        ("max_value", "items.2.quantity"),
        ("too_few", "items.3.modifiers.1.modifiers"),
    }


FISH = product("Fish", "9.00", EXTRAS, stock=3)
CHIPS = modifier("Chips", "2.00", sku="CHIPS", stock=2)
SIDES = group("Sides", CHIPS)
PLATE = product("Plate", "8.00", SIDES)
BOWL = product("Bowl of chips", "4.00", sku="CHIPS", stock=2)
COUNTED: Catalogue = catalogue([FISH, PLATE, BOWL], [EXTRAS, RIPENESS, SIDES])


def shortages(*items: RequestedItem) -> list[tuple[str, str, str]]:
    order = price(catalogue=COUNTED, items=items)
    return [(problem.code, problem.attr, problem.detail) for problem in order.problems]


def fish(quantity: int) -> RequestedItem:
    return RequestedItem(sku="FISH", quantity=quantity)


def test_all_lines_together_can_order_as_many_as_are_left() -> None:
    assert shortages(fish(3)) == []
    assert shortages(fish(4)) == [("unavailable", "items.0", "Only 3 of Fish left.")]
    assert shortages(fish(2), fish(1)) == []
    assert shortages(fish(2), fish(2), fish(1)) == [("unavailable", "items.1", "Only 3 of Fish left.")]


def test_modifiers_count_once_for_each_item_they_are_chosen_for() -> None:
    plate = RequestedItem(sku="PLATE", quantity=3, modifiers=(chosen(CHIPS),))
    assert shortages(plate) == [("unavailable", "items.0.modifiers.0", "Only 2 of Chips left.")]
    assert shortages(RequestedItem(sku="PLATE", quantity=2, modifiers=(chosen(CHIPS),))) == []


def test_an_item_ordered_alone_and_as_a_modifier_is_counted_together() -> None:
    plate = RequestedItem(sku="PLATE", modifiers=(chosen(CHIPS),))
    assert shortages(plate, RequestedItem(sku="CHIPS")) == []
    assert shortages(plate, RequestedItem(sku="CHIPS", quantity=2)) == [
        ("unavailable", "items.1", "Only 2 of Bowl of chips left.")
    ]


def test_an_enormous_quantity_is_too_large() -> None:
    order = price(catalogue=COUNTED, items=(RequestedItem(sku="PLATE", quantity=10**4000, modifiers=(chosen(CHIPS),)),))
    assert ("too_large", "items") in problems_of(order)


def test_items_must_not_total_less_than_zero() -> None:
    refund = product("Refund", "-5.00")
    menu = catalogue([refund, WATER], [])
    deposit = price(catalogue=menu, items=(RequestedItem(sku="REFUND"), RequestedItem(sku="WATER")), tip=Decimal(9))
    assert problems_of(deposit) == {("below_zero", "items")}
    assert (
        price(catalogue=menu, items=(RequestedItem(sku="REFUND"), RequestedItem(sku="WATER", quantity=3))).problems
        == ()
    )


def test_fees_are_part_of_the_total() -> None:
    order = price(
        catalogue=MENU,
        items=(RequestedItem(sku="WATER"),),
        tip=Decimal("1.00"),
        delivery_fee=Decimal("2.50"),
        service_charge=Decimal("0.40"),
    )
    assert (order.totals.delivery_fee, order.totals.service_charge) == (Decimal("2.50"), Decimal("0.40"))
    assert order.totals.total == Decimal("6.25")


def test_an_order_without_items_is_a_problem() -> None:
    assert problems_of(priced()) == {("empty", "items")}


def test_the_largest_sensible_order_is_priced() -> None:
    order = priced(*[RequestedItem(sku="WATER", quantity=99)] * 200)
    assert order.problems == ()
    assert order.totals.total == Decimal("46530.00")


@pytest.mark.parametrize(("currency", "dinner"), [("VND", "25000000"), ("IDR", "150000000.00"), ("LBP", "90000000.00")])
def test_an_ordinary_dinner_of_eight_or_nine_digits_is_priced(currency: str, dinner: str) -> None:
    menu = catalogue([product("Dinner", dinner)], [], currency=currency)
    order = price(catalogue=menu, items=(RequestedItem(sku="DINNER", quantity=3),), tip=Decimal(500_000))
    assert order.problems == ()
    assert order.totals.total == 3 * Decimal(dinner) + 500_000


@pytest.mark.parametrize(("tip", "problems"), [("1.000", set()), ("1.001", {("too_large", "items")})])
def test_the_most_that_an_order_may_cost_is_what_money_columns_hold(tip: str, problems: set[tuple[str, str]]) -> None:
    menu = catalogue([product("Palace", "9999999998.999")], [], currency="KWD")
    assert problems_of(price(catalogue=menu, items=(RequestedItem(sku="PALACE"),), tip=Decimal(tip))) == problems


@pytest.mark.parametrize(
    "item",
    [
        RequestedItem(sku="WATER", quantity=10**4000),
        RequestedItem(sku="WATER", quantity=-(10**4000)),
        burger(chosen(BACON), quantity=1000),
        burger(chosen(CHEESE, 99, chosen(MATURE, 99)), quantity=99),
    ],
)
def test_an_order_too_large_for_a_till_is_refused_and_not_priced(item: RequestedItem) -> None:
    order = priced(item)
    assert ("too_large", "items") in problems_of(order)
    assert order.totals.total == 0


def _amounts(line: PricedLine, times: int = 1) -> Iterator[Decimal]:
    times *= line.quantity
    yield times * line.unit_price
    for choice in line.choices:
        yield from _amounts(choice, times)


@settings(max_examples=examples(50), deadline=None)
@given(shoppings())
def test_the_lines_and_the_tip_of_any_order_add_up_to_the_total(shopping: Shopping) -> None:
    order = price(catalogue=shopping.catalogue, items=shopping.items, tip=shopping.tip)
    # More may be taken off than is ordered.
    assert {problem.code for problem in order.problems} <= {"below_zero"}
    amounts = [amount for line in order.lines for amount in _amounts(line)]
    currency = shopping.catalogue.currency
    assert sum(amounts) + round_money(shopping.tip, currency) == order.totals.total
    assert order.totals.total == round_money(order.totals.total, currency)
