"""Catalogues for pricing tests: the Copper Pot's, written out, and any that hypothesis can think of."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from menus.catalogue import Catalogue, CatalogueGroup, CatalogueModifier, CatalogueProduct
from orders.checkout.requests import RequestedItem, RequestedModifier


def modifier(name: str, price: str = "0.00", *groups: CatalogueGroup, **changes: object) -> CatalogueModifier:
    columns = {
        "id": uuid.uuid4(),
        "sku": name.upper(),
        "instruction_id": "",
        "name": name,
        "price": Decimal(price),
        "available": True,
        "stock": None,
        "groups": tuple(group.id for group in groups),
    }
    return CatalogueModifier(**(columns | changes))  # type: ignore[arg-type]


def instruction(name: str) -> CatalogueModifier:
    return modifier(name, sku="", instruction_id=f"i-{name}")


def group(
    name: str, *modifiers: CatalogueModifier, kind: str = "modifier", minimum: int = 0, maximum: int | None = None
) -> CatalogueGroup:
    return CatalogueGroup(id=uuid.uuid4(), name=name, kind=kind, minimum=minimum, maximum=maximum, modifiers=modifiers)


def product(name: str, price: str, *groups: CatalogueGroup, **changes: object) -> CatalogueProduct:
    columns = {
        "id": uuid.uuid4(),
        "sku": name.upper(),
        "kind": "item",
        "name": name,
        "price": Decimal(price),
        "available": True,
        "stock": None,
        "groups": tuple(group.id for group in groups),
    }
    return CatalogueProduct(**(columns | changes))  # type: ignore[arg-type]


def catalogue(products: list[CatalogueProduct], groups: list[CatalogueGroup]) -> Catalogue:
    return Catalogue(
        version=1,
        products={product.id: product for product in products},
        groups={group.id: group for group in groups},
    )


# --- Any catalogue, and any good basket from it ----------------------------------------------------------------------

prices = st.decimals(min_value=0, max_value=99, places=2)
# Some choices take their price off, such as the guest's own cup.
_choice_prices = prices | st.decimals(min_value=-2, max_value=0, places=2)


@dataclass(frozen=True)
class Shopping:
    """A catalogue, a basket that it allows, and a tip."""

    catalogue: Catalogue
    items: tuple[RequestedItem, ...]
    tip: Decimal


@st.composite
def shoppings(draw: st.DrawFn) -> Shopping:
    groups: list[CatalogueGroup] = []
    products: list[CatalogueProduct] = []
    counter = iter(range(10_000))

    def choice(kind: str, depth: int) -> tuple[CatalogueModifier, RequestedModifier]:
        number = next(counter)
        if kind == "instruction":
            made = modifier(f"choice {number}", sku="", instruction_id=str(number))
            return made, RequestedModifier(modifier=str(made.id))
        below, wanted = choices(depth - 1)
        made = modifier(f"choice {number}", str(draw(_choice_prices)), *below, sku=f"C{number}")
        return made, RequestedModifier(modifier=str(made.id), quantity=draw(st.integers(1, 2)), modifiers=wanted)

    def choices(depth: int) -> tuple[list[CatalogueGroup], tuple[RequestedModifier, ...]]:
        made, wanted = [], []
        for _ in range(draw(st.integers(0, 2)) if depth else 0):
            kind = draw(st.sampled_from(["instruction", "modifier", "deal"]))
            pairs = [choice(kind, depth) for _ in range(draw(st.integers(1, 2)))]
            taken = [wish for _, wish in pairs if draw(st.booleans())]
            made.append(group(f"group {next(counter)}", *(row for row, _ in pairs), kind=kind))
            wanted += taken
        groups.extend(made)
        return made, tuple(wanted)

    items = []
    for _ in range(draw(st.integers(1, 4))):
        below, wanted = choices(2)
        number = next(counter)
        row = product(f"product {number}", str(draw(prices)), *below, sku=f"P{number}")
        products.append(row)
        items.append(RequestedItem(sku=row.sku, quantity=draw(st.integers(1, 3)), modifiers=wanted))
    return Shopping(catalogue(products, groups), tuple(items), draw(prices))
