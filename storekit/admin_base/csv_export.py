"""CSV files that spreadsheets open as they are: in UTF-8, and with no cell that could be taken for a formula."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

from storekit.text import is_invisible

# Spreadsheets take a cell that starts with one of these for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = ("=", "+", "-", "@")
_LINE_CONTROLS = ("\t", "\r", "\n")


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the rows as CSV below a line of column names, one line at a time. Texts are quoted, numbers are not."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # the byte order mark makes spreadsheets read UTF-8
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_safe(value) for value in row])


def csv_download(*, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Return the rows as a file to download, called `name`, without its ending."""
    response = StreamingHttpResponse(csv_lines(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _safe(value: Any) -> Any:
    """Return the value, quoted if a spreadsheet may take it for a formula."""
    return f"'{value}" if isinstance(value, str) and _looks_like_a_formula(value) else value


def _looks_like_a_formula(text: str) -> bool:
    """Return whether text begins as a formula once blanks and invisible characters are trimmed and wide ones narrowed.

    Some spreadsheets do that when they read a file, or when somebody edits the cell.
    """
    # Taken apart, since a sign with an accent on it is still the sign.
    first = next((letter for letter in unicodedata.normalize("NFKD", text) if not _is_passed_over(letter)), "")
    return text.startswith(_LINE_CONTROLS) or first in _FORMULA


def _is_passed_over(letter: str) -> bool:
    return is_invisible(letter) or unicodedata.category(letter) in ("Cf", "Mn")


class _Echo:
    """A file-like object whose `write` returns the line instead of storing it (Django's streaming CSV recipe)."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line
