"""`make audit`: known vulnerabilities of every locked package, or a plain word that they could not be looked up.

pip-audit does not fail when the database knows none of the packages, or none could be asked about, and ends in a
traceback when there is no network. So its answer is read here. It runs in an environment of its own, made by uv.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_LOCK = "requirements-dev.lock"
"""Everything: those for production are a part of it."""
_PIP_AUDIT = "pip-audit==2.10.1"
_OPTIONS = ("--vulnerability-service", "osv", "--disable-pip", "--require-hashes", "--progress-spinner", "off")
_COMMAND = ("uv", "tool", "run", "--quiet", "--from", _PIP_AUDIT, "pip-audit", *_OPTIONS, "--format", "json")
FINE, VULNERABLE, UNKNOWN = 0, 1, 2
"""Exit codes."""


def verdict(answer: str, complaint: str) -> tuple[int, list[str]]:
    """Return the exit code and the lines to print.

    Args:
        answer: what pip-audit wrote to its output, JSON if it came to an end.
        complaint: what it wrote to its error output.
    """
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        last = (complaint.strip().splitlines() or ["no answer"])[-1]
        return UNKNOWN, ["Nothing was checked: the database of vulnerabilities could not be reached.", last[:300]]
    found = [_line(package, one) for package in packages for one in package.get("vulns", [])]
    if found:
        return VULNERABLE, found
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped:
        names = ", ".join(sorted(skipped)[:10])
        return UNKNOWN, [f"{len(skipped)} of {len(packages)} packages could not be checked, among them: {names}."]
    return FINE, [f"No known vulnerability in {len(packages)} packages."]


def main() -> int:
    """Run pip-audit, print the verdict and return the exit code."""
    done = subprocess.run(
        [sys.executable, "-m", *_COMMAND, "--requirement", _LOCK], capture_output=True, text=True, check=False
    )
    code, lines = verdict(done.stdout, done.stderr)
    print("\n".join(lines))
    return code


def _line(package: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    fixed: Sequence[str] = vulnerability.get("fix_versions", [])
    return (
        f"{package['name']} {package['version']}: {vulnerability['id']}, "
        f"{'fixed in ' + ', '.join(fixed) if fixed else 'no fixed version yet'}"
    )


if __name__ == "__main__":
    sys.exit(main())
