"""Ask the POS for the stock levels of many items, for syncs and reconciliations."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial

from integrations.connect.pos_warnings import record_pos_warnings
from integrations.pos import Availability, ItemUpdate, MenuSnapshot, PointOfSale, Throttled, Unreachable
from menus.models import Modifier, Product
from menus.stock.levels import to_update, unrestricted_update
from storekit.models import Venue

# Items per call. The time budget is checked between calls.
_BATCH_SIZE = 50
# Enough for 5,000 items at a second a call.
_BUDGET_SECONDS = 110.0
_MAX_PAUSE = timedelta(seconds=15)


def skus_on_menu(*, venue: Venue) -> list[str]:
    """Return the SKUs of all items on the venue's menu, products and choices, sorted."""
    products = Product.objects.filter(venue=venue, archived_at=None).values_list("sku", flat=True)
    choices = Modifier.objects.filter(group__venue=venue, archived_at=None).exclude(sku="")
    return sorted({*products, *choices.values_list("sku", flat=True)})


def skus_in(snapshot: MenuSnapshot) -> set[str]:
    """Return the SKUs of all items of a menu that the POS has published, products and choices."""
    choices = {one.sku for group in snapshot.groups for one in group.modifiers if one.sku}
    return choices | {one.sku for one in snapshot.products}


def ask_levels(*, venue: Venue, pos: PointOfSale, skus: Sequence[str]) -> tuple[ItemUpdate, ...]:
    """Return an update for each of the items; one that the POS leaves out of its answer is not restricted.

    The POS's warnings are recorded on the connection. Takes two minutes at most.

    Raises:
        PosError: the POS could not be asked about every item, or was too slow.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    updates: list[ItemUpdate] = []
    warnings: dict[str, None] = {}
    for first in range(0, len(skus), _BATCH_SIZE):
        if time.monotonic() > deadline:
            raise Unreachable("The POS is too slow at the moment to compare every item.")
        batch = skus[first : first + _BATCH_SIZE]
        answer = _retry_if_throttled(partial(pos.availability_of, batch))
        updates += _levels(batch, answer)
        warnings |= dict.fromkeys(answer.warnings)
    if skus:
        record_pos_warnings(venue=venue, warnings=tuple(warnings))
    return tuple(updates)


def _levels(skus: Sequence[str], answer: Availability) -> Iterable[ItemUpdate]:
    found = {one.sku: one for one in answer.restrictions}
    return (to_update(found[sku]) if sku in found else unrestricted_update(sku) for sku in skus)


def _retry_if_throttled(call: Callable[[], Availability]) -> Availability:
    """Call again once after a short pause if the POS demands one: thousands of items take many calls in a row."""
    try:
        return call()
    except Throttled as error:
        if error.retry_after is None or error.retry_after > _MAX_PAUSE:
            raise
        time.sleep(error.retry_after.total_seconds())
        return call()
