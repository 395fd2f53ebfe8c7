"""Imports point down only: the contracts of pyproject.toml hold, and would be noticed when they did not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def lint_imports(config: Path, *, cache: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--config", str(config), "--cache-dir", str(cache)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
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


def test_a_broken_direction_would_be_noticed(tmp_path: Path) -> None:
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
