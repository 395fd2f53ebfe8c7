"""QR codes in the back office: managers download, print and replace those of their own venues."""

from django.test import Client

from storekit.models import Venue
from tables.codes import qr
from tables.models import Area, PayAtTable, RetiredToken, Table

PAGE = "/admin/tables/table/"


def make_table(venue: Venue, number: int = 7, area: str = "Bar") -> Table:
    row, _ = Area.objects.get_or_create(venue=venue, pos_id=area, name=area)
    return Table.objects.create(venue=venue, area=row, pos_id=str(number), number=number)


def pages(table: Table) -> dict[str, str]:
    return {view: f"{PAGE}{table.pk}/{view}/" for view in ("code-svg", "code-png", "new-code")}


def test_a_manager_downloads_a_tables_code(venue: Venue, annas_browser: Client) -> None:
    table = make_table(venue)
    assert table.token

    svg = annas_browser.get(pages(table)["code-svg"])
    png = annas_browser.get(pages(table)["code-png"])

    assert svg.content == qr.svg(table.token)
    assert svg.headers["Content-Disposition"] == 'attachment; filename="copper-pot-table-7.svg"'
    assert "no-store" in svg.headers["Cache-Control"]
    assert (png.content, png.headers["Content-Type"]) == (qr.png(table.token), "image/png")


def test_a_manager_replaces_a_code_after_being_asked(venue: Venue, annas_browser: Client) -> None:
    table = make_table(venue)
    page = pages(table)["new-code"]

    assert "stops working at once" in annas_browser.get(page).content.decode()
    assert Table.objects.get().token == table.token
    answer = annas_browser.post(page, follow=True)

    assert "has a new QR code" in answer.content.decode()
    assert Table.objects.get().token != table.token
    assert RetiredToken.objects.get().token == table.token


def test_a_sheet_has_the_tables_of_the_venue_or_of_one_area(venue: Venue, annas_browser: Client) -> None:
    bar = make_table(venue).area
    make_table(venue, 8, "Terrace")
    PayAtTable.objects.create(venue=venue, sheet_text="Pay here")

    form = annas_browser.get(f"{PAGE}codes/").content.decode()
    whole = annas_browser.get(f"{PAGE}codes/", {"tables": f"venue:{venue.pk}", "paper": "a4"})
    area = annas_browser.get(f"{PAGE}codes/", {"tables": f"area:{bar.pk}", "paper": "letter"})

    assert f"area:{bar.pk}" in form
    assert whole.headers["Content-Disposition"] == 'attachment; filename="copper-pot-qr-codes.pdf"'
    assert area.headers["Content-Disposition"] == 'attachment; filename="copper-pot-bar-qr-codes.pdf"'
    assert whole.content[:5] == area.content[:5] == b"%PDF-"
    assert len(whole.content) > len(area.content)


def test_a_sheet_without_tables_says_what_is_missing(venue: Venue, annas_browser: Client) -> None:
    answer = annas_browser.get(f"{PAGE}codes/", {"tables": f"venue:{venue.pk}", "paper": "a4"})

    assert "Sync the floor plan first" in answer.content.decode()


def test_staff_who_do_not_manage_get_no_codes(venue: Venue, bens_browser: Client) -> None:
    table = make_table(venue)

    for page in (*pages(table).values(), f"{PAGE}codes/"):
        assert bens_browser.get(page).status_code == 403
        assert bens_browser.post(page).status_code == 403
    assert Table.objects.get().token == table.token


def test_a_manager_gets_no_codes_of_another_venue(venue: Venue, other_venue: Venue, zoes_browser: Client) -> None:
    table = make_table(venue)
    make_table(other_venue)

    for page in pages(table).values():
        assert zoes_browser.get(page).status_code in {302, 403, 404}
        assert zoes_browser.post(page).status_code in {302, 403, 404}
    for chosen in (f"venue:{venue.pk}", f"area:{table.area_id}", "venue:x", ""):
        answer = zoes_browser.get(f"{PAGE}codes/", {"tables": chosen, "paper": "a4"})
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Copper Pot" not in answer.content.decode()
    assert Table.objects.get(pk=table.pk).token == table.token
