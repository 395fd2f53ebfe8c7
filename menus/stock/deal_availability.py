"""Work out which products and choices cannot be ordered because too little is left of what they require. Pure.

This is computed whenever a menu is read, from the rows of one version. The storefront's menu, its availability, a
basket and an order therefore always agree, and no sync has to maintain a column for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from menus.stock.portions import Needs, portions_suffice


@dataclass(frozen=True)
class GroupChoices:
    """A modifier group: how many choices a guest must take at least, and the choices it offers.

    A guest may take a choice several times, except where `once` is set: the instructions, which never run out.
    """

    minimum: int
    choices: Sequence[UUID]
    once: bool = False


@dataclass(frozen=True)
class Counted:
    """A product or choice that is counted: its SKU, and how many portions are left of it, wherever it is offered."""

    sku: str
    left: int


def unorderable(
    *,
    unavailable: Iterable[UUID],
    opens: Mapping[UUID, Iterable[UUID]],
    groups: Mapping[UUID, GroupChoices],
    counted: Mapping[UUID, Counted] | None = None,
) -> set[UUID]:
    """Return the products and choices that cannot be ordered: no order of one, with all that it requires, is possible.

    A required group needs as many portions as its minimum, from one choice or several. A product needs the portions
    of all its required groups, and of those nested in what is chosen, at the same time; groups that offer the same
    item share its portions.

    Args:
        unavailable: products and choices that are sold out or snoozed themselves.
        opens: for each product and choice, the groups that it opens.
        groups: by id; a group that is missing here is not required.
        counted: those products and choices whose portions are counted; all others never run out.
    """
    counted = counted or {}
    required = {id: group for id, group in groups.items() if group.minimum}
    needed: dict[UUID, list[UUID]] = {}
    for entry, opened in opens.items():
        if ids := [id for id in opened if id in required]:
            needed[entry] = ids
    gone = {*unavailable, *(entry for entry, one in counted.items() if one.left < 1)}
    paths = _paths(needed, required)
    possible = _satisfiable(gone, needed, required, paths)
    found = gone | {entry for entry, ids in needed.items() if not possible.issuperset(ids)}
    if counted:
        # Groups in which something that is not counted can be taken as often as needed take nothing from the rest.
        plenty = _satisfiable(gone | counted.keys(), needed, required, paths)
        plenty |= {id for id, group in required.items() if group.once}
        scarce = {entry: [id for id in ids if id not in plenty] for entry, ids in needed.items() if entry not in found}
        found |= _short_of_portions({entry: ids for entry, ids in scarce.items() if ids}, required, found, counted)
    return found


@dataclass(frozen=True)
class _Paths:
    """The ways up the menu: the entries that need each required group, and the group that each of these is in."""

    needed_by: Mapping[UUID, Sequence[UUID]]
    group_of: Mapping[UUID, UUID]


def _paths(needed: Mapping[UUID, Sequence[UUID]], required: Mapping[UUID, GroupChoices]) -> _Paths:
    needed_by: dict[UUID, list[UUID]] = defaultdict(list)
    for entry, ids in needed.items():
        for id in ids:
            needed_by[id].append(entry)
    group_of = {choice: id for id, group in required.items() for choice in group.choices if choice in needed}
    return _Paths(needed_by, group_of)


def _satisfiable(
    without: AbstractSet[UUID],
    needed: Mapping[UUID, Sequence[UUID]],
    required: Mapping[UUID, GroupChoices],
    paths: _Paths,
) -> set[UUID]:
    """Return the required groups that can be satisfied if nothing runs out, at any depth, without these entries."""
    missing = {entry: len(ids) for entry, ids in needed.items() if entry not in without}

    def has_enough(group: GroupChoices) -> bool:
        offered = (choice for choice in group.choices if choice not in without and not missing.get(choice))
        return next(islice(offered, group.minimum - 1 if group.once else 0, None), None) is not None

    found = {id for id, group in required.items() if has_enough(group)}
    queue = list(found)
    while queue:
        for entry in paths.needed_by.get(queue.pop(), ()):
            if entry in missing:
                missing[entry] -= 1
                above = None if missing[entry] else paths.group_of.get(entry)
                if above is not None and above not in found and has_enough(required[above]):
                    found.add(above)
                    queue.append(above)
    return found


def _short_of_portions(
    scarce: Mapping[UUID, Sequence[UUID]],
    required: Mapping[UUID, GroupChoices],
    unorderable: Collection[UUID],
    counted: Mapping[UUID, Counted],
) -> set[UUID]:
    """Return those of the entries for whose scarce groups the counted portions do not suffice."""
    left: dict[str, int] = {}
    for one in counted.values():
        left[one.sku] = min(one.left, left.get(one.sku, one.left))
    groups = {id for ids in scarce.values() for id in ids}
    needs = Needs(
        minimum={id: required[id].minimum for id in groups},
        offers={id: [choice for choice in required[id].choices if choice not in unorderable] for id in groups},
        opens=scarce,
        sku_of={entry: one.sku for entry, one in counted.items()},
        left=left,
    )
    # Usually each group has a choice of which there is enough for all the groups together.
    most = {
        id: max((left[counted[choice].sku] for choice in choices if choice not in scarce), default=0)
        for id, choices in needs.offers.items()
    }
    doubtful = [
        entry for entry, ids in scarce.items() if min(most[id] for id in ids) <= sum(required[id].minimum for id in ids)
    ]
    return {entry for entry in doubtful if not portions_suffice(entry=entry, needs=needs)}
