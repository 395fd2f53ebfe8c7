"""Work out which products and choices cannot be ordered because a required group has too few choices left. Pure.

This is computed whenever a menu is read, from the rows of one version. The storefront's menu, its availability, a
basket and an order therefore always agree, and no sync has to maintain a column for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class GroupChoices:
    """A modifier group: how many choices a guest must take at least, and the choices it offers."""

    minimum: int
    choices: Sequence[UUID]


def unorderable(
    *, unavailable: Iterable[UUID], opens: Mapping[UUID, Iterable[UUID]], groups: Mapping[UUID, GroupChoices]
) -> set[UUID]:
    """Return the products and choices that cannot be ordered: the unavailable ones, and those that need them.

    A required group needs as many available choices as its minimum, or all of its choices if it has fewer than that (a
    guest may take one twice). A required group without choices can never be satisfied. A product or choice that opens a
    group which cannot be satisfied is unorderable itself, and may make others unorderable in turn, to any depth.

    Args:
        unavailable: products and choices that are sold out or snoozed themselves.
        opens: for each product and choice, the groups that it opens.
        groups: by id; a group that is missing here is not required.
    """
    opened_by: dict[UUID, list[UUID]] = defaultdict(list)
    for entry, opened in opens.items():
        for group_id in opened:
            opened_by[group_id].append(entry)
    required = {id: group for id, group in groups.items() if group.minimum}
    group_of = {choice: id for id, group in required.items() for choice in group.choices}
    # How many more choices each group can lose.
    spare = {
        id: len(group.choices) - choices_needed(minimum=group.minimum, choices=len(group.choices))
        for id, group in required.items()
    }
    found: set[UUID] = set()
    queue = [*unavailable, *(entry for id, number in spare.items() if number < 0 for entry in opened_by[id])]
    while queue:
        entry = queue.pop()
        if entry in found:
            continue
        found.add(entry)
        if (group := group_of.get(entry)) is not None:
            spare[group] -= 1
            if spare[group] == -1:
                queue += opened_by[group]
    return found


def choices_needed(*, minimum: int, choices: int) -> int:
    """Return how many available choices a required group needs, given its minimum and how many choices it has."""
    return min(minimum, max(choices, 1))
