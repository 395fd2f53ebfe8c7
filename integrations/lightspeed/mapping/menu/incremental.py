"""What is remembered of a loaded menu, so that of the next one only the products that changed need to be read. Pure."""

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from integrations.lightspeed.mapping.json_fields import Json, identifier, objects
from integrations.lightspeed.mapping.menu.choices import has_percentage_price
from integrations.lightspeed.mapping.menu.parser import ParsedMenu
from integrations.lightspeed.mapping.menu.snapshot import MenuRead, SubScreens, each_once, is_screen, read_menu
from integrations.pos import BadAnswer, MenuReading, StoredGroups

_COMPRESSION = 1
_MOST_CHANGED = 500


@dataclass(frozen=True)
class Outline:
    """A menu in short. Whatever is not below a product's SKU is in `frame`, the order of the products included."""

    frame: str
    products: dict[str, str]
    """Digests of all that the menu says of a product, by SKU."""
    skus: list[str]
    """Of every entry that is no screen, in the order of the menu."""


@dataclass(frozen=True)
class Checkpoint:
    """What is kept of one answer."""

    head: str
    """How it was read."""
    frame: str
    products: dict[str, str]
    warnings: dict[int, tuple[str, ...]]
    """As `MenuRead` has them."""
    languages: dict[str, frozenset[str]]
    """As `MenuRead` has them."""

    @property
    def all_languages(self) -> tuple[str, ...]:
        """Of the whole menu."""
        return tuple(sorted(frozenset().union(*set(self.languages.values()))))


def outline_of(parsed: ParsedMenu) -> Outline | None:
    """None when the menu is not as documented, which is for reading it to say."""
    frame = hashlib.sha256()
    products: defaultdict[str, list[str]] = defaultdict(list)
    skus: list[str] = []
    try:
        # No closure that calls itself: as a cycle, it would keep the whole menu in memory until it is collected.
        for step, sku, entry in _walk(parsed.menu, "menuEntryGroups"):
            frame.update(step.encode())
            if entry is not None:
                products[sku].append(parsed.digests[id(entry)])
                skus.append(sku)
    except (AttributeError, BadAnswer, KeyError, RecursionError):
        return None
    return Outline(frame.hexdigest(), {sku: " ".join(digests) for sku, digests in products.items()}, skus)


def _walk(holder: Json, name: str) -> Iterator[tuple[str, str, Json | None]]:
    """Every screen and entry: what of it is in the frame, and an entry that is no screen with its SKU."""
    yield repr({key: value for key, value in holder.items() if key != name}), "", None
    for entry in objects(holder, name, ""):
        if name == "menuEntryGroups" or is_screen(entry):
            yield "[", "", None
            yield from _walk(entry, "menuEntry")
            yield "]", "", None
            continue
        sku = identifier(entry, "sku", "")
        # With these it is decided whether the entry stands on the screen at all.
        decisive = (entry.get("@type"), sku, entry.get("asSubItem"), has_percentage_price(entry, ""))
        yield repr(decisive), sku, entry


def remembered(outline: Outline | None, read: MenuRead, head: str) -> bytes:
    """What to keep of a menu that was read whole; empty when there is nothing."""
    if outline is None:
        return b""
    return _packed(Checkpoint(head, outline.frame, outline.products, read.warnings, read.languages))


def changed_part(
    parsed: ParsedMenu,
    outline: Outline | None,
    checkpoint: bytes,
    head: str,
    *,
    sub_screens: SubScreens,
    held: StoredGroups | None,
) -> MenuReading | None:
    """The products that are not as remembered, with their groups; None when the whole menu has to be read."""
    if outline is None or not checkpoint:
        return None
    before = _unpacked(checkpoint)
    if (before.head, before.frame) != (head, outline.frame):
        return None
    changed = frozenset(sku for sku, digest in outline.products.items() if before.products.get(sku) != digest)
    if not 0 < len(changed) <= _MOST_CHANGED:
        return None
    try:
        read = read_menu(_only(parsed.menu, "menuEntryGroups", changed), sub_screens=sub_screens, held=held)
    except BadAnswer:
        return None
    after = _after(before, outline, read, changed)
    if read.snapshot.rich_content_missing or after.all_languages != before.all_languages:
        return None
    warnings = each_once(after.warnings)
    part = replace(read.snapshot, categories=(), languages=after.all_languages, warnings=warnings)
    return MenuReading(part, _packed(after), changed)


def _after(before: Checkpoint, outline: Outline, read: MenuRead, changed: Collection[str]) -> Checkpoint:
    """What the whole menu would leave, from what is remembered of the products that are as before."""
    places = [place for place, sku in enumerate(outline.skus) if sku in changed]
    warnings = {place: said for place, said in before.warnings.items() if outline.skus[place] not in changed}
    warnings |= {places[number]: said for number, said in read.warnings.items()}
    languages = {sku: found for sku, found in before.languages.items() if sku not in changed} | read.languages
    return Checkpoint(before.head, outline.frame, outline.products, warnings, languages)


def _packed(checkpoint: Checkpoint) -> bytes:
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


def _unpacked(content: bytes) -> Checkpoint:
    head, frame, products, warnings, by_languages = json.loads(zlib.decompress(content))
    spoken = [(frozenset(languages), skus) for languages, skus in by_languages]
    return Checkpoint(
        head,
        frame,
        products,
        {place: tuple(said) for place, said in warnings},
        {sku: languages for languages, skus in spoken for sku in skus},
    )


def _only(holder: Json, name: str, skus: Collection[str]) -> dict[str, Any]:
    """The menu, or a screen, with all its screens but with these products only."""
    entries = [
        _only(entry, "menuEntry", skus) if name == "menuEntryGroups" or is_screen(entry) else entry
        for entry in objects(holder, name, "")
        if name == "menuEntryGroups" or is_screen(entry) or identifier(entry, "sku", "") in skus
    ]
    return {**holder, name: entries}
