"""The menu as storefronts read it: built once for each venue, language and version, then answered from the cache."""

import hashlib
import json
from dataclasses import dataclass, replace

from django.core.cache import cache

from menus.document import load_rows, menu_document
from menus.languages import Texts, choose_language
from menus.models import Menu
from menus.versions import read_one_version
from storekit.models import Venue

# Goes up when the shape of the JSON changes, so that a new release never answers with an old one's bytes.
_SHAPE = 1
_KEPT_FOR = 24 * 60 * 60


class NoMenu(Exception):
    """The venue has not synced a menu yet."""


@dataclass(frozen=True)
class MenuEdition:
    """Which bytes to answer with: one venue's menu, in one language, at one version."""

    venue: Venue
    version: int
    languages: tuple[str, ...]
    language: str
    preferred_language: str

    @property
    def etag(self) -> str:
        """A strong entity tag, known without building: the bytes follow from exactly these values."""
        return f'"{self.version}-{self.language}-{self._surroundings}"'

    @property
    def cache_key(self) -> str:
        return f"menu:{self.venue.pk}:{self.language}:{self.version}:{self._surroundings}"

    @property
    def _surroundings(self) -> str:
        # What is in the bytes too and not counted by the menu's version.
        venue = self.venue
        parts = [_SHAPE, venue.pk, venue.slug, venue.name, venue.currency, venue.timezone, self.preferred_language]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def find_edition(*, slug: str, lang: str = "", accept_language: str = "") -> MenuEdition:
    """The edition for a reader, in one query. Unknown languages fall back, in the end to the preferred one.

    Args:
        lang: the language asked for by name; wins.
        accept_language: the header of that name, with its q values.

    Raises:
        Venue.DoesNotExist: there is no such venue.
        NoMenu: nothing was synced yet.
    """
    venue = Venue.objects.select_related("menu", "connection__settings").get(slug=slug)
    menu: Menu | None = getattr(venue, "menu", None)
    if menu is None or menu.version == 0:
        raise NoMenu(f"{venue.name} has not synced a menu yet.")
    settings = getattr(getattr(venue, "connection", None), "settings", None)
    preferred = settings.preferred_language.lower() if settings else ""
    return MenuEdition(
        venue=venue,
        version=menu.version,
        languages=tuple(menu.languages),
        language=choose_language(
            available=menu.languages, lang=lang, accept_language=accept_language, preferred=preferred
        ),
        preferred_language=preferred,
    )


def menu_bytes(*, edition: MenuEdition) -> tuple[MenuEdition, bytes]:
    """The edition's JSON, from the cache or built now.

    A sync may have committed since the edition was found; the edition that is returned is the one that the bytes are.

    Raises:
        MenuBusy: when the menu kept changing while it was read.
    """
    kept = cache.get(edition.cache_key)
    if kept is not None:
        return edition, kept
    version, rows = read_one_version(venue=edition.venue, read=lambda: load_rows(venue=edition.venue))
    built = replace(edition, version=version, languages=rows.languages)
    texts = Texts(language=built.language, preferred=built.preferred_language, available=built.languages)
    document = {
        "venue": {name: getattr(built.venue, name) for name in ("slug", "name", "currency", "timezone")},
        "version": built.version,
        "language": built.language,
        "languages": built.languages,
        **menu_document(rows=rows, texts=texts),
    }
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    cache.set(built.cache_key, body, _KEPT_FOR)
    return built, body
