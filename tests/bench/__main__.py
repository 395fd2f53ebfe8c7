"""Runs every benchmark and prints one table."""

from tests.bench import menu_reads, menu_sync, order_faults, order_to_till

_HEADINGS = ("what", "median", "p95", "ratio to floor")


def main() -> None:
    """Prints the table."""
    table = [_HEADINGS, *order_to_till.rows(), *order_faults.rows(), *menu_reads.rows(), *menu_sync.rows()]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADINGS))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
