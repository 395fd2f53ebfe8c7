"""The rows that `make bench` prints: as a table for people, as JSON for programs, and read back from either."""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

HEADINGS = ("what", "median", "p95", "ratio to floor")
_WIDTHS = (64, 26, 26, 0)
_GAP = "  "


class Row(NamedTuple):
    """One line of the table. The cells are texts, and hold what their headings say or what `what` says they hold."""

    what: str
    median: str
    p95: str
    ratio: str


def as_table_line(cells: tuple[str, str, str, str]) -> str:
    """Return the cells in columns, at least two spaces apart."""
    return _GAP.join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def as_json(row: Row) -> str:
    """Return the row as one JSON object on one line."""
    return json.dumps(row._asdict(), ensure_ascii=False)


def rows_of_json(printed: str) -> list[Row]:
    """Read what `python -m tests.bench --json` printed."""
    return [Row(**json.loads(line)) for line in printed.splitlines() if line.startswith("{")]


def rows_of_table(printed: str) -> list[Row]:
    """Read what `python -m tests.bench` printed; the only form that commits before `--json` know.

    Anything before the headings is skipped, and so are lines with a single cell, such as a warning.
    """
    lines = iter(printed.splitlines())
    for line in lines:
        if _cells(line) == list(HEADINGS):
            break
    return list(_rows(lines))


def _rows(lines: Iterable[str]) -> Iterable[Row]:
    for line in lines:
        cells = _cells(line)
        if 1 < len(cells) <= len(Row._fields):
            yield Row(*cells, *[""] * (len(Row._fields) - len(cells)))


def _cells(line: str) -> list[str]:
    # A row that belongs to the one above is indented. Only trailing cells are ever empty.
    return re.split(r"\s{2,}", line.strip())
