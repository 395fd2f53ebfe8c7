"""Run the benchmarks, all or those that are named, and print each row as soon as it is measured.

`python -m tests.bench [--json] [NAME…]`; with `--json`, one object a line instead of a table.
"""

import importlib
import sys

from tests.bench.names import BENCHMARKS
from tests.bench.report import HEADINGS, Row, as_json, as_table_line


def main(arguments: list[str]) -> None:
    """Print the rows. Raises `SystemExit` for a name that is not a benchmark's."""
    names = [argument for argument in arguments if argument != "--json"]
    wants_json = len(names) < len(arguments)
    if unknown := set(names) - set(BENCHMARKS):
        raise SystemExit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    if not wants_json:
        print(as_table_line(HEADINGS), flush=True)
    for name in names or BENCHMARKS:
        for row in importlib.import_module(f"tests.bench.{name}").rows():
            print(as_json(Row(*row)) if wants_json else as_table_line(row), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
