"""Choose a language for a request, and fall back to others for missing texts. Tags are lower case: `en-gb`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation.trans_real import parse_accept_lang_header

Translations = Mapping[str, Mapping[str, str]]

_TAG = re.compile(r"[a-z0-9-]+")


def choose_language(*, available: Sequence[str], lang: str, accept_language: str, preferred: str) -> str:
    """Return the best available language: for `lang`, else the header by q value, else the preferred, else the first.

    A tag also matches another tag of the same language, as `en` and `en-gb` do. A menu without languages counts as
    being in the preferred one; the result is empty if that is not a language tag.
    """
    for wanted in (lang, *_accepted(accept_language), preferred):
        for tag in _matching(wanted, available):
            return tag
    if available:
        return available[0]
    return preferred if _TAG.fullmatch(preferred) else ""


class Texts:
    """Chooses each text of an entry separately.

    The order is: the language, a variant of it, the preferred language, a variant of that, and for names the POS's own.
    """

    def __init__(self, *, language: str, preferred: str, available: Sequence[str]) -> None:
        self._wanted = (language, preferred)
        self._order = tuple(dict.fromkeys([*_matching(language, available), *_matching(preferred, available)]))

    def name(self, translations: Translations, *, till_name: str) -> str:
        return self._first(translations, "name") or till_name

    def description(self, translations: Translations) -> str:
        return self._first(translations, "description")

    def word(self, words: Mapping[str, str]) -> str:
        """Return the word in the best matching language, or else in any; empty if there is none."""
        matching = (tag for wanted in self._wanted for tag in _matching(wanted, words))
        return next((words[tag] for tag in (*matching, *words) if words[tag]), "")

    def _first(self, translations: Translations, text: str) -> str:
        for language in self._order:
            if language in translations and (found := translations[language][text]):
                return found
        return ""


def _accepted(header: str) -> Iterator[str]:
    for tag, quality in parse_accept_lang_header(header.lower()):
        if quality > 0 and tag != "*":
            yield tag


def _matching(wanted: str, available: Iterable[str]) -> Iterator[str]:
    tag = wanted.lower().replace("_", "-")
    available = list(available)
    if tag in available:
        yield tag
    base = tag.partition("-")[0]
    yield from (other for other in available if other != tag and other.partition("-")[0] == base)
