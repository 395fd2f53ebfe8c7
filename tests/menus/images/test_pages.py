"""Images as browsers get them, and the page on which managers put their own."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from integrations.models import Connection
from menus.images.files import LARGEST, keep_picture
from menus.models import ImageFetch, Product
from menus.versions import version_of
from storekit.models import Venue
from tests import factories
from tests.menus.images.pictures import picture


@pytest.fixture(autouse=True)
def _folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "secret.webp").write_bytes(b"secret")


@pytest.fixture
def burger(venue: Venue, connection: Connection) -> Product:
    factories.MenuFactory(venue=venue)
    made: Product = factories.ProductFactory(venue=venue, name="Burger")
    return made


# --- Serving ---------------------------------------------------------------------------------------------------------


def test_an_image_may_be_kept_for_ever_and_is_nothing_but_an_image(client: Client, db: None) -> None:
    name = keep_picture(picture())

    answer = client.get(f"/media/{name}")

    with default_storage.open(name) as file:
        assert answer.content == file.read()
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_a_browser_that_has_it_is_told_so(client: Client, db: None) -> None:
    name = keep_picture(picture())
    etag = client.get(f"/media/{name}")["ETag"]

    again = client.get(f"/media/{name}", headers={"If-None-Match": etag})
    stale = client.get(f"/media/{name}", headers={"If-None-Match": '"another"'})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert again["Cache-Control"].endswith("immutable")
    assert stale.status_code == 200


def test_images_are_read_and_nothing_else(client: Client, db: None) -> None:
    name = keep_picture(picture())

    assert client.head(f"/media/{name}").status_code == 200
    assert client.post(f"/media/{name}").status_code == 405
    assert client.delete(f"/media/{name}").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "",
        "images/",
        "images/2026w47/",
        "../secret.webp",
        "images/../../secret.webp",
        "images/2026w47/../../../secret.webp",
        "%2e%2e/secret.webp",
        "..%2fsecret.webp",
        "/etc/passwd",
        "images/2026w47/page.html",
        "images/2026w47/0000000000000000000000000000000000000000.webp",
        "images/2026w47/0000000000000000000000000000000000000000.webp%0a",
        "images/2026w47/0000000000000000000000000000000000000000.webp.abc.part",
    ],
)
def test_no_other_path_leads_anywhere(client: Client, db: None, path: str) -> None:
    default_storage.save("images/2026w47/page.html", ContentFile(b"<script>"))
    default_storage.save("images/2026w47/" + "0" * 40 + ".webp.abc.part", ContentFile(b"half"))

    assert client.get(f"/media/{path}").status_code == 404


# --- The back office -------------------------------------------------------------------------------------------------


def page_of(product: Product) -> str:
    return f"/admin/menus/product/{product.pk}/image/"


def upload(browser: Client, product: Product, content: bytes, *, name: str = "burger.png") -> HttpResponse:
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return browser.post(page_of(product), {"image": file}, follow=True)  # type: ignore[return-value]


def test_a_manager_puts_an_image_there_replaces_it_and_takes_it_away(burger: Product, annas_browser: Client) -> None:
    seen = []
    for content in (picture("red"), picture("blue"), None):
        if content is not None:
            assert "replaced" in upload(annas_browser, burger, content).content.decode()
        else:
            annas_browser.post(page_of(burger), {"remove": "yes"})
        burger.refresh_from_db()
        seen.append((bool(burger.image), burger.image_by_staff, version_of(venue=burger.venue)))

    assert seen == [(True, True, 2), (True, True, 3), (False, True, 4)]


def test_the_same_image_again_leaves_the_version(burger: Product, annas_browser: Client) -> None:
    upload(annas_browser, burger, picture())
    upload(annas_browser, burger, picture())

    assert version_of(venue=burger.venue) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>no image</html>", "not a JPEG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not a JPEG"),
        (bytes(LARGEST + 1), "larger than 10 MB"),
        (b"", "empty"),
    ],
)
def test_what_is_no_image_is_refused_in_words(
    burger: Product, annas_browser: Client, content: bytes, said: str
) -> None:
    assert said in upload(annas_browser, burger, content).content.decode()

    burger.refresh_from_db()
    assert (burger.image, version_of(venue=burger.venue)) == ("", 1)


def test_where_the_pos_decides_the_page_says_so_and_changes_nothing(burger: Product, annas_browser: Client) -> None:
    Product.objects.update(image_url="https://images.example/burger.jpg")

    shown = annas_browser.get(page_of(burger)).content.decode()
    answer = upload(annas_browser, burger, picture()).content.decode()

    assert "comes from the POS" in shown
    assert 'type="file"' not in shown
    assert "comes from the POS" in answer
    burger.refresh_from_db()
    assert burger.image == ""

    settings_row = burger.venue.connection.settings
    settings_row.update_images = False
    settings_row.save()
    upload(annas_browser, burger, picture())
    burger.refresh_from_db()
    assert burger.image


def test_the_page_says_where_the_image_comes_from_and_what_is_wrong(burger: Product, annas_browser: Client) -> None:
    shown = keep_picture(picture())
    Product.objects.update(image=shown)
    ImageFetch.objects.create(product=burger, error="It <is> too large.", next_attempt_at=timezone.now())

    said = annas_browser.get(page_of(burger)).content.decode()

    assert "From the POS." in said
    assert "It &lt;is&gt; too large." in said
    assert "tried again on" in said
    assert f"/media/{shown}" in said
    assert f"/media/{shown}" in annas_browser.get(f"/admin/menus/product/{burger.pk}/change/").content.decode()


def test_staff_who_do_not_manage_and_other_venues_change_no_image(
    burger: Product, bens_browser: Client, zoes_browser: Client
) -> None:
    assert upload(bens_browser, burger, picture()).status_code == 403
    assert page_of(burger) not in bens_browser.get(f"/admin/menus/product/{burger.pk}/change/").content.decode()
    assert upload(zoes_browser, burger, picture()).status_code in (403, 404)
    assert Product.objects.get(pk=burger.pk).image == ""


def test_a_change_is_written_into_the_products_history(burger: Product, annas_browser: Client) -> None:
    upload(annas_browser, burger, picture())

    assert "The image was replaced." in annas_browser.get(f"/admin/menus/product/{burger.pk}/history/").content.decode()
