"""QR codes of tables, as pictures and as sheets to print."""

import io
import re

import pytest
import segno
from django.conf import settings
from PIL import Image

from tables.codes import qr, sheet

TOKEN = "23456789ABCDEFGHJKLMNPQRST"


def test_a_code_is_a_real_qr_code_of_level_m_or_better() -> None:
    code = qr._code(TOKEN)

    assert not code.is_micro
    assert code.error in {"M", "Q", "H"}
    assert qr.address_of(TOKEN) == f"{settings.PUBLIC_URL}/t/{TOKEN}/"


def test_the_svg_file_has_no_size_of_its_own() -> None:
    head = qr.svg(TOKEN).decode().partition("<path")[0]

    assert "viewBox=" in head
    assert "width=" not in head


def test_the_png_file_shows_the_squares_inside_a_quiet_zone() -> None:
    picture = Image.open(io.BytesIO(qr.png(TOKEN))).convert("1")
    squares = qr.squares_of(TOKEN)

    side = picture.width // (len(squares) + 2 * qr.QUIET_ZONE)
    for row, dark in enumerate(squares):
        for column, is_dark in enumerate(dark):
            middle = [(place + qr.QUIET_ZONE) * side + side // 2 for place in (column, row)]
            assert (picture.getpixel((middle[0], middle[1])) == 0) == bool(is_dark)


def cards(count: int, **changes: str) -> list[sheet.Card]:
    return [
        sheet.Card(**{"token": TOKEN, "table": f"Table {n}", "venue": "Zoe’s Café", **changes}) for n in range(count)
    ]


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (12, 1), (13, 2)])
def test_a_sheet_has_twelve_codes_to_a_page(count: int, pages: int) -> None:
    assert len(re.findall(rb"/Type /Page\b(?!s)", sheet.pdf(cards(count), paper="a4"))) == pages


@pytest.mark.parametrize(("paper", "box"), [("a4", (595.2756, 841.8898)), ("letter", (612, 792))])
def test_a_sheet_has_the_size_of_its_paper_and_every_card_fits(paper: str, box: tuple[float, float]) -> None:
    width, height = sheet.PAPERS[paper]
    left, foot = zip(*(place for place, _ in zip(sheet._places(paper), range(12), strict=False)), strict=True)

    assert (width, height) == pytest.approx(box, abs=0.01)
    # Printers leave about four millimetres white.
    assert min(left) > 4 * sheet._MM
    assert min(foot) > 4 * sheet._MM
    assert max(left) + sheet._CARD_WIDTH < width - 4 * sheet._MM
    assert max(foot) + sheet._CARD_HEIGHT < height - 4 * sheet._MM


def test_the_same_cards_make_the_same_file() -> None:
    assert sheet.pdf(cards(2), paper="letter") == sheet.pdf(cards(2), paper="letter")


@pytest.mark.parametrize(
    ("name", "printed"), [("Zoë’s Café €", "Zoë’s Café €"), ("Żabka", "Zabka"), ("東京", "??"), ("a\nb", "a b")]
)
def test_names_are_printed_in_the_letters_that_every_reader_has(name: str, printed: str) -> None:
    assert sheet.printable(name) == printed


def test_dark_squares_are_drawn_in_one_go_where_they_touch() -> None:
    assert list(sheet._dark_runs([1, 1, 0, 1, 0, 0, 1])) == [(0, 2), (3, 1), (6, 1)]
    assert segno.make_qr(qr.address_of(TOKEN), error="m").matrix == qr.squares_of(TOKEN)
