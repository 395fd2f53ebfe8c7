"""Runs every benchmark and prints one table."""

from tests.bench import menu_reads, menu_sync, order_faults, order_to_till, stock

_HEADINGS = ("what", "median", "p95", "ratio to floor")


def main() -> None:
    """Prints the table."""
    measured = (order_to_till, order_faults, menu_reads, menu_sync, stock)
    table = [_HEADINGS, *(row for one in measured for row in one.rows())]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADINGS))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
