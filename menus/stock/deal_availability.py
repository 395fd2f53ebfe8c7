"""What cannot be ordered because what it needs cannot: a deal whose required group has nothing left. Pure.

Worked out where a menu is read, from the rows of one version, so that the storefront's menu, its availability, a
basket and an order all say the same, and no sync has to keep a column of it in step.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Question:
    """A group: how many choices it takes at least, and which there are."""

    minimum: int
    choices: Sequence[UUID]


def unorderable(
    *, gone: Iterable[UUID], opens: Mapping[UUID, Iterable[UUID]], questions: Mapping[UUID, Question]
) -> set[UUID]:
    """The products and choices that cannot be ordered: those that are gone, and those that need too many of them.

    A required group needs as many available choices as its minimum, or all that it has where it has fewer (a guest may
    take one twice); without any, nobody can answer it. An entry whose group cannot be answered is gone itself, which
    may take the next one along, to any depth.

    Args:
        gone: products and choices that are sold out or snoozed themselves.
        opens: the groups that each product and choice asks for.
        questions: by group; groups that are not named ask for nothing.
    """
    asked_by: dict[UUID, list[UUID]] = defaultdict(list)
    for entry, groups in opens.items():
        for group in groups:
            asked_by[group].append(entry)
    required = {id: question for id, question in questions.items() if question.minimum}
    of_choice = {choice: id for id, question in required.items() for choice in question.choices}
    spare = {
        id: len(one.choices) - needed(minimum=one.minimum, choices=len(one.choices)) for id, one in required.items()
    }
    found: set[UUID] = set()
    waiting = [*gone, *(entry for id, number in spare.items() if number < 0 for entry in asked_by[id])]
    while waiting:
        entry = waiting.pop()
        if entry in found:
            continue
        found.add(entry)
        if (asked := of_choice.get(entry)) is not None:
            spare[asked] -= 1
            if spare[asked] == -1:
                waiting += asked_by[asked]
    return found


def needed(*, minimum: int, choices: int) -> int:
    """How many available choices a required group needs that has so many in all."""
    return min(minimum, max(choices, 1))
