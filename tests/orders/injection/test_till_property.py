"""For any menu, order type and basket, the guest pays what the sandbox's till charges, to the smallest unit."""

import copy
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from integrations.lightspeed.mapping.menu.parser import parse_menu
from integrations.lightspeed.mapping.menu.price_lists import add_price_list
from integrations.lightspeed.mapping.menu.snapshot import to_snapshot
from integrations.lightspeed.mapping.orders import to_go_body
from integrations.pos import MenuModifier, MenuProduct, MenuSnapshot, OrderType, VenuePosSettings
from integrations.sandbox.amounts import GBP
from integrations.sandbox.data.builders import (
    FIXED,
    NEGATIVE,
    POSITIVE,
    choice,
    deal,
    deal_group,
    item,
    menu,
    modifier,
    screen,
)
from integrations.sandbox.data.builders import modifier_group as group
from integrations.sandbox.data.menus import OPEN_PRICE_ITEMS
from integrations.sandbox.state import store
from integrations.sandbox.till.catalogue import Catalogue as TillCatalogue
from integrations.sandbox.till.pricing import Pricer
from menus.catalogue import Catalogue, CatalogueGroup, CatalogueModifier, CatalogueProduct
from menus.pricing import PRICING_COLUMNS, entry_price
from menus.sync.diff import PRICE_COLUMNS
from menus.sync.full_plan import price_columns
from orders.checkout.pricing import price
from orders.checkout.requests import RequestedItem, RequestedModifier
from orders.injection.ticket import ticket_for
from orders.models import Order
from storekit.models import Venue

NOW = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
Json = dict[str, Any]

_amounts = st.decimals(min_value=Decimal("0.01"), max_value=30, places=2)
_rates = st.sampled_from(["5.5", "8.875", "10", "19", "20"])
_strategies = st.sampled_from([FIXED, FIXED, FIXED, POSITIVE, NEGATIVE])


@pytest.fixture(autouse=True)
def _as_the_real_till(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.habits, "tax_per_line", True)


@dataclass(frozen=True)
class Evening:
    """A menu at the till, one price list, and an order of a type that uses it or does not."""

    menu: Json
    price_list: Mapping[str, Decimal]
    type: OrderType
    items: tuple[tuple[str, int, tuple[str, ...]], ...]
    """SKU of the product, quantity, and SKUs of what is chosen, each once."""
    staff_price: Decimal


@st.composite
def evenings(draw: st.DrawFn) -> Evening:
    counter = iter(range(1000))

    def details() -> Json:
        amount, rate = draw(_amounts), draw(_rates)
        is_taxed = draw(st.booleans())
        tax = (amount * Decimal(rate) / 100).quantize(Decimal("0.01"))
        return {"rate": rate, "tax": str(tax) if is_taxed and tax else None, "strategy": draw(_strategies)} | {
            "price": str(amount)
        }

    def modifiers() -> list[Json]:
        return [modifier(f"M{next(counter)}", "Extra", **details()) for _ in range(draw(st.integers(0, 2)))]

    def food() -> Json:
        sku = f"P{next(counter)}"
        extras = modifiers()
        groups = [group(f"G{sku}", "Extras", extras)] if extras else []
        return item(sku, "Food", **details(), modifiers=groups)

    entries = [food() for _ in range(draw(st.integers(1, 3)))]
    chosen = [choice(item(f"C{next(counter)}", "Drink", **details()), str(draw(_amounts))) for _ in range(2)]
    entries.append(deal("DEAL", "Deal", groups=[deal_group("DRINKS", "Drinks", chosen, most=2)], **details()))
    entries.append(item("OPEN", "Open food", "0.00", strategy=draw(st.sampled_from([POSITIVE, NEGATIVE]))))
    skus = [*_skus(entries)]
    price_list = draw(st.dictionaries(st.sampled_from(skus), _amounts, max_size=4))
    price_list.pop("OPEN", None)
    wishes = []
    for _ in range(draw(st.integers(1, 3))):
        entry = draw(st.sampled_from(entries))
        below = [inner["sku"] for inner in _choices(entry)]
        wanted = draw(st.lists(st.sampled_from(below), unique=True, max_size=2)) if below else []
        if entry["sku"] == "DEAL" and not wanted:
            wanted = below[:1]
        wishes.append((entry["sku"], draw(st.integers(1, 7)), tuple(wanted)))
    return Evening(
        menu(168, "Online", [screen("1", "Food", entries)]),
        price_list,
        draw(st.sampled_from([OrderType.PICKUP, OrderType.DELIVERY])),
        tuple(wishes),
        draw(_amounts),
    )


def _choices(entry: Json) -> Iterator[Json]:
    for field, inner in (("menuModifierGroups", "productModifiers"), ("menuDealGroups", "items")):
        for one in entry.get(field) or []:
            yield from one[inner]


def _skus(entries: list[Json]) -> Iterator[str]:
    for entry in entries:
        yield entry["sku"]
        yield from (inner["sku"] for inner in _choices(entry))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(evenings())
def test_the_guest_pays_what_the_till_charges(evening: Evening) -> None:
    ours = _as_synced(evening)
    items = tuple(_requested(ours, *wish) for wish in evening.items)
    priced = price(catalogue=ours, items=items)
    assume({problem.code for problem in priced.problems} != {"below_zero"})
    assert priced.problems == ()
    order = Order(
        venue=Venue(slug="copper-pot", timezone="Europe/London"),
        number=17,
        type=evening.type.value,
        collection_code="ACDEFGHJ",
        first_name="Ada",
        items_total=priced.totals.items,
        total=priced.totals.total,
    )
    ticket = ticket_for(
        order=order,
        lines=priced.lines,
        settings=VenuePosSettings(),
        reference="0" * 32 + "-1",
        deliver_within=timedelta(minutes=10),
    )
    body = to_go_body(ticket=ticket, location=45454565682155, endpoint_id="storekit-1", now=NOW)

    till = TillCatalogue([evening.menu], OPEN_PRICE_ITEMS)
    prices = evening.price_list if evening.type == OrderType.DELIVERY else {}
    charged = sum((line.total for line in Pricer(till, prices, GBP, NOW).lines(body["items"])), Decimal(0))
    assert charged == order.total


def _as_synced(evening: Evening) -> Catalogue:
    """Return the catalogue that a sync of the menu would make, at the prices of the evening's order type."""
    parsed = parse_menu(_dumped(evening.menu))
    add_price_list(parsed, parse_menu(_dumped(_at(evening.menu, evening.price_list))), types=("delivery",))
    return _catalogue(to_snapshot(parsed.menu, currency="GBP"), evening)


def _at(value: Any, prices: Mapping[str, Decimal]) -> Any:
    """Return the menu at the prices of a price list."""
    if isinstance(value, list):
        return [_at(inner, prices) for inner in value]
    if not isinstance(value, dict):
        return copy.deepcopy(value)
    found = {name: _at(inner, prices) for name, inner in value.items()}
    if "productPrice" in found and found.get("sku") in prices:
        price = prices[found["sku"]]
        tax = (price * found["defaultTaxPercentage"] / 100).quantize(Decimal("0.01"))
        found |= {"productPrice": price, "defaultTaxAmount": tax}
    return found


def _dumped(value: Json) -> bytes:
    return json.dumps(value, default=str).encode()


def _catalogue(snapshot: MenuSnapshot, evening: Evening) -> Catalogue:
    ids = {one.key: uuid.uuid4() for one in snapshot.groups}
    groups = []
    for one in snapshot.groups:
        blank = CatalogueModifier(uuid.uuid4(), "", "", "", Decimal(0), True, None, ())
        choices = tuple(
            _priced(replace(blank, id=uuid.uuid4(), sku=row.sku, name=row.name), row, evening) for row in one.modifiers
        )
        groups.append(CatalogueGroup(ids[one.key], one.name, one.kind.value, one.minimum, one.maximum, choices))
    products = [
        _priced(
            CatalogueProduct(
                *(uuid.uuid4(), row.sku, row.kind.value, row.name, Decimal(0), True, None),
                tuple(ids[key] for key in row.groups),
            ),
            row,
            evening,
        )
        for row in snapshot.products
    ]
    return Catalogue(1, "GBP", {row.id: row for row in products}, {row.id: row for row in groups})


def _priced(row: Any, entry: MenuProduct | MenuModifier, evening: Evening) -> Any:
    stored = dict(zip(PRICE_COLUMNS, price_columns(entry, "GBP"), strict=True)) | {"staff_price": evening.staff_price}
    found = entry_price(evening.type, "GBP", *(stored[column] for column in PRICING_COLUMNS))
    assert found is not None
    return replace(
        row, price=found.price, exact_price=found.exact, custom_price=found.custom, tax_at_till=found.tax_at_till
    )


def _requested(ours: Catalogue, sku: str, quantity: int, choices: tuple[str, ...]) -> RequestedItem:
    product = ours.product(sku=sku)
    assert product is not None
    offered = {row.sku: row for id in product.groups for row in ours.groups[id].modifiers}
    wanted = tuple(RequestedModifier(modifier=str(offered[one].id)) for one in choices)
    return RequestedItem(sku=sku, quantity=quantity, modifiers=wanted)
