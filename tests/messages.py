"""Bring the translations of guests' texts up to date with the code: `make messages`.

Needs no program but Babel, which storekit uses anyway. New texts get an empty translation in each `django.po`, and all
are compiled; a test fails until every text has one.
"""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "tables" / "locale"
LANGUAGES = ("fr", "de", "nl", "es", "it")
"""Besides English, in which the texts are written in the code."""

_APPS = ("tables", "orders")
_KEYWORDS = {"gettext": None, "gettext_noop": None, "gettext_lazy": None, "_": None}
_HEADER = "# Texts that guests read. Brought up to date and compiled by: make messages"
# No date of the day: the files change when texts do.
_LONG_AGO = datetime(2026, 11, 27, tzinfo=UTC)


def texts() -> dict[str, list[str]]:
    """Return the texts for guests in code and templates, and the files that each is in."""
    found: dict[str, list[str]] = {}
    for path, text in sorted(_extracted()):
        places = found.setdefault(text, [])
        if path not in places:
            places.append(path)
    return found


def catalog_of(language: str) -> Catalog:
    """Return the stored translations into a language."""
    file = po_file(language)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """Return the catalogue as gettext reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def po_file(language: str) -> Path:
    """Return where the translations into a language are."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def update() -> int:
    """Write and compile every catalogue; return how many texts lack a translation."""
    missing = 0
    for language in LANGUAGES:
        old = catalog_of(language)
        new = _empty(language)
        for text, places in texts().items():
            known = old.get(text)
            new.add(text, known.string if known else "", locations=[(place, 1) for place in places])
            missing += not (known and known.string)
        file = po_file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            write_po(opened, new, width=110, sort_output=True, omit_header=False, include_lineno=False)
        file.with_suffix(".mo").write_bytes(compiled(catalog_of(language)))
    return missing


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language,
        header_comment=_HEADER,
        project="storekit",
        version="1",
        msgid_bugs_address="see SECURITY.md and the issues",
        last_translator="storekit",
        language_team=language,
        creation_date=_LONG_AGO,
        revision_date=_LONG_AGO,
        fuzzy=False,
    )


def _extracted() -> Iterator[tuple[str, str]]:
    for app in _APPS:
        for path in (ROOT / app).rglob("*.py"):
            source = path.read_bytes()
            if b"django.utils.translation import" in source:
                yield from _in(path, "python", source)
    for path in (ROOT / "templates").rglob("*.*"):
        source = path.read_bytes()
        if b"{% load i18n" in source or b" i18n " in source:
            # Django turns a template into something whose strings only are code, of no language in particular.
            yield from _in(path, "javascript", templatize(source.decode()).encode())


def _in(path: Path, kind: str, source: bytes) -> Iterator[tuple[str, str]]:
    for _, text, _, _ in extract(kind, io.BytesIO(source), keywords=_KEYWORDS):
        if isinstance(text, str) and text:
            yield str(path.relative_to(ROOT)), text


if __name__ == "__main__":
    lacking = update()
    sys.stdout.write(f"{lacking} translations are missing in {LOCALE}\n" if lacking else "Every text is translated.\n")
