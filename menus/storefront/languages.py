"""Which language a reader gets, and which words stand in where it has none. Tags are lower case: `en-gb`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation.trans_real import parse_accept_lang_header

Translations = Mapping[str, Mapping[str, str]]

_TAG = re.compile(r"[a-z0-9-]+")


def choose_language(*, available: Sequence[str], lang: str, accept_language: str, preferred: str) -> str:
    """The available language that suits best: `lang`, else the header's by q value, else the preferred, else the first.

    A tag also suits another one of the same language: `en` and `en-gb`. A menu without any language is taken to be in
    the preferred one; empty where that is no language tag.
    """
    for wanted in (lang, *_accepted(accept_language), preferred):
        for tag in _suiting(wanted, available):
            return tag
    if available:
        return available[0]
    return preferred if _TAG.fullmatch(preferred) else ""


class Texts:
    """Picks an entry's words text by text: in the language, a variant of it, the preferred one, a variant of that, or
    else as on the till."""

    def __init__(self, *, language: str, preferred: str, available: Sequence[str]) -> None:
        self._wanted = (language, preferred)
        self._order = tuple(dict.fromkeys([*_suiting(language, available), *_suiting(preferred, available)]))

    def name(self, translations: Translations, *, till_name: str) -> str:
        return self._first(translations, "name") or till_name

    def description(self, translations: Translations) -> str:
        return self._first(translations, "description")

    def word(self, words: Mapping[str, str]) -> str:
        """The word in the language that suits best, or in any; empty when there is none."""
        suiting = (tag for wanted in self._wanted for tag in _suiting(wanted, words))
        return next((words[tag] for tag in (*suiting, *words) if words[tag]), "")

    def _first(self, translations: Translations, text: str) -> str:
        for language in self._order:
            if language in translations and (found := translations[language][text]):
                return found
        return ""


def _accepted(header: str) -> Iterator[str]:
    for tag, quality in parse_accept_lang_header(header.lower()):
        if quality > 0 and tag != "*":
            yield tag


def _suiting(wanted: str, available: Iterable[str]) -> Iterator[str]:
    tag = wanted.lower().replace("_", "-")
    available = list(available)
    if tag in available:
        yield tag
    base = tag.partition("-")[0]
    yield from (other for other in available if other != tag and other.partition("-")[0] == base)
