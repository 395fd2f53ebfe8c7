"""Decide whether the counted portions that are left suffice for what a product or choice needs. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

# Where counted items nest so much that more ways must be tried, the entry is shown: the basket counts what is chosen.
_MOST_TRIES = 500


@dataclass(frozen=True)
class Needs:
    """The required groups that only counted items can satisfy, with what is left of these.

    `minimum` is by group. `offers` has the choices of each that could be had if there were enough of everything, and
    `opens`, by product or choice, those of the groups that it opens in turn.
    """

    minimum: Mapping[UUID, int]
    offers: Mapping[UUID, Sequence[UUID]]
    opens: Mapping[UUID, Sequence[UUID]]
    sku_of: Mapping[UUID, str]
    """Of counted products and choices. All others never run out."""
    left: Mapping[str, int]
    """By SKU."""


def portions_suffice(*, entry: UUID, needs: Needs) -> bool:
    """Return whether one of a product or choice can be ordered with all that it requires.

    Each portion is taken once, however many groups offer its item; the entry itself takes one if it is counted. A
    choice that opens a group which it is in itself counts for nothing there.
    """
    search = _Search(needs, entry)
    left = dict(search.left)
    if sku := needs.sku_of.get(entry):
        left[sku] -= 1
        if left[sku] < 0:
            return False
    return search.finds(Counter({group: needs.minimum[group] for group in needs.opens.get(entry, ())}), left)


class _Search:
    """The ways to satisfy an entry's groups. Only choices that open groups in turn make more than one to try."""

    def __init__(self, needs: Needs, entry: UUID) -> None:
        self._needs = needs
        self._tries = 0
        groups = list(_opened_first(needs, entry))[::-1]
        position = {group: index for index, group in enumerate(groups)}
        nested = [(group, choice) for group in groups for choice in needs.offers[group] if needs.opens.get(choice)]
        # In this order, the entry that opens a group is decided on before the choices in it.
        self._nested = [
            (group, choice)
            for group, choice in nested
            if all(position[opened] > position[group] for opened in needs.opens[choice])
        ]
        self._counted = {
            group: {needs.sku_of[choice] for choice in needs.offers[group] if not needs.opens.get(choice)}
            for group in groups
        }
        entries = [entry, *(choice for group in groups for choice in needs.offers[group])]
        self.left = {needs.sku_of[one]: needs.left[needs.sku_of[one]] for one in entries if one in needs.sku_of}

    def finds(self, wanted: Counter[UUID], left: dict[str, int], first: int = 0) -> bool:
        """Return whether `left` suffices for the portions `wanted` of each group, with the nested choices from `first`.

        One portion of a nested choice is tried at a time.
        """
        self._tries += 1
        if self._tries > _MOST_TRIES or self._fits(wanted, left):
            return True
        for index in range(first, len(self._nested)):
            group, choice = self._nested[index]
            sku = self._needs.sku_of.get(choice)
            if wanted[group] and (sku is None or left[sku]):
                opened = Counter({other: self._needs.minimum[other] for other in self._needs.opens[choice]})
                remaining = {**left, sku: left[sku] - 1} if sku else left
                if self.finds(wanted - Counter([group]) + opened, remaining, index):
                    return True
        return False

    def _fits(self, wanted: Counter[UUID], left: dict[str, int]) -> bool:
        """Return whether counted choices alone satisfy the groups: a maximum flow from items to groups."""
        free = dict(left)
        held: dict[str, Counter[UUID]] = defaultdict(Counter)

        def place(group: UUID, portions: int, seen: set[str]) -> int:
            missing = portions
            for sku in self._counted[group]:
                if missing and sku not in seen:
                    seen.add(sku)
                    got = min(free[sku], missing)
                    free[sku] -= got
                    for other in [*held[sku]]:
                        # Another group may do with another item.
                        moved = place(other, min(held[sku][other], missing - got), seen) if got < missing else 0
                        held[sku][other] -= moved
                        got += moved
                    held[sku][group] += got
                    missing -= got
            return portions - missing

        for group, portions in wanted.items():
            missing = portions
            while missing:
                placed = place(group, missing, set())
                if not placed:
                    return False
                missing -= placed
        return True


def _opened_first(needs: Needs, entry: UUID) -> Iterator[UUID]:
    """Yield the groups that an entry leads to, each after those that its choices open, except around a cycle."""
    seen: set[UUID] = set()
    stack = [(iter(needs.opens.get(entry, ())), UUID(int=0))]
    while stack:
        opened, above = stack[-1]
        group = next((one for one in opened if one not in seen), None)
        if group is not None:
            seen.add(group)
            below = [one for choice in needs.offers[group] for one in needs.opens.get(choice, ())]
            stack.append((iter(below), group))
        else:
            stack.pop()
            if stack:
                yield above
