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
from integrations.pos import MenuModifier, MenuModifierGroup

_LONGEST_KEY = 255
# The characters that keys are put together with.
_ESCAPES = str.maketrans({"%": "%25", "@": "%40", "/": "%2F", "#": "%23"})
_SPECIAL = frozenset("%@/#")


@dataclass(eq=False, slots=True)
class _Occurrence:
    """A draft at one owner. `base` is unique among that owner's groups."""

    draft: GroupDraft
    base: str
    nested: tuple[tuple["_Occurrence", ...], ...]
    """The groups of each choice, by the choice's position."""
    content: int | None = None
    """Equal for equal groups; counted only where several could be equal."""


class GroupKeys:
    """Collects the groups of all owners first, then hands out keys and the groups under them."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[_Occurrence, ...]] = {}
        # By the draft too, because a draft that is asked at many products is one object.
        self._occurrences: defaultdict[str, dict[int, _Occurrence]] = defaultdict(dict)
        self._content_numbers: dict[object, int] = {}
        self._shared: dict[str, bool] = {}
        self._groups: dict[str, MenuModifierGroup] = {}

    def collect(self, *, owner: str, drafts: Iterable[GroupDraft]) -> None:
        """Notes a product's groups. The first groups of an owner are its own; later ones only count as copies."""
        self._owners.setdefault(owner, self._noted(drafts))

    def resolve(self, *, owner: str) -> tuple[str, ...]:
        """The keys of a product's groups, in order, once everything was collected."""
        return self._resolved(self._owners[owner], escaped(owner))

    def groups(self) -> tuple[MenuModifierGroup, ...]:
        """Every group that was resolved, nested ones included, each once."""
        return tuple(self._groups.values())

    def _noted(self, drafts: Iterable[GroupDraft]) -> tuple[_Occurrence, ...]:
        return tuple([self._note(draft, base) for draft, base in _with_bases(drafts)])

    def _note(self, draft: GroupDraft, base: str) -> _Occurrence:
        known = self._occurrences[base]
        if id(draft) not in known:
            nested = tuple([self._noted(choice.groups) if choice.groups else () for choice in draft.choices])
            known[id(draft)] = _Occurrence(draft, base, nested)
        return known[id(draft)]

    def _is_shared(self, occurrence: _Occurrence) -> bool:
        """Whether the menu holds one group only under this identity, however many copies of it."""
        base = occurrence.base
        if base not in self._shared:
            known = self._occurrences[base]
            self._shared[base] = bool(occurrence.draft.identity) and (
                len(known) == 1 or len({self._content(copy) for copy in known.values()}) == 1
            )
        return self._shared[base]

    def _content(self, occurrence: _Occurrence) -> int:
        """A number stands for a content, so that comparing deep groups costs no more than comparing flat ones."""
        if occurrence.content is None:
            draft = occurrence.draft
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
                        tuple((group.base, self._content(group)) for group in groups),
                    )
                    for choice, groups in zip(draft.choices, occurrence.nested, strict=True)
                ),
            )
            occurrence.content = self._content_numbers.setdefault(content, len(self._content_numbers))
        return occurrence.content

    def _resolved(self, occurrences: Iterable[_Occurrence], owner: str) -> tuple[str, ...]:
        return tuple([self._resolve(occurrence, owner) for occurrence in occurrences])

    def _resolve(self, occurrence: _Occurrence, owner: str) -> str:
        draft, base = occurrence.draft, occurrence.base
        path = base if self._is_shared(occurrence) else f"{base}@{owner}"
        key = fitting(path)
        if key not in self._groups:
            self._groups[key] = MenuModifierGroup(
                key=key,
                kind=draft.kind,
                name=draft.name,
                minimum=draft.minimum,
                maximum=draft.maximum,
                modifiers=tuple(
                    [
                        self._modifier(choice.modifier, nested, path)
                        for choice, nested in zip(draft.choices, occurrence.nested, strict=True)
                    ]
                ),
                translations=draft.translations,
            )
        return key

    def _modifier(self, modifier: MenuModifier, nested: tuple[_Occurrence, ...], path: str) -> MenuModifier:
        if not nested:
            return modifier
        return replace(modifier, groups=self._resolved(nested, f"{path}/{escaped(modifier.key)}"))


def escaped(part: str) -> str:
    """A SKU, id or name as a part of a key, so that no two different owners or groups make one key."""
    return part if _SPECIAL.isdisjoint(part) else part.translate(_ESCAPES)


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
