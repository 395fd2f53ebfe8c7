"""Gives every group of a menu its key, and makes the flat groups of the snapshot. Pure.

Lightspeed repeats a shared group at every product that asks it. The copies that say the same are one group, keyed by
its own identity; a copy that says something else has a group of its own, keyed by its owner. Ids hang on keys, so what
has a key keeps it from sync to sync:

- An owner with a group of its own keeps it for as long as it asks it, even when it comes to say what the others say.
- Of the others, what most products say is the shared group; between equally many, what we hold. So a product that
  changes moves to a key of its own, and no other one's key changes; products that change alike keep theirs.

Nothing here depends on the order in which the menu was read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property

from integrations.lightspeed.mapping.menu.choices import GroupDraft
from integrations.pos import MenuModifier, MenuModifierGroup, StoredGroups

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


@dataclass(slots=True)
class _Candidate:
    """What a shared group could say, and where in the menu it says so, whatever the menu's order."""

    occurrence: _Occurrence
    products: set[str]
    first_place: str


class _NoGroups:
    """What we hold of a menu that was never read."""

    keys: AbstractSet[str] = frozenset()

    def find(self, key: str) -> MenuModifierGroup | None:
        return None


class GroupKeys:
    """Collects the groups of all owners first, then hands out keys and the groups under them."""

    def __init__(self, held: StoredGroups | None) -> None:
        self._held: StoredGroups = held or _NoGroups()
        self._owners: dict[str, tuple[_Occurrence, ...]] = {}
        # By the draft too, because a draft that is asked at many products is one object.
        self._occurrences: defaultdict[str, dict[int, _Occurrence]] = defaultdict(dict)
        self._content_numbers: dict[object, int] = {}
        self._groups: dict[str, MenuModifierGroup] = {}

    def collect(self, *, owner: str, drafts: Iterable[GroupDraft]) -> None:
        """Notes a product's groups. The first groups of an owner are its own; later ones are not used."""
        if owner not in self._owners:
            self._owners[owner] = self._noted(drafts)

    def resolve(self, *, owner: str) -> tuple[str, ...]:
        """The keys of a product's groups, in order, once everything was collected."""
        return self._resolved(self._owners[owner], escaped(owner))

    def groups(self, *, texts_missing: bool = False) -> tuple[MenuModifierGroup, ...]:
        """Every group that was resolved, nested ones included, each once.

        `texts_missing`: the POS could not deliver its texts. A group that comes to be its owner's own then has those
        that we hold of the group that it was.
        """
        groups = self._groups.values()
        return tuple(map(self._with_held_texts, groups) if texts_missing else groups)

    def _with_held_texts(self, group: MenuModifierGroup) -> MenuModifierGroup:
        was = group.key.partition("@")[0]
        held = None if group.key in self._held.keys or was == group.key else self._held.find(was)
        if held is None:
            return group
        texts = {choice.key: choice.translations for choice in held.modifiers}
        choices = [replace(one, translations=one.translations or texts.get(one.key, {})) for one in group.modifiers]
        return replace(group, translations=group.translations or held.translations, modifiers=tuple(choices))

    def _noted(self, drafts: Iterable[GroupDraft]) -> tuple[_Occurrence, ...]:
        return tuple([self._note(draft, base) for draft, base in _with_bases(drafts)])

    def _note(self, draft: GroupDraft, base: str) -> _Occurrence:
        known = self._occurrences[base]
        if id(draft) not in known:
            nested = tuple([self._noted(choice.groups) if choice.groups else () for choice in draft.choices])
            known[id(draft)] = _Occurrence(draft, base, nested)
        return known[id(draft)]

    def _is_shared(self, occurrence: _Occurrence, owner: str) -> bool:
        """Whether the owner asks the group that the menu has under the group's own identity."""
        if not occurrence.draft.identity:
            return False
        if occurrence.base not in self._contested:
            return True
        if self._is_own(occurrence, owner):
            return False
        return self._contents.get(occurrence.base) == self._content(occurrence)

    def _is_own(self, occurrence: _Occurrence, owner: str) -> bool:
        """Whether the owner has a group of its own already."""
        return fitting(_own(occurrence, owner)) in self._held.keys

    @cached_property
    def _contested(self) -> frozenset[str]:
        """The identities that stand for several groups, or may."""
        own = {_stem(key) for key in self._held.keys if not _SPECIAL.isdisjoint(key)}
        return frozenset(
            base
            for base, known in self._occurrences.items()
            if (own and _stem(base) in own)
            or (len(known) > 1 and len({self._content(copy) for copy in known.values()}) > 1)
        )

    @cached_property
    def _contents(self) -> dict[str, int]:
        """What each contested group says that is shared: the number of its content."""
        found: defaultdict[str, dict[int, _Candidate]] = defaultdict(dict)
        for occurrence, product, place, owner in self._places():
            if occurrence.base not in self._contested or self._is_own(occurrence, owner):
                continue
            content, candidates = self._content(occurrence), found[occurrence.base]
            candidate = candidates.setdefault(content, _Candidate(occurrence, set(), place))
            candidate.products.add(product)
            candidate.first_place = min(candidate.first_place, place)
        return {base: self._elected(base, candidates) for base, candidates in found.items()}

    def _elected(self, base: str, candidates: dict[int, _Candidate]) -> int:
        if len(candidates) == 1:
            return next(iter(candidates))
        most = max(len(one.products) for one in candidates.values())
        best = [content for content, one in candidates.items() if len(one.products) == most]
        # Without its rich data, the POS's menu is as held where all but the texts is.
        for texts in (True, False):
            if len(best) > 1:
                best = [one for one in best if self._is_as_held(candidates[one].occurrence, base, texts=texts)] or best
        if len(best) > 1:
            best.sort(key=lambda one: (candidates[one].first_place, repr(candidates[one].occurrence.draft)))
        return best[0]

    def _places(self) -> Iterator[tuple[_Occurrence, str, str, str]]:
        """Every copy, with its product, its place below that, and its owner as long as nothing else deviates."""
        waiting = [(one, sku, "", escaped(sku)) for sku, asked in self._owners.items() for one in asked]
        while waiting:
            occurrence, product, place, owner = waiting.pop()
            yield occurrence, product, f"{product}{place}", owner
            if not any(occurrence.nested):
                continue
            own = not occurrence.draft.identity or self._is_own(occurrence, owner)
            path = _own(occurrence, owner) if own else occurrence.base
            for choice, nested in zip(occurrence.draft.choices, occurrence.nested, strict=True):
                step = escaped(choice.modifier.key)
                below, inner = f"{place}/{occurrence.base}/{step}", f"{path}/{step}"
                waiting += [(one, product, below, inner) for one in nested]

    def _is_as_held(self, occurrence: _Occurrence, key: str, *, texts: bool) -> bool:
        """Whether a group, with all that is nested in it, says what we hold under the key."""
        held, draft = self._held.find(key), occurrence.draft
        if held is None or len(held.modifiers) != len(draft.choices):
            return False
        if (draft.kind, draft.name, draft.minimum, draft.maximum) != (held.kind, held.name, held.minimum, held.maximum):
            return False
        if texts and draft.translations != held.translations:
            return False
        return all(
            _says_the_same(choice.modifier, ours, texts=texts)
            and len(nested) == len(ours.groups)
            and all(self._is_as_held(one, inner, texts=texts) for one, inner in zip(nested, ours.groups, strict=True))
            for choice, nested, ours in zip(draft.choices, occurrence.nested, held.modifiers, strict=True)
        )

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
        path = base if self._is_shared(occurrence, owner) else _own(occurrence, owner)
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


def _says_the_same(choice: MenuModifier, ours: MenuModifier, *, texts: bool) -> bool:
    says = (choice.key, choice.name, choice.price) == (ours.key, ours.name, ours.price)
    return says and not (texts and choice.translations != ours.translations)


def _stem(key: str) -> str:
    """Equal for a group's identity and all keys that are made of it, also where they had to be fitted."""
    return key[: _LONGEST_KEY - 65].partition("@")[0].partition("#")[0]


def _own(occurrence: _Occurrence, owner: str) -> str:
    return f"{occurrence.base}@{owner}"


def _with_bases(drafts: Iterable[GroupDraft]) -> Iterator[tuple[GroupDraft, str]]:
    """`modifier:<sku>`; the second group with one identity at one owner is `modifier:<sku>#2`: it is asked twice."""
    times: defaultdict[str, int] = defaultdict(int)
    for draft in drafts:
        base = f"{draft.kind}:{escaped(draft.identity)}"
        times[base] += 1
        yield draft, base if times[base] == 1 else f"{base}#{times[base]}"


def _language(item: tuple[str, object]) -> str:
    return item[0]
