"""Imports point down only, and breaking a contract of pyproject.toml is noticed; modules and folders stay small."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def lint_imports(config: Path, *, cache: Path, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--config", str(config), "--cache-dir", str(cache)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_imports_point_down_only(tmp_path: Path) -> None:
    checked = lint_imports(ROOT / "pyproject.toml", cache=tmp_path)

    if checked.returncode:
        pytest.fail(checked.stdout + checked.stderr, pytrace=False)
    assert "0 broken" in checked.stdout


def test_a_broken_contract_is_noticed(tmp_path: Path) -> None:
    upside_down = tmp_path / "upside_down.toml"
    upside_down.write_text(
        """
        [tool.importlinter]
        root_packages = ["storekit", "integrations", "menus", "tables", "orders"]

        [[tool.importlinter.contracts]]
        name = "The ground stands on the rooms"
        type = "layers"
        layers = ["integrations", "orders"]
        """
    )

    checked = lint_imports(upside_down, cache=tmp_path)

    assert checked.returncode != 0
    assert "The ground stands on the rooms" in checked.stdout
    assert "BROKEN" in checked.stdout


@pytest.mark.parametrize(
    ("module", "imported", "broken"),
    [
        ("menus/catalogue.py", "tables.models", "Rooms look down only"),
        ("integrations/recurrence.py", "orders.models", "Rooms look down only"),
        ("storekit/venues.py", "integrations.models", "The ground knows no room"),
        ("storekit/venues.py", "storekit.backoffice.home", "Nothing imports the roof"),
        ("orders/placing.py", "integrations.lightspeed.client", "Only the adapters' registry knows Lightspeed"),
        (
            "integrations/connect/tokens.py",
            "integrations.lightspeed.oauth",
            "Only the adapters' registry knows Lightspeed",
        ),
        ("storekit/demo/story.py", "integrations.sandbox.clock", "Nothing imports the sandbox"),
        ("integrations/pos/orders.py", "django.db", "The port knows no framework"),
        ("integrations/sandbox/clock.py", "storekit.models", "The sandbox knows nothing of storekit"),
        ("integrations/lightspeed/mapping/json_fields.py", "django.utils", "Lightspeed's mapping is pure"),
        ("integrations/lightspeed/mapping/json_fields.py", "integrations.lightspeed.http", "Lightspeed's layers"),
        ("tables/bills/splitting.py", "django.db", "The law of splitting is pure"),
        ("tables/payments/providers/port.py", "integrations.pos", "Who takes the money knows no POS"),
    ],
)
def test_breaking_each_contract_is_noticed(tmp_path: Path, module: str, imported: str, broken: str) -> None:
    for package in ("storekit", "integrations", "menus", "tables", "orders"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / module).open("a") as source:
        source.write(f"\nimport {imported}\n")

    checked = lint_imports(ROOT / "pyproject.toml", cache=tmp_path / "cache", root=tmp_path)

    assert f"{broken} BROKEN" in checked.stdout


def test_no_app_outside_integrations_names_the_settings_of_lightspeed() -> None:
    sources = [path for package in ("storekit", "menus", "tables", "orders") for path in (ROOT / package).rglob("*.py")]

    assert [path for path in sources if "LightspeedSettings" in path.read_text()] == []


def _python_files() -> list[Path]:
    packages = ("storekit", "integrations", "menus", "tables", "orders", "tests")
    return [path for package in packages for path in (ROOT / package).rglob("*.py")]


def test_no_module_has_more_than_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in _python_files()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_folder_has_more_than_20_python_files_beside_each_other() -> None:
    folders = Counter(str(path.parent.relative_to(ROOT)) for path in _python_files())
    apart = ("tests", "migrations")
    crowded = {name: number for name, number in folders.items() if number > 20 and not name.startswith("tests")}
    assert {name: number for name, number in crowded.items() if not name.endswith(apart)} == {}
