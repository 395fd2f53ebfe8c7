"""What can be ordered: chosen products with every question they lead to, as plain values for pricing."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from menus.models import Modifier, ModifierGroup, NestedModifierGroup, Product, ProductModifierGroup
from menus.orderable import Question, unorderable
from menus.versions import read_one_version
from storekit.models import Venue


@dataclass(frozen=True)
class CatalogueModifier:
    """One choice. An instruction has an `instruction_id`, no SKU and no price; `groups` open when it is chosen."""

    id: uuid.UUID
    sku: str
    instruction_id: str
    name: str
    price: Decimal
    available: bool
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
    """Something a guest can order. `kind` as in `Product.Kind`; `groups` are asked in this order."""

    id: uuid.UUID
    sku: str
    kind: str
    name: str
    price: Decimal
    available: bool
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

    The number of queries is the same however many products are asked for and however deep their questions go.

    Raises:
        MenuBusy: when the menu kept changing while it was read.
    """
    version, (products, groups) = read_one_version(venue=venue, read=lambda: _load(venue, ids, skus))
    return _without_what_needs_more(Catalogue(version=version, products=products, groups=groups))


def _without_what_needs_more(catalogue: Catalogue) -> Catalogue:
    """The same, without what cannot be ordered because a group that it requires has too little left."""
    choices = [choice for group in catalogue.groups.values() for choice in group.modifiers]
    entries: list[CatalogueProduct | CatalogueModifier] = [*catalogue.products.values(), *choices]
    gone = unorderable(
        gone=[one.id for one in entries if not one.available],
        opens={one.id: one.groups for one in entries},
        questions={
            group.id: Question(group.minimum, [one.id for one in group.modifiers])
            for group in catalogue.groups.values()
        },
    )
    products = {one.id: replace(one, available=one.id not in gone) for one in catalogue.products.values()}
    groups = {
        group.id: replace(group, modifiers=tuple(replace(one, available=one.id not in gone) for one in group.modifiers))
        for group in catalogue.groups.values()
    }
    return replace(catalogue, products=products, groups=groups)


_Loaded = tuple[dict[uuid.UUID, CatalogueProduct], dict[uuid.UUID, CatalogueGroup]]


def _load(venue: Venue, ids: Collection[uuid.UUID], skus: Collection[str]) -> _Loaded:
    rows = list(
        Product.objects.filter(Q(pk__in=ids) | Q(sku__in=skus), venue=venue, archived_at=None)
        .order_by()
        .values_list("id", "sku", "kind", "name", "price", "sold_out", "snoozed_until")
    )
    if not rows:
        return {}, {}
    now = timezone.now()
    groups = _groups_below([row[0] for row in rows], now)
    links = ProductModifierGroup.objects.filter(product__in=[row[0] for row in rows]).order_by("position")
    asked = _grouped(links.values_list("product_id", "group_id"), known=groups)
    products = {
        id: CatalogueProduct(id, sku, kind, name, price, _awake(sold_out, snoozed_until, now), tuple(asked[id]))
        for id, sku, kind, name, price, sold_out, snoozed_until in rows
    }
    return products, groups


def _groups_below(product_ids: list[uuid.UUID], now: datetime) -> dict[uuid.UUID, CatalogueGroup]:
    reachable = ModifierGroup.objects.filter(pk__in=_reachable(product_ids), archived_at=None).order_by()
    rows = list(reachable.values_list("id", "name", "kind", "minimum", "maximum"))
    ids = {row[0] for row in rows}
    nested = NestedModifierGroup.objects.filter(modifier__group__in=ids).order_by("position")
    opened = _grouped(nested.values_list("modifier_id", "group_id"), known=ids)
    modifiers: dict[uuid.UUID, list[CatalogueModifier]] = defaultdict(list)
    for group_id, id, sku, instruction_id, name, price, sold_out, snoozed_until in (
        Modifier.objects.filter(group__in=ids, archived_at=None)
        .order_by("position")
        .values_list("group_id", "id", "sku", "instruction_id", "name", "price", "sold_out", "snoozed_until")
    ):
        modifiers[group_id].append(
            CatalogueModifier(
                id, sku, instruction_id, name, price, _awake(sold_out, snoozed_until, now), tuple(opened[id])
            )
        )
    return {
        id: CatalogueGroup(id, name, kind, minimum, maximum, modifiers=tuple(modifiers[id]))
        for id, name, kind, minimum, maximum in rows
    }


def _awake(sold_out: bool, snoozed_until: datetime | None, now: datetime) -> bool:
    """Whether it can be ordered. A snooze whose time is over is, also before anybody has ended it."""
    return not sold_out and (snoozed_until is None or snoozed_until <= now)


def _grouped(
    pairs: Iterable[tuple[uuid.UUID, uuid.UUID]], *, known: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[uuid.UUID]]:
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for owner, member in pairs:
        if member in known:
            found[owner].append(member)
    return found


# UNION drops what was seen before, so questions that lead back to themselves come to an end.
_REACHABLE = """
    WITH RECURSIVE reachable(group_id) AS (
        SELECT group_id FROM menus_productmodifiergroup WHERE product_id IN ({products})
        UNION
        SELECT link.group_id
        FROM reachable
        JOIN menus_modifier AS modifier ON modifier.group_id = reachable.group_id AND modifier.archived_at IS NULL
        JOIN menus_nestedmodifiergroup AS link ON link.modifier_id = modifier.id
    )
    SELECT group_id FROM reachable
"""


def _reachable(product_ids: list[uuid.UUID]) -> RawSQL:
    key = Product._meta.pk
    params: list[Any] = [key.get_db_prep_value(id, connection) for id in product_ids]
    return RawSQL(_REACHABLE.format(products=", ".join(["%s"] * len(params))), params)  # noqa: S611  # placeholders only
