"""Give every group of a menu its key, and build the flat groups of the snapshot. No HTTP, no database.

Lightspeed repeats a shared group at every product that uses it. Equal copies become one shared group, keyed by the
group's identity; a copy that differs becomes a separate group, keyed by its owner too. REST ids depend on keys, so keys
are kept from sync to sync:

- An owner with a separate group keeps it for as long as it uses the group, even if the copies become equal again.
- Of the remaining copies, the version most products have is the shared group; in a tie, the stored version. So a
  product that changes moves to a separate key and no other key changes; products that all change alike keep theirs.

Nothing here depends on the order of the menu.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property

from integrations.lightspeed.mapping.menu.choices import GroupDraft
from integrations.pos import MenuModifier, MenuModifierGroup, StoredGroups

_MAX_KEY_LENGTH = 255
# The separators within keys.
_ESCAPES = str.maketrans({"%": "%25", "@": "%40", "/": "%2F", "#": "%23"})
_SPECIAL = frozenset("%@/#")


@dataclass(eq=False, slots=True)
class _Occurrence:
    """A draft as one owner uses it. `base` is the identity, made unique among that owner's groups."""

    draft: GroupDraft
    base: str
    nested: tuple[tuple["_Occurrence", ...], ...]
    """The nested groups of each choice, by the choice's position."""
    content: int | None = None
    """A number, equal for equal groups; None until it is needed."""


@dataclass(slots=True)
class _Candidate:
    """A possible version of a shared group: the products that have it, and its alphabetically first place."""

    occurrence: _Occurrence
    products: set[str]
    first_place: str


class _NoGroups:
    """The stored groups of a menu that was never synced."""

    keys: AbstractSet[str] = frozenset()

    def find(self, key: str) -> MenuModifierGroup | None:
        return None


class GroupKeys:
    """Collects the groups of all owners first, then assigns keys and builds the groups."""

    def __init__(self, stored: StoredGroups | None) -> None:
        self._stored: StoredGroups = stored or _NoGroups()
        self._owners: dict[str, tuple[_Occurrence, ...]] = {}
        # By base, then by the id of the draft: a draft shared by many products is one object.
        self._occurrences: defaultdict[str, dict[int, _Occurrence]] = defaultdict(dict)
        self._content_numbers: dict[object, int] = {}
        self._groups: dict[str, MenuModifierGroup] = {}

    def collect(self, *, owner: str, drafts: Iterable[GroupDraft]) -> None:
        """Add a product's groups. If a product is added twice, its first groups count."""
        if owner not in self._owners:
            self._owners[owner] = self._occurrences_of(drafts)

    def resolve(self, *, owner: str) -> tuple[str, ...]:
        """Return the keys of a product's groups, in order, once all products are added."""
        return self._resolved(self._owners[owner], escape(owner))

    def groups(self, *, texts_missing: bool = False) -> tuple[MenuModifierGroup, ...]:
        """Return every resolved group once, including nested ones.

        Args:
            texts_missing: the POS could not deliver its texts. A group that becomes separate now takes the stored texts
                of the shared group that it was.
        """
        groups = self._groups.values()
        return tuple(map(self._with_stored_texts, groups) if texts_missing else groups)

    def _with_stored_texts(self, group: MenuModifierGroup) -> MenuModifierGroup:
        was = group.key.partition("@")[0]
        stored = None if group.key in self._stored.keys or was == group.key else self._stored.find(was)
        if stored is None:
            return group
        texts = {choice.key: choice.translations for choice in stored.modifiers}
        choices = [replace(one, translations=one.translations or texts.get(one.key, {})) for one in group.modifiers]
        return replace(group, translations=group.translations or stored.translations, modifiers=tuple(choices))

    def _occurrences_of(self, drafts: Iterable[GroupDraft]) -> tuple[_Occurrence, ...]:
        return tuple([self._occurrence_of(draft, base) for draft, base in _with_bases(drafts)])

    def _occurrence_of(self, draft: GroupDraft, base: str) -> _Occurrence:
        known = self._occurrences[base]
        if id(draft) not in known:
            nested = tuple([self._occurrences_of(choice.groups) if choice.groups else () for choice in draft.choices])
            known[id(draft)] = _Occurrence(draft, base, nested)
        return known[id(draft)]

    def _is_shared(self, occurrence: _Occurrence, owner: str) -> bool:
        """Return whether the owner uses the shared group of this identity."""
        if not occurrence.draft.identity:
            return False
        if occurrence.base not in self._ambiguous_bases:
            return True
        if self._has_separate_group(occurrence, owner):
            return False
        return self._shared_contents.get(occurrence.base) == self._content(occurrence)

    def _has_separate_group(self, occurrence: _Occurrence, owner: str) -> bool:
        """Return whether the owner already has a separate group stored."""
        return fit_to_column(_separate_key(occurrence, owner)) in self._stored.keys

    @cached_property
    def _ambiguous_bases(self) -> frozenset[str]:
        """The identities that have, or may have, several versions."""
        separate = {_base_of(key) for key in self._stored.keys if not _SPECIAL.isdisjoint(key)}
        return frozenset(
            base
            for base, known in self._occurrences.items()
            if (separate and _base_of(base) in separate)
            or (len(known) > 1 and len({self._content(copy) for copy in known.values()}) > 1)
        )

    @cached_property
    def _shared_contents(self) -> dict[str, int]:
        """The content number of the shared version, for each ambiguous identity that has one."""
        found: defaultdict[str, dict[int, _Candidate]] = defaultdict(dict)
        for occurrence, product, place, owner in self._walk():
            if occurrence.base not in self._ambiguous_bases or self._has_separate_group(occurrence, owner):
                continue
            content, candidates = self._content(occurrence), found[occurrence.base]
            candidate = candidates.setdefault(content, _Candidate(occurrence, set(), place))
            candidate.products.add(product)
            candidate.first_place = min(candidate.first_place, place)
        return {base: self._pick_shared(base, candidates) for base, candidates in found.items()}

    def _pick_shared(self, base: str, candidates: dict[int, _Candidate]) -> int:
        if len(candidates) == 1:
            return next(iter(candidates))
        most = max(len(one.products) for one in candidates.values())
        best = [content for content, one in candidates.items() if len(one.products) == most]
        # If the POS could not deliver its texts, a version equal to the stored one in all but the texts counts too.
        for texts in (True, False):
            if len(best) > 1:
                best = [
                    one for one in best if self._equals_stored(candidates[one].occurrence, base, texts=texts)
                ] or best
        if len(best) > 1:
            best.sort(key=lambda one: (candidates[one].first_place, repr(candidates[one].occurrence.draft)))
        return best[0]

    def _walk(self) -> Iterator[tuple[_Occurrence, str, str, str]]:
        """Yield every copy with its product, its place in the product, and the owner its separate key would name."""
        waiting = [(one, sku, "", escape(sku)) for sku, asked in self._owners.items() for one in asked]
        while waiting:
            occurrence, product, place, owner = waiting.pop()
            yield occurrence, product, f"{product}{place}", owner
            if not any(occurrence.nested):
                continue
            separate = not occurrence.draft.identity or self._has_separate_group(occurrence, owner)
            path = _separate_key(occurrence, owner) if separate else occurrence.base
            for choice, nested in zip(occurrence.draft.choices, occurrence.nested, strict=True):
                step = escape(choice.modifier.key)
                below, inner = f"{place}/{occurrence.base}/{step}", f"{path}/{step}"
                waiting += [(one, product, below, inner) for one in nested]

    def _equals_stored(self, occurrence: _Occurrence, key: str, *, texts: bool) -> bool:
        """Return whether a group, with its nested groups, equals the one stored under the key."""
        stored, draft = self._stored.find(key), occurrence.draft
        if stored is None or len(stored.modifiers) != len(draft.choices):
            return False
        if (draft.kind, draft.name, draft.minimum, draft.maximum) != (
            stored.kind,
            stored.name,
            stored.minimum,
            stored.maximum,
        ):
            return False
        if texts and draft.translations != stored.translations:
            return False
        return all(
            _same_choice(choice.modifier, ours, texts=texts)
            and len(nested) == len(ours.groups)
            and all(
                self._equals_stored(one, inner, texts=texts) for one, inner in zip(nested, ours.groups, strict=True)
            )
            for choice, nested, ours in zip(draft.choices, occurrence.nested, stored.modifiers, strict=True)
        )

    def _content(self, occurrence: _Occurrence) -> int:
        """Return the number of the group's content, so that comparing nested groups costs no more than flat ones."""
        if occurrence.content is None:
            draft = occurrence.draft
            content = (
                draft.kind,
                draft.name,
                draft.minimum,
                draft.maximum,
                tuple(sorted(draft.translations.items(), key=_by_language)),
                tuple(
                    (
                        choice.modifier.key,
                        choice.modifier.name,
                        choice.modifier.price,
                        choice.modifier.rules,
                        tuple(sorted(choice.modifier.translations.items(), key=_by_language)),
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
        path = base if self._is_shared(occurrence, owner) else _separate_key(occurrence, owner)
        key = fit_to_column(path)
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
        return replace(modifier, groups=self._resolved(nested, f"{path}/{escape(modifier.key)}"))


def escape(part: str) -> str:
    """Escape a SKU, id or name for use in a key, so that different owners or groups never make the same key."""
    return part if _SPECIAL.isdisjoint(part) else part.translate(_ESCAPES)


def fit_to_column(key: str) -> str:
    """Return the key, shortened to the column's length if necessary: it then ends in a digest of the whole key."""
    if len(key) <= _MAX_KEY_LENGTH:
        return key
    return f"{key[: _MAX_KEY_LENGTH - 65]}#{hashlib.sha256(key.encode()).hexdigest()}"


def _same_choice(choice: MenuModifier, ours: MenuModifier, *, texts: bool) -> bool:
    same = (choice.key, choice.name, choice.price, choice.rules) == (ours.key, ours.name, ours.price, ours.rules)
    return same and not (texts and choice.translations != ours.translations)


def _base_of(key: str) -> str:
    """Return the identity a key was made from; equal for all keys of one identity, shortened ones included."""
    return key[: _MAX_KEY_LENGTH - 65].partition("@")[0].partition("#")[0]


def _separate_key(occurrence: _Occurrence, owner: str) -> str:
    return f"{occurrence.base}@{owner}"


def _with_bases(drafts: Iterable[GroupDraft]) -> Iterator[tuple[GroupDraft, str]]:
    """Yield each draft with its base: `modifier:<sku>`, then `modifier:<sku>#2` if the owner uses the group twice."""
    times: defaultdict[str, int] = defaultdict(int)
    for draft in drafts:
        base = f"{draft.kind}:{escape(draft.identity)}"
        times[base] += 1
        yield draft, base if times[base] == 1 else f"{base}#{times[base]}"


def _by_language(item: tuple[str, object]) -> str:
    return item[0]
