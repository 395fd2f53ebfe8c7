"""The locks that `make` installs from, and the audit of what they lock."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.audit import FINE, UNKNOWN, VULNERABLE, verdict

_FOLDER = Path(__file__).parent.parent
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    found: list[tuple[str, str]] = _PIN.findall((_FOLDER / name).read_text())
    return {package.lower().replace("_", "-"): version for package, version in found}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_has_every_direct_pin(name: str) -> None:
    assert pins(f"{name}.txt").items() <= pins(f"{name}.lock").items(), "run: make lock"


def test_what_is_tested_is_what_runs_in_production() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_package_has_hashes_and_no_index_is_named(name: str) -> None:
    text = (_FOLDER / name).read_text()
    blocks = re.split(r"\n(?=[\w])", text)
    assert [block.splitlines()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []
    assert not re.search(r"://|index-url|find-links", text)


def audited(*packages: Mapping[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_the_audit_names_what_is_vulnerable() -> None:
    bad = {"name": "django", "version": "5.2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.2.1"]}]}
    assert verdict(audited(bad), "") == (VULNERABLE, ["django 5.2.0: PYSEC-1, fixed in 5.2.1"])


def test_the_audit_says_plainly_that_it_could_not_look() -> None:
    code, lines = verdict("", "Traceback …\nrequests.exceptions.ConnectionError: no route")
    assert code == UNKNOWN
    assert lines[0] == "Nothing was checked: the database of vulnerabilities could not be reached."


def test_packages_that_were_skipped_do_not_count_as_fine() -> None:
    good = {"name": "a", "version": "1", "vulns": []}
    assert verdict(audited(good), "") == (FINE, ["No known vulnerability in 1 packages."])
    code, lines = verdict(audited(good, {"name": "b", "version": "1", "skip_reason": "not found"}), "")
    assert (code, lines) == (UNKNOWN, ["1 of 2 packages could not be checked, among them: b."])
