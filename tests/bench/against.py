"""`make bench-against REV=…`: this code's benchmarks beside those of an older commit, in turns on one machine.

The commit is checked out under `var/bench/` and measures itself with its own `tests/bench`; only its output is read.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.comparison import Comparison, compare
from tests.bench.names import BENCHMARKS, FROM_OUTSIDE
from tests.bench.report import Row, rows_of_json, rows_of_table

_FOLDER = Path(__file__).resolve().parent.parent.parent
_REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
_OWN_SETTINGS = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "ENV_FILE", "PYTHONPATH")
_HEADINGS = ("what", "that commit", "this code", "ratio", "", "to floor: that commit", "this code")
_WIDTHS = (64, 12, 12, 6, 18, 22, 0)


@dataclass(frozen=True)
class Checkout:
    """Code that can measure itself: its folder, and the Python with its dependencies."""

    folder: Path
    python: str

    def run(self, benchmark: str) -> list[Row]:
        """Run one benchmark; return its rows, none if this code has no such benchmark.

        Raises:
            RuntimeError: the benchmark failed; the message has the end of what it wrote.
        """
        knows_json = "--json" in (self.folder / "tests/bench/__main__.py").read_text()
        done = subprocess.run(
            [self.python, "-m", "tests.bench", *(["--json"] if knows_json else []), benchmark],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in _OWN_SETTINGS},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and "There is no benchmark" in done.stderr:
            return self._run_from_outside(benchmark) if benchmark in FROM_OUTSIDE else []
        if done.returncode:
            raise RuntimeError(f"{benchmark} failed in {self.folder}:\n{done.stderr[-2000:]}")
        return rows_of_json(done.stdout) if knows_json else rows_of_table(done.stdout)

    def _run_from_outside(self, benchmark: str) -> list[Row]:
        """Measure this checkout's storekit with the benchmark of the present code."""
        done = subprocess.run(
            [self.python, "-m", "tests.bench", "--json", benchmark],
            cwd=_FOLDER,
            env=os.environ | {"STOREKIT_CODE": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{benchmark} failed with {self.folder}:\n{done.stderr[-2000:]}")
        return rows_of_json(done.stdout)


def check_out(revision: str) -> Checkout:
    """Check a commit out under `var/bench/`, or use the checkout that is there.

    It gets a virtual environment of its own, unless this one has all of its requirements in the same versions.

    Raises:
        SystemExit: there is no such commit, or it cannot run benchmarks by name.
    """
    try:
        commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        raise SystemExit(f"There is no commit {revision}.") from None
    folder = _FOLDER / "var" / "bench" / commit[:12]
    if not folder.exists():
        _git("worktree", "prune")
        _git("worktree", "add", "--detach", str(folder), commit)
    main = folder / "tests/bench/__main__.py"
    if not main.exists() or "sys.argv" not in main.read_text():
        raise SystemExit(f"{revision} cannot run benchmarks by name: choose a later commit.")
    if _requirements(folder) <= _requirements(_FOLDER):
        return Checkout(folder, sys.executable)
    python = folder / ".venv/bin/python"
    if not (folder / ".venv/.complete").exists():
        print(f"Installing the requirements of {revision} …", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder / ".venv")], check=True)
        pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
        locked = (folder / "requirements-dev.lock").exists()
        subprocess.run([*pip, "-r", f"requirements-dev.{'lock' if locked else 'txt'}"], cwd=folder, check=True)
        (folder / ".venv/.complete").touch()
    return Checkout(folder, str(python))


def _requirements(folder: Path) -> set[str]:
    lines = [line for name in _REQUIREMENTS for line in (folder / name).read_text().splitlines()]
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=_FOLDER, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main(arguments: list[str]) -> None:
    """Compare, and print a row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.against", description=__doc__)
    parser.add_argument("revision", help="the older commit")
    parser.add_argument("benchmarks", nargs="*", metavar="benchmark", help="all of them if none is named")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs each benchmark")
    options = parser.parse_args(arguments)
    if unknown := set(options.benchmarks) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    that, this = check_out(options.revision), Checkout(_FOLDER, sys.executable)
    _print(_HEADINGS)
    for name in options.benchmarks or BENCHMARKS:
        # In turns, so that whatever else the machine does slows both.
        rounds = [(that.run(name), this.run(name)) for _ in range(options.rounds)]
        for one in compare([then for then, _ in rounds], [now for _, now in rounds]):
            _print(_cells(one))


def _cells(one: Comparison) -> tuple[str, ...]:
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    return one.what, one.then, one.now, ratio, one.verdict, one.floor_then, one.floor_now


def _print(cells: tuple[str, ...]) -> None:
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
