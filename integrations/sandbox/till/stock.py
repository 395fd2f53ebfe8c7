"""Restricted items: how often each may still be sold."""

from collections import Counter
from collections.abc import Iterable

from integrations.sandbox import clock
from integrations.sandbox.api.errors import TillRefusal
from integrations.sandbox.records import Line, Restriction
from integrations.sandbox.state import store
from integrations.sandbox.webhooks_out import notifications


def restrict(location: int, sku: str, count: int | None) -> None:
    """Let an item be sold `count` more times; None is not at all."""
    store.restrictions[location, sku] = Restriction(count, clock.now())
    notifications.item_restricted(location, sku)


def release(location: int, sku: str) -> None:
    """Let an item be sold without limit again."""
    store.restrictions.pop((location, sku), None)
    notifications.item_restricted(location, sku)


def sell(location: int, lines: Iterable[Line]) -> None:
    """Take what is sold off the counts of restricted items, or refuse all of it when one does not go round."""
    wanted = _quantities(lines)
    for sku, (name, quantity) in wanted.items():
        restriction = store.restrictions.get((location, sku))
        if restriction and (restriction.count is None or restriction.count < quantity):
            raise TillRefusal(f"Could not add item {name} (restricted)")
    for sku, (_, quantity) in wanted.items():
        restriction = store.restrictions.get((location, sku))
        if restriction and restriction.count is not None:
            restrict(location, sku, restriction.count - quantity)


def _quantities(lines: Iterable[Line]) -> dict[str, tuple[str, int]]:
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    waiting = list(lines)
    while waiting:
        line = waiting.pop()
        names.setdefault(line.sku, line.name)
        # Half a portion uses up a whole one.
        counts[line.sku] += -int(-line.quantity // 1)
        waiting.extend(line.children)
    return {sku: (names[sku], count) for sku, count in counts.items()}
