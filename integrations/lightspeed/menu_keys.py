"""Gives every group of a menu its key, and makes the flat groups of the snapshot. Pure.

Lightspeed repeats a shared group at every product that asks it. Where all those copies are the same, the group's own
identity is its key and the snapshot has it once; where they differ, every copy is keyed by its owner. Either way the
key depends on what the menu holds, never on the order in which it was read, so rows survive from sync to sync.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from integrations.lightspeed.menu_choices import GroupDraft
from integrations.pos import MenuModifierGroup

_LONGEST_KEY = 255
# The characters that keys are put together with.
_ESCAPES = str.maketrans({"%": "%25", "@": "%40", "/": "%2F", "#": "%23"})


@dataclass(frozen=True)
class _Occurrence:
    """A draft at one owner. `base` is unique among that owner's groups; `content` is equal for equal groups."""

    draft: GroupDraft
    base: str
    content: int
    nested: tuple[tuple["_Occurrence", ...], ...]
    """The groups of each choice, by the choice's position."""


class GroupKeys:
    """Collects the groups of all owners first, then hands out keys and the groups under them."""

    def __init__(self) -> None:
        self._owners: dict[str, list[_Occurrence]] = {}
        self._content_numbers: dict[object, int] = {}
        self._contents: defaultdict[str, set[int]] = defaultdict(set)
        self._groups: dict[str, MenuModifierGroup] = {}

    def collect(self, *, owner: str, drafts: Iterable[GroupDraft]) -> None:
        """Notes a product's groups. The first groups of an owner are its own; later ones only count as copies."""
        self._owners.setdefault(owner, self._occurrences(drafts))

    def resolve(self, *, owner: str) -> tuple[str, ...]:
        """The keys of a product's groups, in order, once everything was collected."""
        return self._resolved(self._owners[owner], escaped(owner))

    def groups(self) -> tuple[MenuModifierGroup, ...]:
        """Every group that was resolved, nested ones included, each once."""
        return tuple(self._groups.values())

    def _occurrences(self, drafts: Iterable[GroupDraft]) -> list[_Occurrence]:
        return [self._occurrence(draft, base) for draft, base in _with_bases(drafts)]

    def _occurrence(self, draft: GroupDraft, base: str) -> _Occurrence:
        nested = tuple(tuple(self._occurrences(choice.groups)) for choice in draft.choices)
        content = (
            draft.kind,
            draft.name,
            draft.minimum,
            draft.maximum,
            tuple(sorted(draft.translations.items(), key=_language)),
            tuple(
                (
                    choice.modifier.key,
                    choice.modifier.name,
                    choice.modifier.price,
                    tuple(sorted(choice.modifier.translations.items(), key=_language)),
                    tuple((group.base, group.content) for group in groups),
                )
                for choice, groups in zip(draft.choices, nested, strict=True)
            ),
        )
        # A number stands for a content, so that comparing deep groups costs no more than comparing flat ones.
        number = self._content_numbers.setdefault(content, len(self._content_numbers))
        self._contents[base].add(number)
        return _Occurrence(draft, base, number, nested)

    def _resolved(self, occurrences: Iterable[_Occurrence], owner: str) -> tuple[str, ...]:
        return tuple([self._resolve(occurrence, owner) for occurrence in occurrences])

    def _resolve(self, occurrence: _Occurrence, owner: str) -> str:
        draft, base = occurrence.draft, occurrence.base
        is_shared = bool(draft.identity) and len(self._contents[base]) == 1
        path = base if is_shared else f"{base}@{owner}"
        key = fitting(path)
        if key not in self._groups:
            self._groups[key] = MenuModifierGroup(
                key=key,
                kind=draft.kind,
                name=draft.name,
                minimum=draft.minimum,
                maximum=draft.maximum,
                modifiers=tuple(
                    replace(choice.modifier, groups=self._resolved(nested, f"{path}/{escaped(choice.modifier.key)}"))
                    for choice, nested in zip(draft.choices, occurrence.nested, strict=True)
                ),
                translations=draft.translations,
            )
        return key


def escaped(part: str) -> str:
    """A SKU, id or name as a part of a key, so that no two different owners or groups make one key."""
    return part.translate(_ESCAPES)


def fitting(key: str) -> str:
    """A key that is too long for a column ends in a digest of all of it."""
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[: _LONGEST_KEY - 65]}#{hashlib.sha256(key.encode()).hexdigest()}"


def _with_bases(drafts: Iterable[GroupDraft]) -> Iterator[tuple[GroupDraft, str]]:
    """`modifier:<sku>`; the second group with one identity at one owner is `modifier:<sku>#2`: it is asked twice."""
    times: defaultdict[str, int] = defaultdict(int)
    for draft in drafts:
        base = f"{draft.kind}:{escaped(draft.identity)}"
        times[base] += 1
        yield draft, base if times[base] == 1 else f"{base}#{times[base]}"


def _language(item: tuple[str, object]) -> str:
    return item[0]
