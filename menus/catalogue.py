"""The ordered products and choices of a menu, with the modifier groups that they lead to, for pricing."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Q, QuerySet, Subquery, Value

from integrations.pos import OrderType
from menus.models import Menu, Modifier, ModifierGroup, Product
from menus.pricing import PRICING_COLUMNS, entry_price
from menus.stock.deal_availability import Counted
from menus.stock.group_availability import RequiredGroup, entries_short_of_choices
from menus.versions import MenuBusy, version_of
from storekit.db import clock
from storekit.db.compiled_queries import CompiledQuery, Row
from storekit.models import Venue

_TRIES = 5
# More choices than any order has; databases limit how many values a query may take.
_CHOICES_PER_QUERY = 512
_PRICING = len(PRICING_COLUMNS)


@dataclass(frozen=True)
class CatalogueModifier:
    """A choice. An instruction has an `instruction_id`, no SKU and no price; `groups` open when it is chosen.

    `stock` is None if not counted.
    """

    id: uuid.UUID
    sku: str
    instruction_id: str
    name: str
    price: Decimal
    available: bool
    stock: int | None
    groups: tuple[uuid.UUID, ...]
    exact_price: Decimal | None = None
    """Before rounding; None if it is the price. The till rounds each line."""
    custom_price: Decimal | None = None
    """The price that an order has to send for it, set by staff; None if the POS has one."""
    tax_at_till: bool = False


@dataclass(frozen=True)
class CatalogueGroup:
    """A modifier group with the requested ones of its choices.

    `kind` is a `ModifierGroup.Kind`; `maximum` is None if there is no limit.
    """

    id: uuid.UUID
    name: str
    kind: str
    minimum: int
    maximum: int | None
    modifiers: tuple[CatalogueModifier, ...]


@dataclass(frozen=True)
class CatalogueProduct:
    """A product. `kind` is a `Product.Kind`; `groups` are in order; `stock` is None if not counted."""

    id: uuid.UUID
    sku: str
    kind: str
    name: str
    price: Decimal
    available: bool
    stock: int | None
    groups: tuple[uuid.UUID, ...]
    exact_price: Decimal | None = None
    """Before rounding; None if it is the price. The till rounds each line."""
    custom_price: Decimal | None = None
    """The price that an order has to send for it, set by staff; None if the POS has one."""
    tax_at_till: bool = False


Entry = TypeVar("Entry", CatalogueProduct, CatalogueModifier)


@dataclass(frozen=True)
class Catalogue:
    """Products by id, and the groups that they and their choices lead to, all of one menu version.

    `currency` is the one that prices are in.
    """

    version: int
    currency: str
    products: Mapping[uuid.UUID, CatalogueProduct]
    groups: Mapping[uuid.UUID, CatalogueGroup]

    def product(self, *, id: uuid.UUID | None = None, sku: str | None = None) -> CatalogueProduct | None:
        """Return the product with this id or SKU; None if it is not on the menu or was not requested."""
        if id is not None:
            return self.products.get(id)
        return next((product for product in self.products.values() if product.sku == sku), None)


@dataclass(frozen=True)
class _Judged:
    """For when, and by what, it is judged whether an entry is available."""

    at: datetime
    counts_stock: bool

    def is_available(self, sold_out: bool, snoozed_until: datetime | None) -> bool:
        """Return whether an entry is available by its own row. A snooze that is over then does not count."""
        return not (sold_out and self.counts_stock) and (snoozed_until is None or snoozed_until <= self.at)

    def stock(self, left: int | None) -> int | None:
        """Return how many are left for the order; None if that is not counted."""
        return left if self.counts_stock else None


def load(
    *,
    venue: Venue,
    type: OrderType = OrderType.PICKUP,
    ids: Collection[uuid.UUID] = (),
    skus: Collection[str] = (),
    choices: Collection[uuid.UUID] = (),
    wanted_at: datetime | None = None,
    counts_stock: bool = True,
) -> Catalogue:
    """Load these products and choices of the venue's menu, at the prices of an order type.

    Those that are not on the menu, or have an open price, are left out. A snooze counts if it still lasts when the
    order is wanted.

    This takes two queries, however deep the choices are nested, and one more for every further 512 choices. A sync may
    commit between them; every row carries its menu version, so rows of different versions are detected without a lock.

    Args:
        venue: the venue whose menu it is.
        type: the order type, which prices may depend on.
        ids: products by id.
        skus: products by SKU.
        choices: modifiers by id.
        wanted_at: when the order is wanted; None, or a time in the past: now.
        counts_stock: whether the order takes from what the POS has left now. An order that the POS gets on another
            day does not: whatever is sold out today may be had then.

    Raises:
        MenuBusy: the menu kept changing while it was being read.
    """
    now = clock.now()
    judged = _Judged(max(wanted_at or now, now), counts_stock)
    for _ in range(_TRIES):
        rows = _product_rows(venue, ids, skus)
        chosen = _choice_rows(venue, choices) if rows and choices else []
        versions = {row[-1] or 0 for row in (*rows, *chosen)} or {version_of(venue=venue)}
        if len(versions) == 1:
            return _mark_lacking_choices(_catalogue(versions.pop(), venue.currency, rows, chosen, type, judged), judged)
    raise MenuBusy("The menu is being updated. Try again in a moment.")


def _mark_lacking_choices(catalogue: Catalogue, judged: _Judged) -> Catalogue:
    """Return the catalogue with entries marked unavailable if too little is left of what they require.

    Groups nested in a choice only count once it is chosen. The database is queried only for entries whose required
    groups the requested choices may not satisfy, which is rare.
    """
    doubtful = _doubtful_groups(catalogue)
    if not doubtful:
        return catalogue
    everything: list[CatalogueProduct | CatalogueModifier] = [*catalogue.products.values()]
    everything += [choice for group in catalogue.groups.values() for choice in group.modifiers]
    entries = [one for one in everything if not doubtful.isdisjoint(one.groups)]
    lacking = entries_short_of_choices(
        opens={one.id: one.groups for one in entries},
        required={
            id: RequiredGroup(catalogue.groups[id].minimum, catalogue.groups[id].kind)
            for one in entries
            for id in one.groups
            if catalogue.groups[id].minimum
        },
        counted={one.id: Counted(one.sku, one.stock) for one in entries if one.stock is not None},
        now=judged.at,
        counts_stock=judged.counts_stock,
    )
    products = {id: _with_availability(one, lacking) for id, one in catalogue.products.items()}
    groups = {
        id: replace(group, modifiers=tuple(_with_availability(one, lacking) for one in group.modifiers))
        for id, group in catalogue.groups.items()
    }
    return replace(catalogue, products=products, groups=groups)


def _doubtful_groups(catalogue: Catalogue) -> set[uuid.UUID]:
    """Return the required groups that the requested choices do not satisfy by themselves, at any depth.

    Instructions never run out.
    """
    doubtful: set[uuid.UUID] = set()
    groups = catalogue.groups.values()
    required = [group for group in groups if group.minimum and group.kind != ModifierGroup.Kind.INSTRUCTION]
    while True:
        more = {group.id for group in required if group.id not in doubtful and not _is_satisfied(group, doubtful)}
        if not more:
            return doubtful
        doubtful |= more


def _is_satisfied(group: CatalogueGroup, doubtful: AbstractSet[uuid.UUID]) -> bool:
    found = [choice for choice in group.modifiers if choice.available and doubtful.isdisjoint(choice.groups)]
    return len(found) >= group.minimum or any(choice.stock is None for choice in found)


def _with_availability(entry: Entry, lacking: AbstractSet[uuid.UUID]) -> Entry:
    return replace(entry, available=entry.available and entry.id not in lacking)


def _catalogue(
    version: int, currency: str, product_rows: list[Row], choice_rows: list[Row], type: OrderType, judged: _Judged
) -> Catalogue:
    group_rows: dict[uuid.UUID, Row] = {}
    choices = _choices(choice_rows, group_rows, type, currency, judged)
    products = _products(product_rows, group_rows, type, currency, judged)
    groups: dict[uuid.UUID, CatalogueGroup] = {}
    # Start from the venue's products. Choices they do not lead to belong to another venue or another product.
    waiting = [id for product in products.values() for id in product.groups]
    while waiting:
        id = waiting.pop()
        if id not in groups:
            _, name, kind, minimum, maximum = group_rows[id]
            groups[id] = CatalogueGroup(id, name, kind, minimum, maximum, tuple(choices.get(id, ())))
            waiting += [opened for choice in groups[id].modifiers for opened in choice.groups]
    return Catalogue(version=version, currency=currency, products=products, groups=groups)


def _products(
    rows: list[Row], group_rows: dict[uuid.UUID, Row], type: OrderType, currency: str, judged: _Judged
) -> dict[uuid.UUID, CatalogueProduct]:
    product_groups = _groups_by_entry(rows, group_rows)
    found: dict[uuid.UUID, CatalogueProduct] = {}
    for id, sku, kind, name, sold_out, snoozed_until, stock, *rest in rows:
        price = entry_price(type, currency, *rest[:_PRICING])
        if price is not None:
            available, groups = judged.is_available(sold_out, snoozed_until), tuple(product_groups[id])
            found[id] = CatalogueProduct(
                *(id, sku, kind, name, price.price, available, judged.stock(stock), groups),
                *(price.exact, price.custom, price.tax_at_till),
            )
    return found


def _choices(
    rows: list[Row], group_rows: dict[uuid.UUID, Row], type: OrderType, currency: str, judged: _Judged
) -> dict[uuid.UUID, list[CatalogueModifier]]:
    """Return the choices by their group."""
    opened = _groups_by_entry(rows, group_rows)
    found: dict[uuid.UUID, dict[uuid.UUID, CatalogueModifier]] = defaultdict(dict)
    for id, sku, instruction_id, name, sold_out, snoozed_until, stock, group_id, *rest in rows:
        price = entry_price(type, currency, *rest[:_PRICING])
        if price is not None:
            available, groups = judged.is_available(sold_out, snoozed_until), tuple(opened[id])
            found[group_id][id] = CatalogueModifier(
                *(id, sku, instruction_id, name, price.price, available, judged.stock(stock), groups),
                *(price.exact, price.custom, price.tax_at_till),
            )
    return {group_id: list(choices.values()) for group_id, choices in found.items()}


def _groups_by_entry(rows: Iterable[Row], group_rows: dict[uuid.UUID, Row]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return the ids of the groups of each row's product or choice, and add those groups to `group_rows`."""
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for id, *_, group_id, name, kind, minimum, maximum, archived_at, _ in rows:
        if group_id and archived_at is None:
            found[id].append(group_id)
            group_rows[group_id] = (group_id, name, kind, minimum, maximum)
    return found


# --- Rows ------------------------------------------------------------------------------------------------------------

# One row per group of an entry, or one without a group; the version comes last.
_GROUP = (
    *("group_links__group_id", "group_links__group__name", "group_links__group__kind"),
    *("group_links__group__minimum", "group_links__group__maximum", "group_links__group__archived_at"),
)


def _version(venue: list[Value]) -> Subquery:
    return Subquery(Menu.objects.filter(venue=venue[0]).values("version")[:1])


def _product_query(*, venue: list[Value], ids: list[Any], skus: list[Any]) -> QuerySet[Product, Any]:
    named = Q(pk__in=ids) if not skus else Q(sku__in=skus) if not ids else Q(pk__in=ids) | Q(sku__in=skus)
    columns = ("id", "sku", "kind", "name", "sold_out", "snoozed_until", "stock", *PRICING_COLUMNS)
    return (
        Product.objects.filter(named, venue=venue[0], archived_at=None)
        .order_by("group_links__position")
        .values_list(*columns, *_GROUP, _version(venue))
    )


def _choice_query(*, venue: list[Value], choices: list[Any]) -> QuerySet[Modifier, Any]:
    stock = ("sold_out", "snoozed_until", "stock")
    columns = ("id", "sku", "instruction_id", "name", *stock, "group_id", *PRICING_COLUMNS)
    return (
        Modifier.objects.filter(pk__in=choices, archived_at=None)
        .order_by("group_links__position")
        .values_list(*columns, *_GROUP, _version(venue))
    )


_PRODUCTS = CompiledQuery(_product_query)
_CHOICES = CompiledQuery(_choice_query)


def _product_rows(venue: Venue, ids: Collection[uuid.UUID], skus: Collection[str]) -> list[Row]:
    return _PRODUCTS.rows(venue=[venue.pk], ids=[*ids], skus=[*skus]) if ids or skus else []


def _choice_rows(venue: Venue, choices: Collection[uuid.UUID]) -> list[Row]:
    wanted = [*choices]
    slices = [wanted[first : first + _CHOICES_PER_QUERY] for first in range(0, len(wanted), _CHOICES_PER_QUERY)]
    return [row for some in slices for row in _CHOICES.rows(venue=[venue.pk], choices=some)]
