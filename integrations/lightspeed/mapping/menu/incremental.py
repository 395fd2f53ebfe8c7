"""Checkpoints of loaded menus: of the next menu, only the products that changed are read. No HTTP, no database."""

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from integrations.lightspeed.mapping.json_fields import Json, identifier, objects
from integrations.lightspeed.mapping.menu.parser import ParsedMenu
from integrations.lightspeed.mapping.menu.prices import has_percentage_price
from integrations.lightspeed.mapping.menu.snapshot import MenuRead, SubScreens, distinct_warnings, is_screen, read_menu
from integrations.pos import BadAnswer, MenuReading, StoredGroups

_COMPRESSION = 1
_MAX_CHANGED = 500


@dataclass(frozen=True)
class Outline:
    """Digests of a menu. `frame` covers everything that is not part of a product, including the products' order."""

    frame: str
    products: dict[str, str]
    """Digests of all entries of a product, by SKU."""
    skus: list[str]
    """The SKU of every entry that is not a screen, in the order of the menu."""


@dataclass(frozen=True)
class Checkpoint:
    """What is kept from one menu, to compare the next one with."""

    head: str
    """The mapping's version, the sub-screens setting and the request; all must match."""
    frame: str
    products: dict[str, str]
    warnings: dict[int, tuple[str, ...]]
    """As in `MenuRead`."""
    languages: dict[str, frozenset[str]]
    """As in `MenuRead`."""

    @property
    def all_languages(self) -> tuple[str, ...]:
        """The languages of the whole menu, sorted."""
        return tuple(sorted(frozenset().union(*set(self.languages.values()))))


def outline_of(parsed: ParsedMenu, *price_lists: ParsedMenu) -> Outline | None:
    """Return the outline of a menu, with the same menu at other prices; None if one is not as documented."""
    outlines = [outline for one in (parsed, *price_lists) if (outline := _outline_of_one(one)) is not None]
    if len(outlines) <= len(price_lists):
        return None
    first, *others = outlines
    products = {
        sku: " ".join([digest, *(other.products.get(sku, "") for other in others)])
        for sku, digest in first.products.items()
    }
    return Outline(" ".join(outline.frame for outline in outlines), products, first.skus)


def _outline_of_one(parsed: ParsedMenu) -> Outline | None:
    frame = hashlib.sha256()
    products: defaultdict[str, list[str]] = defaultdict(list)
    skus: list[str] = []
    try:
        # Not a recursive closure: its reference cycle would keep the whole menu in memory until garbage collection.
        for step, sku, entry in _walk(parsed.menu, "menuEntryGroups"):
            frame.update(step.encode())
            if entry is not None:
                products[sku].append(parsed.digests[id(entry)])
                skus.append(sku)
    except (AttributeError, BadAnswer, KeyError, RecursionError):
        return None
    return Outline(frame.hexdigest(), {sku: " ".join(digests) for sku, digests in products.items()}, skus)


def _walk(holder: Json, name: str) -> Iterator[tuple[str, str, Json | None]]:
    """Yield every screen and entry: its part of the frame, and for entries that are not screens the SKU and entry."""
    yield repr({key: value for key, value in holder.items() if key != name}), "", None
    for entry in objects(holder, name, ""):
        if name == "menuEntryGroups" or is_screen(entry):
            yield "[", "", None
            yield from _walk(entry, "menuEntry")
            yield "]", "", None
            continue
        sku = identifier(entry, "sku", "")
        # These fields decide whether the entry is shown on the screen at all.
        decisive = (entry.get("@type"), sku, entry.get("asSubItem"), has_percentage_price(entry, ""))
        yield repr(decisive), sku, entry


def checkpoint_of(outline: Outline | None, read: MenuRead, head: str) -> bytes:
    """Return the checkpoint of a menu that was read whole; empty if there is no outline."""
    if outline is None:
        return b""
    return _pack(Checkpoint(head, outline.frame, outline.products, read.warnings, read.languages))


def changed_part(
    parsed: ParsedMenu,
    outline: Outline | None,
    checkpoint: bytes,
    head: str,
    *,
    currency: str,
    sub_screens: SubScreens,
    stored: StoredGroups | None,
) -> MenuReading | None:
    """Return the products that changed since the checkpoint, with their groups; None to read the whole menu instead."""
    if outline is None or not checkpoint:
        return None
    before = _unpack(checkpoint)
    if (before.head, before.frame) != (head, outline.frame):
        return None
    changed = frozenset(sku for sku, digest in outline.products.items() if before.products.get(sku) != digest)
    if not 0 < len(changed) <= _MAX_CHANGED:
        return None
    try:
        menu = _only(parsed.menu, "menuEntryGroups", changed)
        read = read_menu(menu, currency=currency, sub_screens=sub_screens, stored=stored)
    except BadAnswer:
        return None
    after = _updated(before, outline, read, changed)
    if read.snapshot.rich_content_missing or after.all_languages != before.all_languages:
        return None
    warnings = distinct_warnings(after.warnings)
    part = replace(read.snapshot, categories=(), languages=after.all_languages, warnings=warnings)
    return MenuReading(part, _pack(after), changed)


def _updated(before: Checkpoint, outline: Outline, read: MenuRead, changed: Collection[str]) -> Checkpoint:
    """Return the checkpoint of the whole menu, from the previous one and the part that was read."""
    places = [place for place, sku in enumerate(outline.skus) if sku in changed]
    warnings = {place: sentences for place, sentences in before.warnings.items() if outline.skus[place] not in changed}
    warnings |= {places[number]: sentences for number, sentences in read.warnings.items()}
    languages = {sku: found for sku, found in before.languages.items() if sku not in changed} | read.languages
    return Checkpoint(before.head, outline.frame, outline.products, warnings, languages)


def _pack(checkpoint: Checkpoint) -> bytes:
    by_languages: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for sku, found in checkpoint.languages.items():
        by_languages[found].append(sku)
    kept = [
        checkpoint.head,
        checkpoint.frame,
        checkpoint.products,
        sorted(checkpoint.warnings.items()),
        sorted((sorted(languages), sorted(skus)) for languages, skus in by_languages.items()),
    ]
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), _COMPRESSION)


def _unpack(content: bytes) -> Checkpoint:
    head, frame, products, warnings, by_languages = json.loads(zlib.decompress(content))
    parsed = [(frozenset(languages), skus) for languages, skus in by_languages]
    return Checkpoint(
        head,
        frame,
        products,
        {place: tuple(sentences) for place, sentences in warnings},
        {sku: languages for languages, skus in parsed for sku in skus},
    )


def _only(holder: Json, name: str, skus: Collection[str]) -> dict[str, Any]:
    """Return the menu, or a screen, with all its screens but only these products."""
    entries = [
        _only(entry, "menuEntry", skus) if name == "menuEntryGroups" or is_screen(entry) else entry
        for entry in objects(holder, name, "")
        if name == "menuEntryGroups" or is_screen(entry) or identifier(entry, "sku", "") in skus
    ]
    return {**holder, name: entries}
