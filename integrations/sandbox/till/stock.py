"""Sales restrictions: how many of each restricted item are left."""

from collections import Counter
from collections.abc import Iterable

from integrations.sandbox import clock
from integrations.sandbox.api.errors import TillRefusal
from integrations.sandbox.outbox import notifications
from integrations.sandbox.records import Line, Restriction
from integrations.sandbox.state import store
from integrations.sandbox.till import reasons


def restrict(location: int, sku: str, count: int | None) -> None:
    """Restrict an item to `count` more sales; None means sold out."""
    store.restrictions[location, sku] = Restriction(count, clock.now())
    notifications.item_restricted(location, sku)


def release(location: int, sku: str) -> None:
    """Remove an item's restriction."""
    store.restrictions.pop((location, sku), None)
    notifications.item_restricted(location, sku)


def sell(location: int, lines: Iterable[Line]) -> None:
    """Deduct the lines from the counts of restricted items.

    Raises TillRefusal, and deducts nothing, if any item has too few left.
    """
    wanted = _quantities(lines)
    for sku, (name, quantity) in wanted.items():
        restriction = store.restrictions.get((location, sku))
        if restriction and (restriction.count is None or restriction.count < quantity):
            raise TillRefusal(reasons.sold_out(name))
    for sku, (_, quantity) in wanted.items():
        restriction = store.restrictions.get((location, sku))
        if restriction and restriction.count is not None:
            restrict(location, sku, restriction.count - quantity)


def _quantities(lines: Iterable[Line]) -> dict[str, tuple[str, int]]:
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for line in (inner for outer in lines for inner in outer.tree()):
        names.setdefault(line.sku, line.name)
        # Round fractional quantities up.
        counts[line.sku] += -int(-line.quantity // 1)
    return {sku: (names[sku], count) for sku, count in counts.items()}
