"""The Copper Pot's menu, and an order for it as a storefront posts it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine

from integrations.models import Connection, TokenPair
from menus.models import Modifier, NestedModifierGroup, Product
from orders.models import Injection, Order
from storekit.models import Venue
from tests import factories
from tests.orders.sending import NOW


@dataclass(frozen=True)
class CopperPotMenu:
    """Burger 10.00 (how it is cooked, one of two; extras up to three: cheese 1.50 with its ripeness, bacon 2.00),
    lunch deal 12.00 (a main: steak adds 4.50, salad nothing) and water 2.35."""

    burger: Product
    lunch: Product
    water: Product
    rare: Modifier
    cheese: Modifier
    mature: Modifier
    bacon: Modifier
    steak: Modifier


@pytest.fixture
def taking_orders(request: pytest.FixtureRequest, venue: Venue) -> Connection:
    """The Copper Pot connected, so that it takes orders; without settings or tokens, unless the test asks for them."""
    if "connection" in request.fixturenames:
        made: Connection = request.getfixturevalue("connection")
    else:
        made = factories.ConnectionFactory(venue=venue, settings=None, tokens=None)
    return made


@pytest.fixture
def menu(venue: Venue, taking_orders: Connection) -> CopperPotMenu:
    factories.MenuFactory(venue=venue, version=7)
    burger = factories.ProductFactory(venue=venue, sku="BURGER", name="Burger", price="10.00")
    lunch = factories.ProductFactory(venue=venue, sku="LUNCH", name="Lunch", price="12.00", kind="deal")
    cooking = factories.ModifierGroupFactory(venue=venue, name="Cooking", kind="instruction", minimum=1, maximum=1)
    extras = factories.ModifierGroupFactory(venue=venue, name="Extras", maximum=3)
    ripeness = factories.ModifierGroupFactory(venue=venue, name="Ripeness", minimum=1, maximum=1)
    main = factories.ModifierGroupFactory(venue=venue, name="Main", kind="deal", minimum=1, maximum=1)
    cheese = factories.ModifierFactory(group=extras, sku="CHEESE", name="Cheese", price="1.50")
    made = CopperPotMenu(
        burger=burger,
        lunch=lunch,
        water=factories.ProductFactory(venue=venue, sku="WATER", name="Water", price="2.35"),
        rare=factories.ModifierFactory(group=cooking, sku="", instruction_id="501", name="Rare", price=0),
        cheese=cheese,
        mature=factories.ModifierFactory(group=ripeness, sku="MATURE", name="Mature", price="0.75"),
        bacon=factories.ModifierFactory(group=extras, sku="BACON", name="Bacon", price="2.00"),
        steak=factories.ModifierFactory(group=main, sku="STEAK", name="Steak", price="4.50"),
    )
    factories.ModifierFactory(group=cooking, sku="", instruction_id="502", name="Well done", price=0)
    factories.ModifierFactory(group=main, sku="SALAD", name="Salad", price=0)
    for product, group in ((burger, cooking), (burger, extras), (lunch, main)):
        factories.ProductModifierGroupFactory(product=product, group=group)
    NestedModifierGroup.objects.create(modifier=cheese, group=ripeness)
    return made


@pytest.fixture
def posted(menu: CopperPotMenu) -> dict[str, Any]:
    """Two burgers with mature cheese, a lunch with steak and water, with a tip: 44.85 in all."""
    cheese = {"modifier": str(menu.cheese.pk), "modifiers": [{"modifier": str(menu.mature.pk)}]}
    return {
        "type": "pickup",
        "customer": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "Ada@Example.com",
            "phone": "020 7946 0018",
        },
        "note": "Ring the bell",
        "items": [
            {
                "product": str(menu.burger.pk),
                "quantity": 2,
                "note": "no salt",
                "modifiers": [{"modifier": str(menu.rare.pk)}, cheese],
            },
            {"sku": "LUNCH", "modifiers": [{"modifier": str(menu.steak.pk), "quantity": 1}]},
            {"sku": "WATER", "quantity": 1},
        ],
        "tip": "1.50",
        "payment": {"status": "paid", "reference": "web-1", "amount": "44.85"},
    }


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def pos() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def waiting(clock: time_machine.Traveller, connection: Connection) -> Injection:
    """A paid order of a connected venue, due now."""
    order: Order = factories.OrderFactory(venue=connection.venue)
    return order.injection


@pytest.fixture
def waiting_burger(clock: time_machine.Traveller, connection: Connection, menu: CopperPotMenu) -> Injection:
    """A paid order for a burger with bacon, due now."""
    TokenPair.objects.update(expires_at=NOW + timedelta(days=3))
    order: Order = factories.OrderFactory(venue=connection.venue, number=1042)
    factories.OrderLineFactory(
        order=order, parent=order.lines.get(), position=1, kind="modifier", sku="BACON", name="Bacon"
    )
    return order.injection
