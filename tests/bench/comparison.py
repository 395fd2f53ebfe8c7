"""Pairs the rows of two commits' benchmarks and says how they differ. Pure."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.report import Row

_FIGURE = re.compile(r"(-?[\d.]+)\s*(/s|ms|s|MB)?")
_SAME_WITHIN = 0.03


@dataclass(frozen=True)
class Comparison:
    """One row of both commits: the median of its rounds on each side, with the unit; "" where there is none."""

    what: str
    then: str
    now: str
    ratio: float | None
    """Now's figure divided by then's; None where one is missing or is not a number."""
    verdict: str
    """`faster`, `slower`, `same` (within 3%), what is missing, or "" for a figure that is neither time nor rate."""
    floor_then: str = ""
    floor_now: str = ""
    """The ratios to the floor, of the rounds nearest to the medians."""


def compare(then: Sequence[Sequence[Row]], now: Sequence[Sequence[Row]]) -> list[Comparison]:
    """Compare the rounds of one benchmark, each a list of rows: first this code's rows, then those that are gone."""
    before, after = _by_key(then), _by_key(now)
    keys = [*after, *(key for key in before if key not in after)]
    return [_comparison(before.get(key, []), after.get(key, [])) for key in keys]


def _by_key(rounds: Sequence[Sequence[Row]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for rows in rounds:
        for row in rows:
            found.setdefault(_key(row.what), []).append(row)
    return found


def _key(what: str) -> str:
    """Return what a row measures, without numbers such as how many queries it took: they differ between commits."""
    return re.sub(r"\d+", "#", what.strip())


def _comparison(then: list[Row], now: list[Row]) -> Comparison:
    what = (now or then)[0].what
    if not (then and now):
        verdict = "not in that commit" if now else "not in this code"
        return Comparison(what, _middle(then).median, _middle(now).median, None, verdict)
    old, new = _middle(then), _middle(now)
    ratio, verdict = _ratio(old.median, new.median)
    return Comparison(what, old.median, new.median, ratio, verdict, floor_then=old.ratio, floor_now=new.ratio)


def _middle(rows: list[Row]) -> Row:
    """Return the row with the median figure (the lower of the two middle ones), or an empty row."""
    if not rows:
        return Row("", "", "", "")
    figures = [_figure(row.median)[0] for row in rows]
    known = [figure for figure in figures if figure is not None]
    return rows[figures.index(statistics.median_low(known))] if known else rows[0]


def _ratio(then: str, now: str) -> tuple[float | None, str]:
    (old, old_unit), (new, unit) = _figure(then), _figure(now)
    if old is None or new is None or old_unit != unit or not old:
        return None, ""
    ratio = new / old
    if unit not in ("/s", "ms", "s"):
        return ratio, ""
    if abs(ratio - 1) <= _SAME_WITHIN:
        return ratio, "same"
    return ratio, "faster" if (ratio > 1) == (unit == "/s") else "slower"


def _figure(cell: str) -> tuple[float | None, str]:
    """Return the number of a cell and its unit, as in `123/s`, `4.5 ms`, `1.20 s`, `80 MB`; None for other texts."""
    matched = _FIGURE.fullmatch(cell.strip())
    return (float(matched[1]), matched[2] or "") if matched else (None, "")
