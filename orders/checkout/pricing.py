"""What an order costs, and everything that is wrong with it at once. Pure: a catalogue and wishes in, lines out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from integrations.money import to_money
from menus.catalogue import Catalogue, CatalogueGroup, CatalogueModifier, CatalogueProduct
from orders.checkout.problems import Problem
from orders.checkout.shares import LARGEST, ZERO
from orders.models import OrderLine

MOST_OF_ONE = 99
MOST_PARTS = 1000
_PRODUCT = OrderLine.Kind.PRODUCT.value
_INSTRUCTION = OrderLine.Kind.INSTRUCTION.value


@dataclass(frozen=True)
class WantedModifier:
    """A choice that the guest made, with the choices below it."""

    modifier: str
    quantity: int = 1
    modifiers: tuple["WantedModifier", ...] = ()


@dataclass(frozen=True)
class WantedItem:
    """A product that the guest wants, named by its id or, when that is empty, by its SKU."""

    product: str = ""
    sku: str = ""
    quantity: int = 1
    note: str = ""
    course: int | None = None
    modifiers: tuple[WantedModifier, ...] = ()


@dataclass(frozen=True)
class PricedLine:
    """A product or, below it, a choice. `quantity` of a choice is per one of what it was chosen for."""

    kind: str
    menu_id: UUID
    sku: str
    instruction_id: str
    name: str
    quantity: int
    unit_price: Decimal
    note: str = ""
    course: int | None = None
    choices: tuple["PricedLine", ...] = ()

    @property
    def total_of_one(self) -> Decimal:
        """What one of it costs with all its choices."""
        return self.unit_price + sum((choice.total for choice in self.choices), ZERO)

    @property
    def total(self) -> Decimal:
        """What the line costs with all its choices."""
        return self.quantity * self.total_of_one

    @property
    def parts(self) -> int:
        """How many lines the POS is sent for it, which gets a line with choices one by one."""
        priced = [choice.parts for choice in self.choices if choice.kind != _INSTRUCTION]
        return self.quantity * (1 + sum(priced)) if priced else 1


@dataclass(frozen=True)
class Totals:
    """What the guest pays, by what for."""

    items: Decimal
    tip: Decimal = ZERO
    discount: Decimal = ZERO
    delivery_fee: Decimal = ZERO
    service_charge: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.items - self.discount + self.delivery_fee + self.service_charge + self.tip


@dataclass(frozen=True)
class Demand:
    """How many of an item one place of the order wants; `attr` is the place. Instructions have no SKU and no demand."""

    attr: str
    sku: str
    name: str
    number: int


@dataclass(frozen=True)
class PricedOrder:
    """The lines that could be priced, what they cost, and what is wrong; an order is taken without problems only.

    `whole` says whether the lines are all that was asked for, so that their total means something.
    """

    lines: tuple[PricedLine, ...]
    totals: Totals
    problems: tuple[Problem, ...]
    demands: tuple[Demand, ...] = ()
    counted: frozenset[str] = frozenset()
    """SKUs of which only so many are left."""
    whole: bool = True


def known_id(text: str) -> UUID | None:
    """An opaque id from outside as we know it; None for a text that cannot be one of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None


def price(
    *,
    catalogue: Catalogue,
    items: Sequence[WantedItem],
    tip: Decimal = ZERO,
    delivery_fee: Decimal = ZERO,
    service_charge: Decimal = ZERO,
) -> PricedOrder:
    """Prices the items from the menu. Deals cost their own price and what the chosen items add to it."""
    pricing = _Pricing(catalogue)
    found = [pricing.item(item, f"items.{number}") for number, item in enumerate(items)]
    lines = tuple(line for line in found if line is not None)
    if not items:
        pricing.problem("empty", "An order needs at least one item.", "items")
    amount = sum((line.total for line in lines), ZERO)
    if sum(line.parts for line in lines) > MOST_PARTS or abs(amount) + tip + delivery_fee + service_charge > LARGEST:
        pricing.problem("too_large", "This is more than one order can hold. Split it into several.", "items")
        return PricedOrder(lines=(), totals=Totals(items=ZERO), problems=tuple(pricing.problems), whole=False)
    if amount < 0 and not pricing.problems:
        pricing.problem("below_zero", "An order cannot cost less than nothing. Add something to it.", "items")
    pricing.problems += short_of(demands=pricing.demands, left=pricing.left)
    return PricedOrder(
        lines=lines,
        totals=Totals(
            items=to_money(amount),
            tip=to_money(tip),
            delivery_fee=to_money(delivery_fee),
            service_charge=to_money(service_charge),
        ),
        problems=tuple(pricing.problems),
        demands=tuple(pricing.demands),
        counted=frozenset(pricing.left),
        whole=bool(lines) and pricing.whole,
    )


def short_of(*, demands: Iterable[Demand], left: Mapping[str, int]) -> Iterator[Problem]:
    """What does not go round, by how many are left of each SKU; said once, where the order first wants too many.

    The POS counts an item whether it is ordered alone or chosen for something else, so we do too.
    """
    wanted: Counter[str] = Counter()
    for demand in demands:
        had_enough = wanted[demand.sku] <= left.get(demand.sku, 0)
        wanted[demand.sku] += demand.number
        if demand.sku in left and had_enough and wanted[demand.sku] > left[demand.sku]:
            yield unavailable(demand.name, attr=demand.attr, left=left[demand.sku])


def unavailable(name: str, *, attr: str, left: int = 0) -> Problem:
    """An item cannot be had, or not so often."""
    if left > 0:
        return Problem("unavailable", f"Only {left} of {name} left.", attr)
    return Problem("unavailable", f"{name} is not available at the moment.", attr)


class _Pricing:
    """One walk over the wishes, which collects what is wrong on its way, and what is wanted of what is counted."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.problems: list[Problem] = []
        self.demands: list[Demand] = []
        self.left: dict[str, int] = {}
        self.whole = True
        self._by_sku = {product.sku: product for product in catalogue.products.values()}

    def problem(self, code: str, detail: str, attr: str) -> None:
        self.problems.append(Problem(code, detail, attr))

    def item(self, item: WantedItem, attr: str) -> PricedLine | None:
        product = self._product(item)
        if product is None:
            self.whole = False
            self.problem("unknown_product", "This is not on the menu.", attr)
            return None
        self._check_quantity(item.quantity, attr)
        self._demand(product, item.quantity, attr)
        return PricedLine(
            kind=_PRODUCT,
            menu_id=product.id,
            sku=product.sku,
            instruction_id="",
            name=product.name,
            quantity=item.quantity,
            unit_price=product.price,
            note=item.note,
            course=item.course,
            choices=self._choices(product.groups, item.modifiers, attr, times=item.quantity),
        )

    def _demand(self, entry: CatalogueProduct | CatalogueModifier, number: int, attr: str) -> None:
        if not entry.available:
            self.problems.append(unavailable(entry.name, attr=attr))
            return
        if not entry.sku:
            return
        self.demands.append(Demand(attr=attr, sku=entry.sku, name=entry.name, number=number))
        if entry.stock is not None:
            self.left[entry.sku] = min(entry.stock, self.left.get(entry.sku, entry.stock))

    def _product(self, item: WantedItem) -> CatalogueProduct | None:
        if not item.product:
            return self._by_sku.get(item.sku)
        id = known_id(item.product)
        found = self.catalogue.product(id=id) if id else None
        return None if found is None or item.sku not in ("", found.sku) else found

    def _choices(
        self, group_ids: Iterable[UUID], wanted: Sequence[WantedModifier], attr: str, *, times: int
    ) -> tuple[PricedLine, ...]:
        groups = [self.catalogue.groups[id] for id in group_ids]
        offered = {modifier.id: (group, modifier) for group in groups for modifier in group.modifiers}
        taken = {group.id: 0 for group in groups}
        lines = []
        for number, wish in enumerate(wanted):
            place = f"{attr}.modifiers.{number}"
            id = known_id(wish.modifier)
            if id is None or id not in offered:
                self.whole = False
                self.problem("not_offered", "This cannot be chosen here.", place)
                continue
            group, modifier = offered[id]
            taken[group.id] += wish.quantity
            lines.append(self._choice(group, modifier, wish, place, times=times))
        for group in groups:
            self._check_number(group, taken[group.id], f"{attr}.modifiers")
        self._check_instructions_are_given_once(lines, f"{attr}.modifiers")
        return tuple(lines)

    def _choice(
        self, group: CatalogueGroup, modifier: CatalogueModifier, wish: WantedModifier, attr: str, *, times: int
    ) -> PricedLine:
        self._check_quantity(wish.quantity, attr)
        self._demand(modifier, times * wish.quantity, attr)
        return PricedLine(
            kind=group.kind,
            menu_id=modifier.id,
            sku=modifier.sku,
            instruction_id=modifier.instruction_id,
            name=modifier.name,
            quantity=wish.quantity,
            unit_price=modifier.price,
            choices=self._choices(modifier.groups, wish.modifiers, attr, times=times * wish.quantity),
        )

    def _check_quantity(self, quantity: int, attr: str) -> None:
        if not 1 <= quantity <= MOST_OF_ONE:
            code = "min_value" if quantity < 1 else "max_value"
            self.problem(code, f"A quantity is between 1 and {MOST_OF_ONE}.", f"{attr}.quantity")

    def _check_number(self, group: CatalogueGroup, number: int, attr: str) -> None:
        if number < group.minimum:
            self.problem("too_few", f"Choose at least {group.minimum} of “{group.name}”; {number} chosen.", attr)
        if group.maximum is not None and number > group.maximum:
            self.problem("too_many", f"Choose at most {group.maximum} of “{group.name}”; {number} chosen.", attr)

    def _check_instructions_are_given_once(self, lines: Sequence[PricedLine], attr: str) -> None:
        # The POS takes an instruction as an id without a number.
        seen: set[UUID] = set()
        for line in lines:
            if line.kind == _INSTRUCTION and (line.quantity > 1 or line.menu_id in seen):
                self.problem("chosen_twice", f"“{line.name}” can be asked for once.", attr)
            seen.add(line.menu_id)
