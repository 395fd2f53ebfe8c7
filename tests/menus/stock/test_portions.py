"""Portions are counted, not choices: in the menu, its availability, a basket and an order alike."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from integrations.pos import GroupKind, ProductKind
from menus.models import Modifier
from menus.stock.levels import apply_item_update
from orders.checkout.basket import check_basket
from orders.checkout.requests import Basket, RequestedItem, RequestedModifier
from orders.models import Order
from storekit.models import Venue
from tests import factories
from tests.menus.snapshots import category, group, modifier, product, snapshot, sync_snapshot
from tests.menus.stocked import orderable, restricted, shown
from tests.orders.placing import placed, refused

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
PRODUCTS = ("TWINS", "TRIO", "DOUBLE", "MEAL", "MIXED")


@pytest.fixture
def menu(venue: Venue) -> Venue:
    """Deals that need fries twice, three sides, two patties, a double with two patties, and either of two mains."""
    cache.clear()
    factories.ConnectionFactory(venue=venue, settings=None, tokens=None)
    deal: dict[str, Any] = {"kind": GroupKind.DEAL, "minimum": 1, "maximum": 1}
    sync_snapshot(
        venue,
        snapshot(
            categories=(category("mains", *PRODUCTS),),
            products=(
                product("TWINS", kind=ProductKind.DEAL, groups=("first", "second")),
                product("TRIO", kind=ProductKind.DEAL, groups=("three",)),
                product("DOUBLE", groups=("patties",)),
                product("MEAL", kind=ProductKind.DEAL, groups=("main", "extra")),
                product("MIXED", kind=ProductKind.DEAL, groups=("either", "second")),
            ),
            groups=(
                group("first", modifier("FRIES"), **deal),
                group("second", modifier("FRIES"), **deal),
                group("three", modifier("FRIES"), modifier("SALAD"), kind=GroupKind.DEAL, minimum=3, maximum=3),
                group("patties", modifier("PATTY"), minimum=2, maximum=2),
                group("main", modifier("BURGER", groups=("patties",)), **deal),
                group("extra", modifier("PATTY"), **deal),
                group("either", modifier("FRIES"), modifier("SALAD"), **deal),
            ),
        ),
    )
    return venue


def choose(product: str, *choices: tuple[str, str, int]) -> RequestedItem:
    """Return the product with choices, each named by its group, its SKU and how many; later ones nest in BURGER."""
    chosen: list[RequestedModifier] = []
    for group_key, sku, quantity in choices:
        one = Modifier.objects.get(group__key=group_key, sku=sku)
        if chosen and chosen[-1].modifier == str(Modifier.objects.get(sku="BURGER").pk) and group_key == "patties":
            chosen[-1] = RequestedModifier(chosen[-1].modifier, 1, (RequestedModifier(str(one.pk), quantity),))
        else:
            chosen.append(RequestedModifier(str(one.pk), quantity))
    return RequestedItem(sku=product, modifiers=tuple(chosen))


CHOSEN: dict[str, tuple[tuple[str, str, int], ...]] = {
    "TWINS": (("first", "FRIES", 1), ("second", "FRIES", 1)),
    "TRIO": (("three", "FRIES", 2), ("three", "SALAD", 1)),
    "DOUBLE": (("patties", "PATTY", 2),),
    "MEAL": (("main", "BURGER", 1), ("patties", "PATTY", 2), ("extra", "PATTY", 1)),
    "MIXED": (("either", "SALAD", 1), ("second", "FRIES", 1)),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("left", "product", "available"),
    [
        ({"FRIES": 1}, "TWINS", False),
        ({"FRIES": 2}, "TWINS", True),
        ({"FRIES": 1, "SALAD": 1}, "TRIO", False),
        ({"FRIES": 2, "SALAD": 1}, "TRIO", True),
        ({"PATTY": 1}, "DOUBLE", False),
        ({"PATTY": 2}, "DOUBLE", True),
        ({"PATTY": 2}, "MEAL", False),
        ({"PATTY": 3}, "MEAL", True),
        ({"FRIES": 1}, "MIXED", True),
        ({"FRIES": 1, "SALAD": 0}, "MIXED", False),
    ],
)
def test_a_product_is_available_exactly_while_an_order_of_it_is_taken(
    menu: Venue, client: Client, left: dict[str, int], product: str, available: bool
) -> None:
    for sku, number in left.items():
        apply_item_update(menu, restricted(sku, number, NOON))
    item = choose(product, *CHOSEN[product])

    listed = client.get("/api/v1/venues/copper-pot/availability").json()["unavailable"]
    assert shown(client)["available"][product] is available
    assert ("choices_sold_out" in {one["reason"] for one in listed if one["sku"] == product}) is not available
    assert orderable(menu)[product] is available
    basket = Basket(type=Order.Type.PICKUP, items=(item,))
    answer = check_basket(venue=menu, basket=basket, ask_pos=False)
    assert {problem.code for problem in answer.problems} == (set() if available else {"unavailable"})
    if not available:
        assert {code for code, _ in refused(menu, items=(item,))} == {"unavailable"}
        return
    placed(menu, items=(item,))
    assert shown(client)["available"][product] is False, "nothing is left for a second one"


@pytest.mark.django_db
def test_a_basket_without_choices_says_that_the_product_is_not_available(menu: Venue) -> None:
    apply_item_update(menu, restricted("FRIES", 1, NOON))

    basket = Basket(type=Order.Type.PICKUP, items=(RequestedItem(sku="TWINS"), RequestedItem(sku="MIXED")))
    answer = check_basket(venue=menu, basket=basket, ask_pos=False)

    assert [problem.attr for problem in answer.problems if problem.code == "unavailable"] == ["items.0"]


@pytest.mark.django_db
def test_a_choice_that_needs_more_than_is_left_is_not_available_itself(menu: Venue, client: Client) -> None:
    apply_item_update(menu, restricted("PATTY", 1, NOON))

    assert shown(client)["choices"]["BURGER"] is False
    item = choose("MEAL", ("main", "BURGER", 1), ("extra", "PATTY", 1))
    assert ("unavailable", "items.0.modifiers.0") in refused(menu, items=(item,))


@pytest.mark.django_db
def test_one_choice_may_fill_a_group_while_the_others_are_sold_out(menu: Venue, client: Client) -> None:
    apply_item_update(menu, restricted("SALAD", 0, NOON))

    assert shown(client)["available"]["TRIO"] is True
    placed(menu, items=(choose("TRIO", ("three", "FRIES", 3)),))
