"""A sheet of QR codes to print and cut out: several to a page, with crop marks."""

import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tables.codes.qr import QUIET_ZONE, squares_of

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

_MM = 72 / 25.4
PAPERS = {"a4": (210 * _MM, 297 * _MM), "letter": (215.9 * _MM, 279.4 * _MM)}
"""Width and height of each paper, in points."""

_COLUMNS, _ROWS = 3, 4
CODES_PER_PAGE = _COLUMNS * _ROWS
_CARD_WIDTH, _CARD_HEIGHT = 60 * _MM, 64 * _MM
_CODE_SIZE = 42 * _MM
_PADDING = 3 * _MM
_MARK, _MARK_GAP = 4 * _MM, 1 * _MM


@dataclass(frozen=True)
class Card:
    """What is printed for one table."""

    token: str
    table: str
    """The table's name, printed under its code."""
    venue: str
    text: str = ""


@dataclass(frozen=True)
class _Line:
    """A line of text on a card: its baseline's height above the card's foot, and its letters, in points."""

    height: float
    size: float
    font: str = "Helvetica"


_VENUE = _Line(height=58 * _MM, size=9)
_TABLE = _Line(height=9 * _MM, size=13, font="Helvetica-Bold")
_TEXT = _Line(height=4 * _MM, size=8)
_CODE_HEIGHT = 14.5 * _MM


def pdf(cards: Iterable[Card], *, paper: str) -> bytes:
    """Return the sheet as a PDF file, the same bytes for the same cards.

    Args:
        cards: in the order in which they are printed.
        paper: a key of `PAPERS`.
    """
    # Half a second, which no other page should wait for.
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=PAPERS[paper], pageCompression=1, invariant=1)
    canvas.setTitle("QR codes")
    for number, (card, (left, foot)) in enumerate(zip(cards, _places(paper), strict=False)):
        if number and number % CODES_PER_PAGE == 0:
            canvas.showPage()
        _draw(canvas, card, left, foot)
    canvas.save()
    return file.getvalue()


def printable(text: str) -> str:
    """Return the text in the letters that every PDF reader has (those of Western Europe), without accents if need be.

    What has no such letter at all becomes a question mark.
    """
    plain = "".join(
        letter
        if _is_western(letter)
        else unicodedata.normalize("NFKD", letter).encode("cp1252", "ignore").decode("cp1252") or "?"
        for letter in unicodedata.normalize("NFC", text)
    )
    return " ".join(plain.split())


def _is_western(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _places(paper: str) -> Iterator[tuple[float, float]]:
    """Yield the left foot of each card, row by row from the top, page after page."""
    width, height = PAPERS[paper]
    left = (width - _COLUMNS * _CARD_WIDTH) / 2
    top = (height + _ROWS * _CARD_HEIGHT) / 2
    while True:
        for row in range(1, _ROWS + 1):
            for column in range(_COLUMNS):
                yield left + column * _CARD_WIDTH, top - row * _CARD_HEIGHT


def _draw(canvas: "Canvas", card: Card, left: float, foot: float) -> None:
    _draw_marks(canvas, left, foot)
    _draw_code(canvas, card.token, left + (_CARD_WIDTH - _CODE_SIZE) / 2, foot + _CODE_HEIGHT)
    for line, text in ((_VENUE, card.venue), (_TABLE, card.table), (_TEXT, card.text)):
        _draw_text(canvas, line, printable(text), left + _CARD_WIDTH / 2, foot)


def _draw_text(canvas: "Canvas", line: _Line, text: str, middle: float, foot: float) -> None:
    """Draw the text in the middle, smaller if it is too long for its card."""
    width = canvas.stringWidth(text, line.font, line.size)
    size = line.size * min(1, (_CARD_WIDTH - 2 * _PADDING) / width) if width else line.size
    canvas.setFont(line.font, size)
    canvas.drawCentredString(middle, foot + line.height, text)


def _draw_code(canvas: "Canvas", token: str, left: float, foot: float) -> None:
    rows = squares_of(token)
    side = _CODE_SIZE / (len(rows) + 2 * QUIET_ZONE)
    path = canvas.beginPath()
    for row, squares in enumerate(rows):
        height = foot + _CODE_SIZE - (row + 1 + QUIET_ZONE) * side
        for column, length in _dark_runs(squares):
            path.rect(left + (column + QUIET_ZONE) * side, height, length * side, side)
    canvas.drawPath(path, stroke=0, fill=1)


def _dark_runs(squares: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield where each row of dark squares begins, and how many they are."""
    begin = length = 0
    for column, dark in enumerate((*squares, 0)):
        if dark:
            begin, length = (begin, length + 1) if length else (column, 1)
        elif length:
            yield begin, length
            length = 0


def _draw_marks(canvas: "Canvas", left: float, foot: float) -> None:
    """Draw a short line into the card's border at each corner, to cut along."""
    canvas.setLineWidth(0.25)
    right, top = left + _CARD_WIDTH, foot + _CARD_HEIGHT
    for x, inwards in ((left, 1), (right, -1)):
        for y, upwards in ((foot, 1), (top, -1)):
            canvas.line(x + inwards * _MARK_GAP, y, x + inwards * _MARK, y)
            canvas.line(x, y + upwards * _MARK_GAP, x, y + upwards * _MARK)
