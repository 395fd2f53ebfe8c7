"""Runs the benchmarks, all or those that are named, and prints a row as soon as it is measured."""

import sys
from collections.abc import Callable

from tests.bench import menu_reads, menu_sync, order_faults, order_to_till, placing, stock

Row = tuple[str, str, str, str]

_BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "placing": placing.rows,
    "order_to_till": order_to_till.rows,
    "order_faults": order_faults.rows,
    "menu_reads": menu_reads.rows,
    "menu_sync": menu_sync.rows,
    "stock": stock.rows,
}
_HEADINGS = ("what", "median", "p95", "ratio to floor")
_WIDTHS = (64, 26, 26, 0)


def main(names: list[str]) -> None:
    """Prints the table. Raises `SystemExit` for a name that is none."""
    if unknown := set(names) - set(_BENCHMARKS):
        raise SystemExit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_BENCHMARKS)}.")
    _print(_HEADINGS)
    for name in names or _BENCHMARKS:
        for row in _BENCHMARKS[name]():
            _print(row)


def _print(row: Row) -> None:
    print("  ".join(cell.ljust(width) for cell, width in zip(row, _WIDTHS, strict=True)).rstrip(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
