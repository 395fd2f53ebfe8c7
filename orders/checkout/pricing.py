"""Price a basket from the menu and find every problem with it at once. Pure: a catalogue and items in, lines out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from menus.catalogue import Catalogue, CatalogueGroup, CatalogueModifier, CatalogueProduct
from orders.checkout.problems import Problem
from orders.checkout.requests import RequestedItem, RequestedModifier, parse_uuid
from orders.checkout.shares import ZERO
from orders.models import OrderLine
from storekit.money import LARGEST_AMOUNT, round_money

MAX_QUANTITY = 99
MAX_POS_LINES = 1000
_PRODUCT = OrderLine.Kind.PRODUCT.value
_INSTRUCTION = OrderLine.Kind.INSTRUCTION.value


@dataclass(frozen=True)
class PricedLine:
    """A product or, below it, a choice. The `quantity` of a choice is per one of the line above it."""

    kind: str
    menu_id: UUID
    sku: str
    instruction_id: str
    name: str
    quantity: int
    unit_price: Decimal
    currency: str
    note: str = ""
    course: int | None = None
    choices: tuple["PricedLine", ...] = ()
    exact_price: Decimal | None = None
    """The price of one before rounding, tax included; None if it is the price. The till rounds each line it gets."""
    custom_price: Decimal | None = None
    """The price that the order sends for one, because only we know it; None if the POS knows it."""
    tax_at_till: bool = False
    """Only the POS knows for certain what the guest pays."""

    @property
    def total_of_one(self) -> Decimal:
        """The price of one, including all its choices."""
        return self.unit_price + sum((choice.total for choice in self.choices), ZERO)

    @property
    def total(self) -> Decimal:
        """The price of the whole line, including all its choices, rounded as often as it is sent to the POS."""
        if self.exact_price is not None and not self.is_sent_one_by_one:
            return round_money(self.quantity * self.exact_price, self.currency)
        return self.quantity * self.total_of_one

    @property
    def is_sent_one_by_one(self) -> bool:
        """Whether the POS gets a line for each one, because it has choices other than instructions."""
        return any(choice.kind != _INSTRUCTION for choice in self.choices)

    @property
    def pos_lines(self) -> int:
        """The number of lines sent to the POS for it: a line with choices is sent one at a time."""
        below = [choice.pos_lines for choice in self.choices if choice.kind != _INSTRUCTION]
        return self.quantity * (1 + sum(below)) if below else 1


@dataclass(frozen=True)
class Totals:
    """The amounts that the guest pays."""

    items: Decimal
    tip: Decimal = ZERO
    discount: Decimal = ZERO
    delivery_fee: Decimal = ZERO
    service_charge: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """The amount to pay: items less discount, plus fees and tip."""
        return self.items - self.discount + self.delivery_fee + self.service_charge + self.tip


@dataclass(frozen=True)
class Demand:
    """The quantity of one SKU needed at one place (`attr`) of the order. Instructions have no SKU and no demand."""

    attr: str
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True)
class PricedOrder:
    """The lines that could be priced, their totals, and the problems found. Only an order without problems is taken.

    `complete` says whether the lines are everything that was ordered, so that their total is meaningful.
    """

    lines: tuple[PricedLine, ...]
    totals: Totals
    problems: tuple[Problem, ...]
    demands: tuple[Demand, ...] = ()
    limited: frozenset[str] = frozenset()
    """SKUs with limited stock."""
    complete: bool = True


def price(
    *,
    catalogue: Catalogue,
    items: Sequence[RequestedItem],
    tip: Decimal = ZERO,
    delivery_fee: Decimal = ZERO,
    service_charge: Decimal = ZERO,
) -> PricedOrder:
    """Price the items from the menu. A deal costs its own price plus the supplements of the items chosen in it.

    Every amount is rounded as the till rounds the venue's currency, and so is their total.
    """
    pricing = _Pricing(catalogue)
    found = [pricing.price_item(item, f"items.{index}") for index, item in enumerate(items)]
    lines = tuple(line for line in found if line is not None)
    if not items:
        pricing.add_problem("empty", "Add at least one item to the order.", "items")
    amount = sum((line.total for line in lines), ZERO)
    largest = abs(amount) + tip + delivery_fee + service_charge
    if sum(line.pos_lines for line in lines) > MAX_POS_LINES or largest > LARGEST_AMOUNT:
        return too_large(pricing.problems)
    if amount < 0 and not pricing.problems:
        pricing.add_problem("below_zero", "The items must not total less than zero. Add something else.", "items")
    pricing.problems += shortage_problems(demands=pricing.demands, left=pricing.left)
    return PricedOrder(
        lines=lines,
        totals=Totals(
            items=round_money(amount, catalogue.currency),
            tip=round_money(tip, catalogue.currency),
            delivery_fee=round_money(delivery_fee, catalogue.currency),
            service_charge=round_money(service_charge, catalogue.currency),
        ),
        problems=tuple(pricing.problems),
        demands=tuple(pricing.demands),
        limited=frozenset(pricing.left),
        complete=bool(lines) and pricing.complete,
    )


def too_large(problems: Iterable[Problem] = ()) -> PricedOrder:
    """Return an order that is not priced, because it is too large for tills or for money columns."""
    problem = Problem("too_large", "This is too large for one order. Split it into several.", "items")
    return PricedOrder(lines=(), totals=Totals(items=ZERO), problems=(*problems, problem), complete=False)


def shortage_problems(*, demands: Iterable[Demand], left: Mapping[str, int]) -> Iterator[Problem]:
    """Yield one problem for each SKU that is short of stock, at the first line that exceeds it.

    An item counts the same whether it is ordered alone or chosen as part of another, because the POS counts it so.
    """
    ordered: Counter[str] = Counter()
    for demand in demands:
        had_enough = ordered[demand.sku] <= left.get(demand.sku, 0)
        ordered[demand.sku] += demand.quantity
        if demand.sku in left and had_enough and ordered[demand.sku] > left[demand.sku]:
            yield unavailable_problem(demand.name, attr=demand.attr, left=left[demand.sku])


def unavailable_problem(name: str, *, attr: str, left: int = 0) -> Problem:
    """Return the problem of an item that is sold out, or of which only `left` are left."""
    if left > 0:
        return Problem("unavailable", f"Only {left} of {name} left.", attr)
    return Problem("unavailable", f"{name} is not available at the moment.", attr)


class _Pricing:
    """One walk over the items. It collects the problems, the demands, and how many are left of each limited SKU."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.problems: list[Problem] = []
        self.demands: list[Demand] = []
        self.left: dict[str, int] = {}
        self.complete = True
        self._by_sku = {product.sku: product for product in catalogue.products.values()}

    def add_problem(self, code: str, detail: str, attr: str) -> None:
        self.problems.append(Problem(code, detail, attr))

    def price_item(self, item: RequestedItem, attr: str) -> PricedLine | None:
        product = self._product(item)
        if product is None:
            self.complete = False
            self.add_problem("unknown_product", "This is not on the menu.", attr)
            return None
        self._check_quantity(item.quantity, attr)
        self._add_demand(product, item.quantity, attr)
        return PricedLine(
            kind=_PRODUCT,
            menu_id=product.id,
            sku=product.sku,
            instruction_id="",
            name=product.name,
            quantity=item.quantity,
            currency=self.catalogue.currency,
            unit_price=round_money(product.price, self.catalogue.currency),
            exact_price=product.exact_price,
            custom_price=product.custom_price,
            tax_at_till=product.tax_at_till,
            note=item.note,
            course=item.course,
            choices=self._price_choices(product.groups, item.modifiers, attr, times=item.quantity),
        )

    def _product(self, item: RequestedItem) -> CatalogueProduct | None:
        if not item.product:
            return self._by_sku.get(item.sku)
        id = parse_uuid(item.product)
        found = self.catalogue.product(id=id) if id else None
        return None if found is None or item.sku not in ("", found.sku) else found

    def _add_demand(self, entry: CatalogueProduct | CatalogueModifier, quantity: int, attr: str) -> None:
        if not entry.available:
            self.problems.append(unavailable_problem(entry.name, attr=attr))
            return
        if not entry.sku:
            return
        self.demands.append(Demand(attr=attr, sku=entry.sku, name=entry.name, quantity=quantity))
        if entry.stock is not None:
            self.left[entry.sku] = min(entry.stock, self.left.get(entry.sku, entry.stock))

    def _price_choices(
        self, group_ids: Iterable[UUID], modifiers: Sequence[RequestedModifier], attr: str, *, times: int
    ) -> tuple[PricedLine, ...]:
        groups = [self.catalogue.groups[id] for id in group_ids]
        offered = {modifier.id: (group, modifier) for group in groups for modifier in group.modifiers}
        chosen = {group.id: 0 for group in groups}
        lines = []
        for index, requested in enumerate(modifiers):
            place = f"{attr}.modifiers.{index}"
            id = parse_uuid(requested.modifier)
            if id is None or id not in offered:
                self.complete = False
                self.add_problem("not_offered", "This choice is not available here.", place)
                continue
            group, modifier = offered[id]
            chosen[group.id] += requested.quantity
            lines.append(self._price_choice(group, modifier, requested, place, times=times))
        for group in groups:
            self._check_number_chosen(group, chosen[group.id], f"{attr}.modifiers")
        self._check_instructions_are_given_once(lines, f"{attr}.modifiers")
        return tuple(lines)

    def _price_choice(
        self, group: CatalogueGroup, modifier: CatalogueModifier, requested: RequestedModifier, attr: str, *, times: int
    ) -> PricedLine:
        self._check_quantity(requested.quantity, attr)
        self._add_demand(modifier, times * requested.quantity, attr)
        return PricedLine(
            kind=group.kind,
            menu_id=modifier.id,
            sku=modifier.sku,
            instruction_id=modifier.instruction_id,
            name=modifier.name,
            quantity=requested.quantity,
            currency=self.catalogue.currency,
            unit_price=round_money(modifier.price, self.catalogue.currency),
            exact_price=modifier.exact_price,
            custom_price=modifier.custom_price,
            tax_at_till=modifier.tax_at_till,
            choices=self._price_choices(modifier.groups, requested.modifiers, attr, times=times * requested.quantity),
        )

    def _check_quantity(self, quantity: int, attr: str) -> None:
        if not 1 <= quantity <= MAX_QUANTITY:
            code = "min_value" if quantity < 1 else "max_value"
            self.add_problem(code, f"Choose a quantity between 1 and {MAX_QUANTITY}.", f"{attr}.quantity")

    def _check_number_chosen(self, group: CatalogueGroup, number: int, attr: str) -> None:
        if number < group.minimum:
            self.add_problem("too_few", f"Choose at least {group.minimum} of “{group.name}”; {number} chosen.", attr)
        if group.maximum is not None and number > group.maximum:
            self.add_problem("too_many", f"Choose at most {group.maximum} of “{group.name}”; {number} chosen.", attr)

    def _check_instructions_are_given_once(self, lines: Sequence[PricedLine], attr: str) -> None:
        # The POS takes an instruction as an id without a quantity.
        seen: set[UUID] = set()
        for line in lines:
            if line.kind == _INSTRUCTION and (line.quantity > 1 or line.menu_id in seen):
                self.add_problem("chosen_twice", f"Choose “{line.name}” only once.", attr)
            seen.add(line.menu_id)
