"""What can be ordered: chosen products with every question they lead to, as plain values for pricing."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import FilteredRelation, Q, Subquery
from django.db.models.expressions import RawSQL

from menus.models import Menu, ModifierGroup, Product
from menus.versions import MenuBusy, version_of
from storekit.models import Venue

_TRIES = 5


@dataclass(frozen=True)
class CatalogueModifier:
    """One choice. An instruction has an `instruction_id`, no SKU and no price; `groups` open when it is chosen.

    `stock` None: not counted.
    """

    id: uuid.UUID
    sku: str
    instruction_id: str
    name: str
    price: Decimal
    available: bool
    stock: int | None
    groups: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class CatalogueGroup:
    """A question with its choices, in order. `kind` as in `ModifierGroup.Kind`; `maximum` None: no limit."""

    id: uuid.UUID
    name: str
    kind: str
    minimum: int
    maximum: int | None
    modifiers: tuple[CatalogueModifier, ...]


@dataclass(frozen=True)
class CatalogueProduct:
    """Something a guest can order. `kind` as in `Product.Kind`; `groups` are asked in this order. `stock` as above."""

    id: uuid.UUID
    sku: str
    kind: str
    name: str
    price: Decimal
    available: bool
    stock: int | None
    groups: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class Catalogue:
    """Products by id, and the groups that they lead to at any depth, all of one menu version."""

    version: int
    products: Mapping[uuid.UUID, CatalogueProduct]
    groups: Mapping[uuid.UUID, CatalogueGroup]

    def product(self, *, id: uuid.UUID | None = None, sku: str | None = None) -> CatalogueProduct | None:
        """The product with this id or SKU; None when it is not on the menu or was not asked for."""
        if id is not None:
            return self.products.get(id)
        return next((product for product in self.products.values() if product.sku == sku), None)


def load(*, venue: Venue, ids: Collection[uuid.UUID] = (), skus: Collection[str] = ()) -> Catalogue:
    """Loads the named products of the venue's menu; names that are not on it are left out.

    Two queries, however many products are asked for and however deep their questions go. A sync may commit between
    them. Each says of which version its rows are, so that what belongs together is known without a lock.

    Raises:
        MenuBusy: when the menu kept changing while it was read.
    """
    for _ in range(_TRIES):
        version, products, asked = _products(venue, ids, skus)
        group_ids = {id for ids in asked.values() for id in ids}
        same_version, groups = _groups_from(venue, group_ids) if group_ids else (version, {})
        if same_version == version:
            return Catalogue(version=version, products=_with_groups(products, asked, groups), groups=groups)
    raise MenuBusy("The menu is changing at this moment.")


_Ids = dict[uuid.UUID, list[uuid.UUID]]


def _products(
    venue: Venue, ids: Collection[uuid.UUID], skus: Collection[str]
) -> tuple[int, list[CatalogueProduct], _Ids]:
    """The menu's version, the products without their groups, and the groups' ids by product, in order."""
    rows = list(
        Product.objects.filter(Q(pk__in=ids) | Q(sku__in=skus), venue=venue, archived_at=None)
        .order_by("group_links__position")
        .values_list(
            "id", "sku", "kind", "name", "price", "sold_out", "stock", "group_links__group_id", _version(venue)
        )
    )
    if not rows:
        return version_of(venue=venue), [], {}
    products: dict[uuid.UUID, CatalogueProduct] = {}
    asked: _Ids = defaultdict(list)
    for id, sku, kind, name, price, sold_out, stock, group_id, _ in rows:
        if id not in products:
            products[id] = CatalogueProduct(id, sku, kind, name, price, not sold_out, stock, groups=())
        if group_id:
            asked[id].append(group_id)
    return rows[0][-1] or 0, list(products.values()), asked


def _with_groups(
    products: list[CatalogueProduct], asked: _Ids, groups: Collection[uuid.UUID]
) -> dict[uuid.UUID, CatalogueProduct]:
    return {
        one.id: replace(one, groups=tuple(id for id in asked[one.id] if id in groups)) if one.id in asked else one
        for one in products
    }


def _groups_from(venue: Venue, first: Collection[uuid.UUID]) -> tuple[int, dict[uuid.UUID, CatalogueGroup]]:
    """The menu's version, and these groups with all that their choices open."""
    rows = list(
        ModifierGroup.objects.filter(pk__in=_reachable(first), archived_at=None)
        .annotate(live=FilteredRelation("modifiers", condition=Q(modifiers__archived_at=None)))
        .order_by("live__position", "live__group_links__position")
        .values_list(
            *("id", "name", "kind", "minimum", "maximum"),
            *("live__id", "live__sku", "live__instruction_id", "live__name", "live__price"),
            *("live__sold_out", "live__stock", "live__group_links__group_id"),
            _version(venue),
        )
    )
    questions = {row[0]: row[:5] for row in rows}
    choices: dict[uuid.UUID, dict[uuid.UUID, tuple[Any, ...]]] = defaultdict(dict)
    opened: _Ids = defaultdict(list)
    for group_id, _, _, _, _, id, *columns, opens, _ in rows:
        if id:
            choices[group_id][id] = tuple(columns)
        if opens in questions:
            opened[id].append(opens)
    groups = {
        id: CatalogueGroup(
            id=id,
            name=name,
            kind=kind,
            minimum=minimum,
            maximum=maximum,
            modifiers=tuple(_modifier(one, columns, opened[one]) for one, columns in choices[id].items()),
        )
        for id, name, kind, minimum, maximum in questions.values()
    }
    return (rows[0][-1] or 0) if rows else version_of(venue=venue), groups


def _modifier(id: uuid.UUID, columns: tuple[Any, ...], opens: Iterable[uuid.UUID]) -> CatalogueModifier:
    sku, instruction_id, name, price, sold_out, stock = columns
    return CatalogueModifier(id, sku, instruction_id, name, price, not sold_out, stock, tuple(opens))


def _version(venue: Venue) -> Subquery:
    return Subquery(Menu.objects.filter(venue=venue).values("version")[:1])


# UNION drops what was seen before, so questions that lead back to themselves come to an end.
_REACHABLE = """
    WITH RECURSIVE reachable(group_id) AS (
        SELECT id FROM menus_modifiergroup WHERE id IN ({first})
        UNION
        SELECT link.group_id
        FROM reachable
        JOIN menus_modifier AS modifier ON modifier.group_id = reachable.group_id AND modifier.archived_at IS NULL
        JOIN menus_nestedmodifiergroup AS link ON link.modifier_id = modifier.id
    )
    SELECT group_id FROM reachable
"""


def _reachable(first: Collection[uuid.UUID]) -> RawSQL:
    key = ModifierGroup._meta.pk
    params: list[Any] = [key.get_db_prep_value(id, connection) for id in first]
    return RawSQL(_REACHABLE.format(first=", ".join(["%s"] * len(params))), params)  # noqa: S611  # placeholders only
