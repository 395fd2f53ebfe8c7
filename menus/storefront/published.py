"""The published menu: built once per venue, language, order type and version, kept compressed, and served from memory.

Every read first gets the version from the database. The compressed bytes come from this process's memory, else from
the cache that all processes share, else they are built. Their key is everything that decides the bytes, the version
included, so a cached menu is never out of date.
"""

import functools
import json
import threading
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from integrations.connect.ordering import why_not_ordering
from integrations.pos import OrderType
from menus.storefront.cache import MenuCache
from menus.storefront.compression import IDENTITY, CompressedMenu, compress
from menus.storefront.document import load_rows, menu_document
from menus.storefront.languages import Texts, choose_language
from menus.versions import read_one_version
from storekit.db.prepared_query import PreparedQuery, Row
from storekit.models import Venue
from storekit.queue.heartbeat import AnyWorkerAlive

# Raise this when the same rows make other JSON, so that a new release never serves an old release's bytes.
_SHAPE = 5
_CACHED_FOR = 24 * 60 * 60

menu_cache = MenuCache()
# Within a process, requests for a menu that is not cached wait for the first one to build it. Processes do not wait
# for each other: at worst, each builds a menu once.
_BUILDING = tuple(threading.Lock() for _ in range(16))


class NoMenu(Exception):
    """The venue has not synced a menu yet."""


class _EditionRow(NamedTuple):
    """Everything but the requested language that decides a venue's menu, as in the database now."""

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
    status: str | None
    enabled: bool | int | str | None
    worker_alive: int | str


@dataclass(frozen=True)
class MenuEdition:
    """One venue's menu in one language at one version: the identity of the bytes to send."""

    venue_id: int
    slug: str
    name: str
    currency: str
    timezone: str
    version: int
    languages: tuple[str, ...]
    language: str
    preferred_language: str
    type: OrderType
    """The order type whose prices are shown."""
    not_ready_reason: str
    """Why orders cannot be sent now; empty if they can, or if the POS has not said whether it takes them."""

    def etag(self, coding: str) -> str:
        """Return the strong entity tag in this coding, without building the menu: these values decide its bytes.

        Each content coding needs a tag of its own (RFC 9110, section 8.8.3.3).
        """
        return f'"{self.key}"' if coding == IDENTITY else f'"{self.key}-{coding}"'

    @functools.cached_property
    def key(self) -> str:
        """The key of the bytes in every cache."""
        return f"{self.venue_id}-{self.version}-{self.type.value}-{self.language}-{self._context_digest}"

    @property
    def _context_digest(self) -> str:
        # What else is in the bytes but does not raise the menu's version; image addresses begin with the public URL.
        # Keyed, because storefronts see it and must not be able to guess settings from it.
        words = [self.slug, self.name, self.currency, self.timezone, self.preferred_language, settings.PUBLIC_URL]
        parts = [_SHAPE, *words, self.not_ready_reason]
        return salted_hmac("menus.storefront.published", json.dumps(parts), algorithm="sha256").hexdigest()[:16]


def find_edition(
    *, slug: str, lang: str = "", accept_language: str = "", type: OrderType = OrderType.PICKUP
) -> MenuEdition:
    """Return the edition for a request, in one query. Unknown languages fall back, finally to the preferred one.

    Args:
        lang: the requested language; takes precedence.
        accept_language: the `Accept-Language` header, with its q values.
        type: the order type whose prices are shown.

    Raises:
        Venue.DoesNotExist: there is no such venue.
        NoMenu: the venue has not synced a menu yet.
    """
    return _edition(_EDITION_ROW.find(slug), lang, accept_language, type)


def find_in_memory(
    *, slug: str, lang: str, accept_language: str, type: OrderType
) -> tuple[MenuEdition, CompressedMenu | None]:
    """Return the edition by the fast query, and the menu if this process has it in memory.

    Raises:
        Venue.DoesNotExist, NoMenu: as in `find_edition`.
        NotPrepared: the fast query is not available now; use `find_edition`.
    """
    edition = _edition(_EDITION_ROW.find_prepared(slug), lang, accept_language, type)
    return edition, menu_cache.find(edition.key)


def read_menu(
    *, slug: str, lang: str = "", accept_language: str = "", type: OrderType = OrderType.PICKUP
) -> tuple[MenuEdition, CompressedMenu]:
    """Return the menu, from memory, from the shared cache or built now, with its edition.

    Raises:
        Venue.DoesNotExist: there is no such venue.
        NoMenu: the venue has not synced a menu yet.
        MenuBusy: the menu kept changing while it was being read.
    """
    edition = find_edition(slug=slug, lang=lang, accept_language=accept_language, type=type)
    compressed = menu_cache.find(edition.key)
    if compressed is not None:
        return edition, compressed
    with _BUILDING[edition.venue_id % len(_BUILDING)]:
        # Check again: the request that held the lock before may have built this menu, or its next version.
        edition = find_edition(slug=slug, lang=lang, accept_language=accept_language, type=type)
        compressed = menu_cache.find(edition.key) or _from_cache(edition)
        if compressed is None:
            edition, compressed = _build(edition)
            cache.set(_cache_key(edition), (compressed.gzip, compressed.brotli), _CACHED_FOR)
        menu_cache.add(edition.key, compressed)
    return edition, compressed


# The columns in the order of _EditionRow.
_EDITION_ROW = PreparedQuery(
    name="menu_edition",
    queryset=lambda: Venue.objects.filter(slug="any").order_by().values_list(
        "pk", "slug", "name", "currency", "timezone",
        "menu__version", "menu__languages", "connection__settings__preferred_language", "connection__not_ready_reason",
        "connection__status", "connection__enabled", AnyWorkerAlive(),
    ),
)  # fmt: skip


@functools.lru_cache(maxsize=2048)
def _edition(row: Row | None, lang: str, accept_language: str, type: OrderType) -> MenuEdition:
    if row is None:
        raise Venue.DoesNotExist
    found = _EditionRow(*row)
    if not found.version or not int(found.version):
        raise NoMenu(f"{found.name} has not synced a menu yet.")
    languages = tuple(json.loads(found.languages or "[]"))
    preferred = (found.preferred_language or "").lower()
    return MenuEdition(
        venue_id=int(found.venue_id),
        slug=found.slug,
        name=found.name,
        currency=found.currency,
        timezone=found.timezone,
        version=int(found.version),
        languages=languages,
        language=choose_language(available=languages, lang=lang, accept_language=accept_language, preferred=preferred),
        preferred_language=preferred,
        type=type,
        not_ready_reason=_why_not_ready(found),
    )


def _why_not_ready(found: _EditionRow) -> str:
    why = why_not_ordering(
        status=found.status,
        enabled=found.enabled,
        not_ready_reason=found.not_ready_reason,
        worker_alive=found.worker_alive,
    )
    return why.reason if why else ""


def _cache_key(edition: MenuEdition) -> str:
    return f"menu:{edition.key}"


def _from_cache(edition: MenuEdition) -> CompressedMenu | None:
    cached = cache.get(_cache_key(edition))
    return cached and CompressedMenu(gzip=cached[0], brotli=cached[1])


def _build(edition: MenuEdition) -> tuple[MenuEdition, CompressedMenu]:
    # A sync may have committed since the edition was found, so return the edition of the bytes that were built.
    venue = Venue(pk=edition.venue_id, currency=edition.currency)
    version, rows = read_one_version(venue=venue, read=lambda: load_rows(venue=venue, type=edition.type))
    built = replace(edition, version=version, languages=rows.languages)
    texts = Texts(language=built.language, preferred=built.preferred_language, available=built.languages)
    document = {
        "venue": {name: getattr(built, name) for name in ("slug", "name", "currency", "timezone")},
        "version": built.version,
        "language": built.language,
        "languages": built.languages,
        "ordering": {"ready": not built.not_ready_reason, "reason": built.not_ready_reason or None},
        **menu_document(rows=rows, texts=texts, currency=built.currency),
    }
    return built, compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
