"""Choose a language for a request, and fall back to others for missing texts. Tags are lower case: `en-gb`.

A requested language is looked up as RFC 4647 says (section 3.4), by tags in their canonical form and with their script:
`zh-TW` is written in traditional characters, `iw` is Hebrew, and `no` and `nb` are the same Norwegian.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation.trans_real import parse_accept_lang_header
from langcodes import Language, standardize_tag, tag_distance

Translations = Mapping[str, Mapping[str, str]]

_TAG = re.compile(r"[a-z0-9-]+")
# Longer than any tag in use (RFC 5646, section 4.4.1).
_MAX_TAG = 64
# CLDR's distance between two names of one language.
_TWO_NAMES = 1


def choose_language(*, available: Sequence[str], lang: str, accept_language: str, preferred: str) -> str:
    """Return the best available language: for `lang`, else the header by q value, else the preferred, else the first.

    A tag also matches another tag of the same language in the same script, as `en` and `en-gb` do. If nothing matches,
    another script counts too. A menu without languages counts as being in the preferred one; the result is empty if
    that is not a language tag.
    """
    wanted = (lang, *_accepted(accept_language), preferred)
    for matching in (_matching, _in_another_script):
        for one in wanted:
            for tag in matching(one, available):
                return tag
    if available:
        return available[0]
    return preferred if _TAG.fullmatch(preferred) else ""


class Texts:
    """Chooses each text of an entry separately.

    The order is: the language, a variant of it, the preferred language, a variant of that, then variants of both in
    another script, and for names the POS's own.
    """

    def __init__(self, *, language: str, preferred: str, available: Sequence[str]) -> None:
        self._wanted = (language, preferred)
        self._order = self._ordered(available)

    def name(self, translations: Translations, *, till_name: str) -> str:
        return self._first(translations, "name") or till_name

    def description(self, translations: Translations) -> str:
        return self._first(translations, "description")

    def word(self, words: Mapping[str, str]) -> str:
        """Return the word in the best matching language, or else in any; empty if there is none."""
        return next((words[tag] for tag in (*self._ordered(words), *words) if words[tag]), "")

    def _ordered(self, available: Iterable[str]) -> tuple[str, ...]:
        tags = tuple(available)
        found = [tag for how in (_matching, _in_another_script) for wanted in self._wanted for tag in how(wanted, tags)]
        return tuple(dict.fromkeys(found))

    def _first(self, translations: Translations, text: str) -> str:
        for language in self._order:
            if language in translations and (found := translations[language][text]):
                return found
        return ""


class _Subtags(NamedTuple):
    """A language tag in canonical form. The script is always given, the others only if the tag has them."""

    language: str
    script: str
    others: tuple[str, ...]


@functools.lru_cache(maxsize=4096)
def _subtags(tag: str) -> _Subtags | None:
    """Return the tag's canonical subtags without extensions; None if it is not a language tag."""
    if len(tag) > _MAX_TAG:
        return None
    try:
        found = Language.get(standardize_tag(tag, macro=True))
    except ValueError:
        return None
    if not found.language:
        return None
    others = (found.territory, *(found.variants or ()))
    return _Subtags(found.language, found.maximize().script or "", tuple(one for one in others if one))


def _same_language(one: _Subtags, other: _Subtags) -> bool:
    """Return whether the tags name one language, if need be by two names that CLDR keeps apart, as `no` and `nb`."""
    return one.language == other.language or tag_distance(one.language, other.language) <= _TWO_NAMES


def _accepted(header: str) -> Iterator[str]:
    for tag, quality in parse_accept_lang_header(header.lower()):
        if quality > 0 and tag != "*":
            yield tag


def _matching(wanted: str, available: Iterable[str]) -> Iterator[str]:
    """Yield the tags of the same language and script, best first: by lookup, and then by how near they are."""
    tag = wanted.lower().replace("_", "-")
    available = list(available)
    if tag in available:
        yield tag
    looked_for = _subtags(tag)
    if looked_for is None:
        return
    others = [(other, found) for other in available if other != tag and (found := _subtags(other))]
    same = [one for one in others if _same_language(one[1], looked_for) and one[1].script == looked_for.script]
    # What is looked for loses one subtag after the other from its end.
    prefixes = [looked_for.others[:length] for length in range(len(looked_for.others), -1, -1)]
    looked_up = [other for prefix in prefixes for other, found in same if found.others == prefix]
    yield from looked_up
    yield from sorted((other for other, _ in same if other not in looked_up), key=lambda one: tag_distance(tag, one))


def _in_another_script(wanted: str, available: Iterable[str]) -> Iterator[str]:
    looked_for = _subtags(wanted.lower().replace("_", "-"))
    for other in available:
        found = _subtags(other)
        if looked_for and found and _same_language(found, looked_for) and found.script != looked_for.script:
            yield other
