"""Reading what the benchmarks of two commits printed, and pairing their rows."""

import pytest

from tests.bench.comparison import compare
from tests.bench.report import HEADINGS, Row, as_json, as_table_line, rows_of_json, rows_of_table

ROWS = [
    Row("placing an order, PostgreSQL, 7 queries for 27 rows", "180/s", "floor 210/s", "0.86"),
    Row("order to till, PostgreSQL and Redis, one at a time", "41 ms", "66 ms", "20.1"),
    Row("cores used", "web 0.31", "worker 0.42", "POS 0.10"),
    Row("one worker, PostgreSQL and Redis, orders onto the till", "38/s", "", ""),
    Row("menu sync, SQLite: most queries, peak memory", "61", "180 MB", ""),
    Row("a row whose name is longer than its column and so moves the cells that follow it", "1.20 s", "1.40 s", "3.10"),
]


def test_the_table_of_an_older_commit_is_read_back() -> None:
    # The third row belongs to the second and is indented.
    lines = [as_table_line(row._replace(what=f"  {row.what}") if "cores" in row.what else row) for row in ROWS]
    printed = "\n".join(["a warning  from somewhere", as_table_line(HEADINGS), "one cell only", *lines, ""])

    assert rows_of_table(printed) == ROWS


def test_json_is_read_back_and_other_lines_are_skipped() -> None:
    assert rows_of_json("\n".join(["a warning", *map(as_json, ROWS)])) == ROWS


@pytest.mark.parametrize(
    ("then", "now", "ratio", "verdict"),
    [
        ("100/s", "150/s", 1.5, "faster"),
        ("100/s", "50/s", 0.5, "slower"),
        ("40 ms", "20 ms", 0.5, "faster"),
        ("2.00 s", "3.00 s", 1.5, "slower"),
        ("100/s", "102/s", 1.02, "same"),
        ("60", "30", 0.5, ""),
        ("web 0.31", "web 0.35", None, ""),
        ("900 ms", "1.20 s", None, ""),
        ("0 ms", "1 ms", None, ""),
    ],
)
def test_a_rate_is_better_when_higher_and_a_time_when_lower(
    then: str, now: str, ratio: float | None, verdict: str
) -> None:
    (one,) = compare([[Row("what", then, "", "")]], [[Row("what", now, "", "")]])

    assert (one.then, one.now, one.ratio, one.verdict) == (then, now, ratio, verdict)


def test_rows_are_paired_although_their_numbers_of_queries_differ() -> None:
    then = Row("placing an order, PostgreSQL, 7 queries for 27 rows", "100/s", "floor 200/s", "0.50")
    now = Row("placing an order, PostgreSQL, 6 queries for 27 rows", "120/s", "floor 200/s", "0.60")

    (one,) = compare([[then]], [[now]])

    assert (one.what, one.ratio, one.floor_then, one.floor_now) == (now.what, 1.2, "0.50", "0.60")


def test_each_side_is_the_median_of_its_rounds() -> None:
    then = [[Row("what", f"{figure} ms", "", f"{figure}.0")] for figure in (900, 30, 10)]
    now = [[Row("what", f"{figure} ms", "", f"{figure}.0")] for figure in (15, 700, 12)]

    (one,) = compare(then, now)

    assert (one.then, one.now, one.floor_then, one.floor_now, one.ratio) == ("30 ms", "15 ms", "30.0", "15.0", 0.5)


def test_rows_of_one_side_only_are_marked() -> None:
    gone, shared, new = (Row(what, "10 ms", "", "") for what in ("gone", "shared", "new"))

    found = compare([[gone, shared]], [[shared, new]])

    assert [(one.what, one.verdict) for one in found] == [
        ("shared", "same"),
        ("new", "not in that commit"),
        ("gone", "not in this code"),
    ]


def test_a_benchmark_that_the_commit_does_not_have_leaves_its_rows_unpaired() -> None:
    (one,) = compare([[], []], [[Row("new", "10 ms", "", "")], [Row("new", "12 ms", "", "")]])

    assert (one.then, one.now, one.ratio, one.verdict) == ("", "10 ms", None, "not in that commit")
