"""What is running out or sold out, as columns of products and choices."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from integrations.pos import Restriction
from menus.bulk import update_rows
from menus.models import Modifier, Product
from storekit.models import Venue


def write_stock(*, venue: Venue, restrictions: Collection[Restriction]) -> int:
    """Makes the venue's products and choices available as the POS has them now, and returns how many that changes.

    To be called in the transaction that raises the menu's version. The number of queries does not depend on the menu.
    """
    by_sku = {one.sku: one for one in restrictions}
    products = Product.objects.filter(venue=venue, archived_at=None)
    modifiers = Modifier.objects.filter(group__venue=venue, archived_at=None).exclude(sku="")
    return _write(Product, products, by_sku) + _write(Modifier, modifiers, by_sku)


def _write(model: type[Product | Modifier], rows: QuerySet[Any, Any], restricted: Mapping[str, Restriction]) -> int:
    concerned = Q(stock__isnull=False) | Q(sold_out=True) | Q(sku__in=list(restricted))
    changes = []
    for id, sku, *before in rows.filter(concerned).order_by().values_list("id", "sku", "stock", "sold_out"):
        after = _columns(restricted.get(sku))
        if after != before:
            changes.append((id, *after))
    update_rows(model, columns=["stock", "sold_out"], rows=changes)
    return len(changes)


def _columns(restriction: Restriction | None) -> list[Any]:
    if restriction is None:
        return [None, False]
    return [None if restriction.left is None else max(restriction.left, 0), restriction.sold_out]
