"""The menu as storefronts read it: built once for each venue, language and version, kept packed, answered from memory.

Every read asks the database for the version first. The packed bytes are then looked for on this process's shelf, in the
cache that all processes share, and built when they are in neither. All are found by what decides the bytes, the
version among it, so that nothing that is kept can be out of date.
"""

import functools
import json
import threading
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from menus.storefront.cache import MenuCache
from menus.storefront.compression import IDENTITY, CompressedMenu, pack
from menus.storefront.document import load_rows, menu_document
from menus.storefront.languages import Texts, choose_language
from menus.versions import read_one_version
from storekit.db.prepared_query import PreparedQuery, Row
from storekit.models import Venue

# Goes up when the shape of the JSON changes, so that a new release never answers with an old one's bytes.
_SHAPE = 3
_KEPT_FOR = 24 * 60 * 60

menu_cache = MenuCache()
# Readers who find a menu in neither place build it one after another, so that the first one's work does for all of
# this process. Processes do not wait for each other: at worst each of them builds a menu once.
_BUILDING = tuple(threading.Lock() for _ in range(16))


class NoMenu(Exception):
    """The venue has not synced a menu yet."""


class _EditionRow(NamedTuple):
    """What decides a venue's menu beside the language asked for, as the database has it at this moment."""

    venue_id: int | str
    slug: str
    name: str
    currency: str
    timezone: str
    version: int | str | None
    languages: str | None
    """JSON."""
    preferred_language: str | None
    not_ready_reason: str | None


@dataclass(frozen=True)
class MenuEdition:
    """Which bytes to answer with: one venue's menu, in one language, at one version."""

    venue_id: int
    slug: str
    name: str
    currency: str
    timezone: str
    version: int
    languages: tuple[str, ...]
    language: str
    preferred_language: str
    not_ready_reason: str
    """Why the till takes no orders at the moment; empty when it does, or nobody knows."""

    def etag(self, coding: str) -> str:
        """A strong entity tag, known without building: the bytes follow from exactly these values.

        Each content coding has its own (RFC 9110, section 8.8.3.3).
        """
        return f'"{self.key}"' if coding == IDENTITY else f'"{self.key}-{coding}"'

    @functools.cached_property
    def key(self) -> str:
        """What the bytes are found by."""
        return f"{self.venue_id}-{self.version}-{self.language}-{self._surroundings}"

    @property
    def _surroundings(self) -> str:
        # What is in the bytes too and not counted by the menu's version. Keyed, because storefronts see it and have no
        # business in trying out which settings make it.
        # The public address stands before every image's.
        words = [self.slug, self.name, self.currency, self.timezone, self.preferred_language, settings.PUBLIC_URL]
        parts = [_SHAPE, *words, self.not_ready_reason]
        return salted_hmac("menus.storefront.published", json.dumps(parts), algorithm="sha256").hexdigest()[:16]


def find_edition(*, slug: str, lang: str = "", accept_language: str = "") -> MenuEdition:
    """The edition for a reader, in one query. Unknown languages fall back, in the end to the preferred one.

    Args:
        lang: the language asked for by name; wins.
        accept_language: the header of that name, with its q values.

    Raises:
        Venue.DoesNotExist: there is no such venue.
        NoMenu: nothing was synced yet.
    """
    return _edition(_EDITION_ROW.find(slug), lang, accept_language)


def find_at_once(*, slug: str, lang: str, accept_language: str) -> tuple[MenuEdition, CompressedMenu | None]:
    """The edition likewise, and the menu if this process has it in its memory.

    Raises:
        Venue.DoesNotExist, NoMenu: as above.
        NotPrepared: `find_edition` will do.
    """
    edition = _edition(_EDITION_ROW.find_prepared(slug), lang, accept_language)
    return edition, menu_cache.find(edition.key)


def read_menu(*, slug: str, lang: str = "", accept_language: str = "") -> tuple[MenuEdition, CompressedMenu]:
    """The menu from the shelf, from the cache, or built now, with the edition that it is.

    Raises:
        Venue.DoesNotExist: there is no such venue.
        NoMenu: nothing was synced yet.
        MenuBusy: when the menu kept changing while it was read.
    """
    edition = find_edition(slug=slug, lang=lang, accept_language=accept_language)
    packed = menu_cache.find(edition.key)
    if packed is not None:
        return edition, packed
    with _BUILDING[edition.venue_id % len(_BUILDING)]:
        # Looked at once more: whoever was here before may have built it, or the next version of it.
        edition = find_edition(slug=slug, lang=lang, accept_language=accept_language)
        packed = menu_cache.find(edition.key) or _from_cache(edition)
        if packed is None:
            edition, packed = _build(edition)
            cache.set(_cache_key(edition), (packed.gzip, packed.brotli), _KEPT_FOR)
        menu_cache.keep(edition.key, packed)
    return edition, packed


# The columns in the order of _EditionRow.
_EDITION_ROW = PreparedQuery(
    name="menu_standing",
    queryset=lambda: Venue.objects.filter(slug="any").order_by().values_list(
        "pk", "slug", "name", "currency", "timezone",
        "menu__version", "menu__languages", "connection__settings__preferred_language", "connection__not_ready_reason",
    ),
)  # fmt: skip


@functools.lru_cache(maxsize=2048)
def _edition(row: Row | None, lang: str, accept_language: str) -> MenuEdition:
    if row is None:
        raise Venue.DoesNotExist
    standing = _EditionRow(*row)
    if not standing.version or not int(standing.version):
        raise NoMenu(f"{standing.name} has not synced a menu yet.")
    languages = tuple(json.loads(standing.languages or "[]"))
    preferred = (standing.preferred_language or "").lower()
    return MenuEdition(
        venue_id=int(standing.venue_id),
        slug=standing.slug,
        name=standing.name,
        currency=standing.currency,
        timezone=standing.timezone,
        version=int(standing.version),
        languages=languages,
        language=choose_language(available=languages, lang=lang, accept_language=accept_language, preferred=preferred),
        preferred_language=preferred,
        not_ready_reason=standing.not_ready_reason or "",
    )


def _cache_key(edition: MenuEdition) -> str:
    return f"menu:{edition.key}"


def _from_cache(edition: MenuEdition) -> CompressedMenu | None:
    kept = cache.get(_cache_key(edition))
    return kept and CompressedMenu(gzip=kept[0], brotli=kept[1])


def _build(edition: MenuEdition) -> tuple[MenuEdition, CompressedMenu]:
    # A sync may have committed since the edition was found; the one that is returned is the one that the bytes are.
    venue = Venue(pk=edition.venue_id)
    version, rows = read_one_version(venue=venue, read=lambda: load_rows(venue=venue))
    built = replace(edition, version=version, languages=rows.languages)
    texts = Texts(language=built.language, preferred=built.preferred_language, available=built.languages)
    document = {
        "venue": {name: getattr(built, name) for name in ("slug", "name", "currency", "timezone")},
        "version": built.version,
        "language": built.language,
        "languages": built.languages,
        "ordering": {"ready": not built.not_ready_reason, "reason": built.not_ready_reason or None},
        **menu_document(rows=rows, texts=texts),
    }
    return built, pack(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
