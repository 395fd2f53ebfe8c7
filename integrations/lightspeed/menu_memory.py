"""What is remembered of a loaded menu, so that of the next one only the products that changed need to be read. Pure.

A product's groups are keyed by what the whole menu holds (see `integrations.lightspeed.menu_keys`), so products are
read without the others only where no other product asks a group of the same identity, before or after.
"""

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from integrations.lightspeed.menu import SubScreens, is_screen, to_snapshot
from integrations.lightspeed.menu_choices import GROUP_FIELDS, IDENTITY_FIELDS
from integrations.lightspeed.reading import Json, identifier, objects
from integrations.pos import BadAnswer, MenuSnapshot

_COMPRESSION = 1
_MOST_CHANGED = 500


@dataclass(frozen=True)
class Outline:
    """A menu in short. Whatever is not below a product's SKU is in `frame`, the order of the products included."""

    frame: str
    products: dict[str, str]
    """A digest of all that the menu says of a product, by SKU."""
    groups: dict[str, list[str]]
    """The kinds and identities of the groups that it asks at any depth, by SKU."""


def outline_of(menu: Json) -> Outline | None:
    """None when the menu is not as documented, which is for reading it to say."""
    frame = hashlib.sha256()
    products: defaultdict[str, list[str]] = defaultdict(list)
    groups: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def add(holder: Json, name: str) -> None:
        frame.update(repr({key: value for key, value in holder.items() if key != name}).encode())
        for entry in objects(holder, name, ""):
            if is_screen(entry):
                frame.update(b"[")
                add(entry, "menuEntry")
                frame.update(b"]")
                continue
            sku = identifier(entry, "sku", "")
            frame.update(repr((entry.get("@type"), sku, entry.get("asSubItem"))).encode())
            products[sku].append(hashlib.sha256(repr(entry).encode()).hexdigest())
            groups[sku].update(dict.fromkeys(_groups_of(entry)))

    try:
        add(menu, "menuEntryGroups")
    except (BadAnswer, RecursionError, ValueError):
        return None
    return Outline(
        frame=frame.hexdigest(),
        products={sku: " ".join(digests) for sku, digests in products.items()},
        groups={sku: list(found) for sku, found in groups.items()},
    )


def packed(outline: Outline | None, languages: Iterable[str], head: str) -> bytes:
    """What to remember; `head` says how the menu was read. Empty when there is nothing."""
    if outline is None:
        return b""
    kept = [head, outline.frame, outline.products, outline.groups, list(languages)]
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), _COMPRESSION)


def changed_part(
    menu: Json, outline: Outline | None, memory: bytes, head: str, *, sub_screens: SubScreens
) -> MenuSnapshot | None:
    """The products that are not as remembered, with their groups and nothing else; everything else is as it was.

    None when that cannot be said for sure, and the whole menu has to be read.
    """
    if outline is None or not memory:
        return None
    before_head, frame, products, groups, languages = json.loads(zlib.decompress(memory))
    if (before_head, frame) != (head, outline.frame):
        return None
    changed = {sku for sku, digest in outline.products.items() if products.get(sku) != digest}
    if not 0 < len(changed) <= _MOST_CHANGED:
        return None
    concerned = {group for sku in changed for group in (*outline.groups[sku], *groups.get(sku, ()))}
    if any(not concerned.isdisjoint(found) for sku, found in outline.groups.items() if sku not in changed):
        return None
    try:
        part = to_snapshot(_only(menu, "menuEntryGroups", changed), sub_screens=sub_screens)
    except BadAnswer:
        return None
    if part.warnings or part.rich_content_missing or list(part.languages) != languages:
        return None
    if {product.sku for product in part.products} != changed:
        return None
    return replace(part, categories=())


def _groups_of(entry: Json) -> Iterator[str]:
    for name, kind in GROUP_FIELDS:
        if not entry.get(name):
            continue
        for group in objects(entry, name, ""):
            if identity := identifier(group, IDENTITY_FIELDS[kind], ""):
                yield f"{kind}:{identity}"
            for items in ("items", "productModifiers"):
                for item in objects(group, items, ""):
                    yield from _groups_of(item)


def _only(holder: Json, name: str, skus: Collection[str]) -> Json:
    """The menu, or a screen, with all its screens but with these products only."""
    entries = [
        _only(entry, "menuEntry", skus) if is_screen(entry) else entry
        for entry in objects(holder, name, "")
        if is_screen(entry) or identifier(entry, "sku", "") in skus
    ]
    return {**holder, name: entries}
