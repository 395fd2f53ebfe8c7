"""The documents name modules, functions, files and pages that exist."""

import re
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PACKAGES = ("storekit", "integrations", "menus", "tables", "orders", "tests")
EXAMPLE = "acme"
"""The POS that docs/adding-a-pos.md adds. It does not exist."""


def _quoted(document: Path, pattern: str) -> list[str]:
    return [quoted for quoted in re.findall(rf"`({pattern})`", document.read_text()) if EXAMPLE not in quoted]


def _module_exists(dotted: str) -> bool:
    path = ROOT / dotted.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_dotted_name_resolves(document: Path) -> None:
    for dotted in _quoted(document, rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+"):
        if not dotted.endswith((".py", ".md", ".sqlite3")) and not _module_exists(dotted):
            import_string(dotted)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_named_file_exists(document: Path) -> None:
    named = _quoted(document, rf"(?:{'|'.join(PACKAGES)}|docs|templates)/[\w./-]*")
    missing = [path for path in named if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_page_of_the_project_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []
