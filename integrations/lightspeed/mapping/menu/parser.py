"""Parse a loaded menu and compute a digest of every entry's source text in the same pass. No HTTP, no database.

This is the cheapest way to find which entries of a large menu have changed: serialising the parsed entries again would
take as long as parsing them.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from integrations.lightspeed.mapping.json_fields import fraction

_space = re.compile(r"[ \t\n\r]*").match
# An entry whose type is not its first field is recognised too, but is then parsed twice.
_screen_begins = re.compile(r'\{[ \t\n\r]*"@type"[ \t\n\r]*:[ \t\n\r]*"group"').match


@dataclass(frozen=True)
class ParsedMenu:
    """The JSON with every fraction as `Decimal`, and the digests of the entries that are not screens."""

    menu: Any
    digests: dict[int, str]
    """By the `id()` of the entry in `menu`."""


def parse_menu(content: bytes) -> ParsedMenu:
    """Parse a menu as `json.loads` does. Raises `ValueError` and `RecursionError` like it."""
    text = content.decode(json.detect_encoding(content), "surrogatepass")
    parser = _Parser(text)
    menu, end = parser.value(_skip_space(text, 0))
    if _skip_space(text, end) != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return ParsedMenu(menu, parser.digests)


class _Numbers(dict[str, Decimal]):
    """A cache of parsed numbers, because few of a menu's many numbers differ."""

    def __missing__(self, digits: str) -> Decimal:
        found = self[digits] = fraction(digits)
        return found


class _Parser:
    """Walk the menu and its screens, and leave everything inside them to the JSON decoder."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decode = json.JSONDecoder(parse_float=_Numbers().__getitem__, parse_constant=_refuse_constant).raw_decode
        self.digests: dict[int, str] = {}

    def value(self, at: int) -> tuple[Any, int]:
        return self._screen(at) if self._text.startswith("{", at) else self._decode(self._text, at)

    def _screen(self, at: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = _skip_space(self._text, at + 1)
        if self._text.startswith("}", at):
            return found, at + 1
        while True:
            name, at = self._decode(self._text, at)
            if not isinstance(name, str):
                raise json.JSONDecodeError("Expecting property name", self._text, at)
            at = self._after(":", at)
            if name in ("menuEntryGroups", "menuEntry") and self._text.startswith("[", at):
                found[name], at = self._entries(at, screens_only=name == "menuEntryGroups")
            else:
                found[name], at = self._decode(self._text, at)
            at = _skip_space(self._text, at)
            if self._text.startswith("}", at):
                return found, at + 1
            at = self._after(",", at)

    def _entries(self, at: int, *, screens_only: bool) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = _skip_space(self._text, at + 1)
        if self._text.startswith("]", at):
            return found, at + 1
        while True:
            entry, at = self.value(at) if screens_only or _screen_begins(self._text, at) else self._entry(at)
            found.append(entry)
            at = _skip_space(self._text, at)
            if self._text.startswith("]", at):
                return found, at + 1
            at = self._after(",", at)

    def _entry(self, at: int) -> tuple[Any, int]:
        entry, end = self._decode(self._text, at)
        if isinstance(entry, dict):
            if entry.get("@type") == "group":
                return self._screen(at)
            own = self._text[at:end].encode("utf-8", "surrogatepass")
            self.digests[id(entry)] = hashlib.sha256(own).hexdigest()
        return entry, end

    def _after(self, sign: str, at: int) -> int:
        at = _skip_space(self._text, at)
        if not self._text.startswith(sign, at):
            raise json.JSONDecodeError(f"Expecting {sign!r}", self._text, at)
        return _skip_space(self._text, at + 1)


def _skip_space(text: str, at: int) -> int:
    found = _space(text, at)
    return at if found is None else found.end()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
