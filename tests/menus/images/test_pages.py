"""Serving images, and the admin page on which managers upload their own."""

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
from menus.images.files import MAX_BYTES, store_image
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


def test_an_image_is_cacheable_for_ever_and_served_with_safe_headers(client: Client, db: None) -> None:
    name = store_image(picture())

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


def test_a_browser_with_the_current_image_gets_304(client: Client, db: None) -> None:
    name = store_image(picture())
    etag = client.get(f"/media/{name}")["ETag"]

    again = client.get(f"/media/{name}", headers={"If-None-Match": etag})
    stale = client.get(f"/media/{name}", headers={"If-None-Match": '"another"'})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert again["Cache-Control"].endswith("immutable")
    assert stale.status_code == 200


def test_only_reading_is_allowed(client: Client, db: None) -> None:
    name = store_image(picture())

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
def test_no_other_path_is_served(client: Client, db: None, path: str) -> None:
    default_storage.save("images/2026w47/page.html", ContentFile(b"<script>"))
    default_storage.save("images/2026w47/" + "0" * 40 + ".webp.abc.part", ContentFile(b"half"))

    assert client.get(f"/media/{path}").status_code == 404


# --- The admin page --------------------------------------------------------------------------------------------------


def page_of(product: Product) -> str:
    return f"/admin/menus/product/{product.pk}/image/"


def upload(browser: Client, product: Product, content: bytes, *, name: str = "burger.png") -> HttpResponse:
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return browser.post(page_of(product), {"image": file}, follow=True)  # type: ignore[return-value]


def test_a_manager_uploads_replaces_and_removes_an_image(burger: Product, annas_browser: Client) -> None:
    seen = []
    for content in (picture("red"), picture("blue"), None):
        if content is not None:
            assert "Image uploaded." in upload(annas_browser, burger, content).content.decode()
        else:
            annas_browser.post(page_of(burger), {"remove": "yes"})
        burger.refresh_from_db()
        seen.append((bool(burger.image), burger.image_by_staff, version_of(venue=burger.venue)))

    assert seen == [(True, True, 2), (True, True, 3), (False, True, 4)]


def test_uploading_the_same_image_again_keeps_the_version(burger: Product, annas_browser: Client) -> None:
    upload(annas_browser, burger, picture())
    upload(annas_browser, burger, picture())

    assert version_of(venue=burger.venue) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>no image</html>", "not a JPEG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not a JPEG"),
        (bytes(MAX_BYTES + 1), "larger than 10 MB"),
        (b"", "empty"),
    ],
)
def test_an_unusable_file_is_refused_with_a_reason(
    burger: Product, annas_browser: Client, content: bytes, message: str
) -> None:
    assert message in upload(annas_browser, burger, content).content.decode()

    burger.refresh_from_db()
    assert (burger.image, version_of(venue=burger.venue)) == ("", 1)


def test_an_image_that_follows_the_pos_cannot_be_changed_here(burger: Product, annas_browser: Client) -> None:
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


def test_the_page_shows_the_images_source_and_any_problem(burger: Product, annas_browser: Client) -> None:
    shown = store_image(picture())
    Product.objects.update(image=shown)
    ImageFetch.objects.create(product=burger, error="It <is> too large.", next_attempt_at=timezone.now())

    shown_page = annas_browser.get(page_of(burger)).content.decode()

    assert "From the POS." in shown_page
    assert "It &lt;is&gt; too large." in shown_page
    assert "Next attempt:" in shown_page
    assert f"/media/{shown}" in shown_page
    assert f"/media/{shown}" in annas_browser.get(f"/admin/menus/product/{burger.pk}/change/").content.decode()


def test_only_the_venues_managers_can_change_an_image(
    burger: Product, bens_browser: Client, zoes_browser: Client
) -> None:
    assert upload(bens_browser, burger, picture()).status_code == 403
    assert page_of(burger) not in bens_browser.get(f"/admin/menus/product/{burger.pk}/change/").content.decode()
    assert upload(zoes_browser, burger, picture()).status_code in (403, 404)
    assert Product.objects.get(pk=burger.pk).image == ""


def test_a_change_is_recorded_in_the_products_history(burger: Product, annas_browser: Client) -> None:
    upload(annas_browser, burger, picture())

    assert "Image uploaded." in annas_browser.get(f"/admin/menus/product/{burger.pk}/history/").content.decode()
