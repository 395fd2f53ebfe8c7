"""Any evening, for property tests: a menu at the till, the price list of an order type, and an order from that menu."""

import copy
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from integrations.lightspeed.mapping.menu.parser import parse_menu
from integrations.lightspeed.mapping.menu.price_lists import add_price_list
from integrations.lightspeed.mapping.menu.snapshot import to_snapshot
from integrations.pos import MenuModifier, MenuProduct, MenuSnapshot, OrderType
from integrations.sandbox.amounts import CURRENCIES, Currency
from integrations.sandbox.data.builders import (
    FIXED,
    NEGATIVE,
    PERCENTAGE,
    POSITIVE,
    choice,
    deal,
    deal_group,
    instructions,
    item,
    menu,
    modifier,
    screen,
)
from integrations.sandbox.data.builders import modifier_group as group
from menus.catalogue import Catalogue, CatalogueGroup, CatalogueModifier, CatalogueProduct
from menus.pricing import PRICING_COLUMNS, entry_price
from menus.sync.diff import PRICE_COLUMNS
from menus.sync.full_plan import price_columns
from orders.checkout.requests import RequestedItem, RequestedModifier

Json = dict[str, Any]

_RATES = st.sampled_from(["5.5", "8.1", "8.875", "10", "19", "20"])
_TYPES = st.sampled_from([OrderType.PICKUP, OrderType.DELIVERY, OrderType.DINE_IN])


@dataclass(frozen=True)
class Evening:
    """A menu at the till, the price list that deliveries have there, and an order.

    `ours` is the menu as a sync stores it, at the prices of the order's type.
    """

    currency: Currency
    menu: Json
    prices: Mapping[str, Decimal]
    type: OrderType
    ours: Catalogue
    items: tuple[RequestedItem, ...]
    tip: Decimal
    delivery_fee: Decimal
    service_charge: Decimal
    percent_off: Decimal


@st.composite
def evenings(draw: st.DrawFn) -> Evening:
    """Menus with every pricing strategy, tax in and out, and choices on choices, in any kind of currency."""
    currency = CURRENCIES[draw(st.sampled_from(["GBP", "JPY", "KWD", "CHF"]))]
    type, charged = draw(_TYPES), _amounts(currency)
    made = menu(168, "Online", [screen("1", "Food", _Cook(draw, currency).entries())])
    skus = [one["sku"] for one in _entries(made) if one["productPrice"]]
    prices = draw(st.dictionaries(st.sampled_from(skus), _listed(currency), max_size=4))
    # Staff can only set what a till can charge.
    staff_price = currency.rounded(draw(charged)) or currency.rounded(Decimal(1))
    ours = _as_synced(made, prices, type, currency, staff_price)
    return Evening(
        currency=currency,
        menu=made,
        prices=prices if type == OrderType.DELIVERY else {},
        type=type,
        ours=ours,
        items=tuple(_item(draw, ours) for _ in range(draw(st.integers(1, 3)))),
        tip=draw(charged),
        delivery_fee=draw(charged) if type == OrderType.DELIVERY else Decimal(0),
        service_charge=draw(st.just(Decimal(0)) | charged),
        percent_off=draw(st.sampled_from([Decimal(0), Decimal("12.5"), Decimal(100)])),
    )


def _amounts(currency: Currency, *, more_decimals: int = 0) -> st.SearchStrategy[Decimal]:
    places = currency.decimals + more_decimals
    most = 30 if currency.decimals else 3000
    return st.decimals(min_value=Decimal(1).scaleb(-places), max_value=most, places=places)


def _listed(currency: Currency) -> st.SearchStrategy[Decimal]:
    """Prices of a menu: some have more decimals than the currency."""
    amounts = _amounts(currency)
    return amounts if currency.decimals == 3 else amounts | _amounts(currency, more_decimals=1)


class _Cook:
    """Makes up the entries of a menu."""

    def __init__(self, draw: st.DrawFn, currency: Currency) -> None:
        self._draw = draw
        self._currency = currency
        self._numbers = iter(range(1, 10_000))

    def entries(self) -> list[Json]:
        """Return a plain item, some of any kind, and a deal."""
        food = [self._food() for _ in range(self._draw(st.integers(1, 2)))]
        chosen = [
            choice(self._made(item, "C", modifiers=self._groups(1)), str(self._draw(_listed(self._currency))))
            for _ in range(2)
        ]
        groups = [deal_group("DRINKS", "Drinks", chosen, most=2)]
        return [self._plain(), *food, self._made(deal, "D", groups=groups)]

    def _plain(self) -> Json:
        return item("PLAIN", "Plain", str(self._draw(_amounts(self._currency))))

    def _food(self) -> Json:
        number = next(self._numbers)
        words = [instructions(number, "Cooking", [(number, "Rare")])] if self._draw(st.booleans()) else []
        return self._made(item, "P", modifiers=self._groups(2), instructions=words)

    def _groups(self, depth: int) -> list[Json]:
        extras = [
            self._made(modifier, "M", modifiers=self._groups(depth - 1))
            for _ in range(self._draw(st.integers(0, 2)) if depth else 0)
        ]
        return [group(f"G{next(self._numbers)}", "Extras", extras)] if extras else []

    def _made(self, build: Any, prefix: str, **more: Any) -> Json:
        """Return an entry that has a price, or an open one, with its tax included or not."""
        strategy = self._draw(st.sampled_from([FIXED, FIXED, FIXED, POSITIVE, NEGATIVE, PERCENTAGE]))
        is_open = strategy in (POSITIVE, NEGATIVE) and self._draw(st.booleans())
        price = Decimal(0) if is_open else self._draw(_listed(self._currency))
        rate = self._draw(_RATES)
        tax = str(self._currency.exact(price * Decimal(rate) / 100)) if self._draw(st.booleans()) else None
        sku = f"{prefix}{next(self._numbers)}"
        made: Json = build(sku, sku, str(price), tax=tax, rate=rate, strategy=strategy, **more)
        return made


def _entries(value: Any) -> Iterator[Json]:
    """Yield every entry of a menu that has a price."""
    for inner in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _entries(inner)
    if isinstance(value, dict) and "productPrice" in value:
        yield value


# --- Our side --------------------------------------------------------------------------------------------------------


def _as_synced(
    menu: Json, prices: Mapping[str, Decimal], type: OrderType, currency: Currency, staff_price: Decimal
) -> Catalogue:
    """Return the catalogue that a sync of the menu makes."""
    parsed = parse_menu(_dumped(menu))
    add_price_list(parsed, parse_menu(_dumped(_at(menu, prices, currency))), types=("delivery",))
    snapshot = to_snapshot(parsed.menu, currency=currency.code)
    return _Stored(type, currency.code, staff_price).catalogue(snapshot)


def _at(value: Any, prices: Mapping[str, Decimal], currency: Currency) -> Any:
    """Return the menu at the prices of a price list."""
    if isinstance(value, list):
        return [_at(inner, prices, currency) for inner in value]
    if not isinstance(value, dict):
        return copy.deepcopy(value)
    found = {name: _at(inner, prices, currency) for name, inner in value.items()}
    if "productPrice" in found and found["sku"] in prices:
        price = prices[found["sku"]]
        tax = currency.exact(price * found["defaultTaxPercentage"] / 100)
        found |= {"productPrice": price, "defaultTaxAmount": tax}
    return found


def _dumped(value: Json) -> bytes:
    return json.dumps(value, default=str).encode()


@dataclass(frozen=True)
class _Stored:
    """The rows of a menu as pricing reads them, without a database."""

    type: OrderType
    currency: str
    staff_price: Decimal

    def catalogue(self, snapshot: MenuSnapshot) -> Catalogue:
        ids = {one.key: uuid.uuid4() for one in snapshot.groups}
        groups = []
        for one in snapshot.groups:
            choices = [self._priced(_modifier(row, ids), row) for row in one.modifiers]
            sold = tuple(choice for choice in choices if choice is not None)
            groups.append(CatalogueGroup(ids[one.key], one.name, one.kind.value, one.minimum, one.maximum, sold))
        products = [self._priced(_product(row, ids), row) for row in snapshot.products]
        return Catalogue(
            1,
            self.currency,
            {row.id: row for row in products if row is not None},
            {row.id: row for row in groups},
        )

    def _priced(self, row: Any, entry: MenuProduct | MenuModifier) -> Any:
        columns = dict(zip(PRICE_COLUMNS, price_columns(entry, self.currency), strict=True))
        columns["staff_price"] = self.staff_price
        found = entry_price(self.type, self.currency, *(columns[column] for column in PRICING_COLUMNS))
        if found is None:
            return None
        return replace(
            row, price=found.price, exact_price=found.exact, custom_price=found.custom, tax_at_till=found.tax_at_till
        )


def _modifier(row: MenuModifier, ids: Mapping[str, uuid.UUID]) -> CatalogueModifier:
    groups = tuple(ids[key] for key in row.groups)
    return CatalogueModifier(uuid.uuid4(), row.sku, row.instruction_id, row.name, Decimal(0), True, None, groups)


def _product(row: MenuProduct, ids: Mapping[str, uuid.UUID]) -> CatalogueProduct:
    groups = tuple(ids[key] for key in row.groups)
    return CatalogueProduct(uuid.uuid4(), row.sku, row.kind.value, row.name, Decimal(0), True, None, groups)


def _item(draw: st.DrawFn, ours: Catalogue) -> RequestedItem:
    product = draw(st.sampled_from(list(ours.products.values())))
    return RequestedItem(
        sku=product.sku, quantity=draw(st.integers(1, 7)), modifiers=_chosen(draw, ours, product.groups)
    )


def _chosen(draw: st.DrawFn, ours: Catalogue, groups: tuple[uuid.UUID, ...]) -> tuple[RequestedModifier, ...]:
    chosen = []
    for one in (ours.groups[id] for id in groups):
        most = 2 if one.maximum is None else one.maximum
        wanted = st.lists(st.sampled_from(one.modifiers), unique=True, min_size=one.minimum, max_size=most)
        for offered in draw(wanted):
            several = one.maximum is None and not offered.instruction_id
            below = _chosen(draw, ours, offered.groups)
            quantity = draw(st.integers(1, 2)) if several else 1
            chosen.append(RequestedModifier(modifier=str(offered.id), quantity=quantity, modifiers=below))
    return tuple(chosen)
