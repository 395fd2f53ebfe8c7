"""Which images are accepted, how they are converted, and when their files are removed."""

import io
import re
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from menus.images.files import MAX_BYTES, STORED_NAME, ImageRefused, public_image_url, remove_unused, store_image
from storekit.models import Venue
from tests import factories
from tests.menus.images.pictures import picture


@pytest.fixture(autouse=True)
def _folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def stored(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        return Image.open(io.BytesIO(file.read()))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_accepted_format_becomes_webp(form: str) -> None:
    name = store_image(picture(form=form))

    assert STORED_NAME.fullmatch(name)
    assert (stored(name).format, stored(name).size) == ("WEBP", (40, 30))


def test_a_large_image_is_scaled_down_and_a_small_one_is_not() -> None:
    assert stored(store_image(picture(size=(3000, 1500), form="JPEG"))).size == (1200, 600)
    assert stored(store_image(picture(size=(3, 2)))).size == (3, 2)


def test_a_small_jpeg_that_takes_hours_to_open_is_refused() -> None:
    whole = picture(size=(2000, 2000), form="JPEG", progressive=True)
    last_scan = whole[whole.rindex(b"\xff\xda") : -2]
    stored(store_image(whole))

    with pytest.raises(ImageRefused, match="too many layers"):
        store_image(whole[:-2] + last_scan * 1000 + whole[-2:])


def test_transparency_is_kept() -> None:
    transparent = stored(store_image(picture((0, 0, 0, 0), mode="RGBA"))).convert("RGBA")  # type: ignore[arg-type]

    assert transparent.getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_an_image_is_rotated_upright_and_its_metadata_removed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Anna's telephone"
    taken = picture(size=(40, 30), form="JPEG", exif=exif, icc_profile=b"profile of a screen", comment=b"a remark")
    assert b"telephone" in taken

    name = store_image(taken)

    with default_storage.open(name) as file:
        content = file.read()
    assert stored(name).size == (30, 40)
    assert not re.search(rb"EXIF|XMP |ICCP|telephone|profile of|a remark", content)


def test_the_name_follows_from_the_image() -> None:
    assert store_image(picture("red")) == store_image(picture("red"))
    assert store_image(picture("red")) != store_image(picture("blue"))


def _png_claiming_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a JPEG"),
        (b"<html><body>Not found</body></html>", "not a JPEG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not a JPEG"),
        (b"%PDF-1.7", "not a JPEG"),
        (picture(form="BMP"), "not a JPEG"),
        (picture(form="TIFF"), "not a JPEG"),
        (picture(size=(400, 400), form="JPEG")[:-400], "damaged"),
        (picture("red", size=(300, 300))[:-200], "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "not a JPEG"),
        (_png_claiming_size(5000, 5000), "20 million pixels"),
        (_png_claiming_size(10_000, 10_000), "too many pixels|million pixels"),
        (_png_claiming_size(50_000, 50_000), "too many pixels"),
        (bytes(MAX_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_an_unusable_image_is_refused_with_a_reason(content: bytes, message: str) -> None:
    with pytest.raises(ImageRefused, match=message):
        store_image(content)

    assert not default_storage.exists("images")


def test_an_image_has_an_absolute_url_and_an_empty_name_has_none(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://eat.example"

    assert public_image_url("images/2026w47/0.webp") == "https://eat.example/media/images/2026w47/0.webp"
    assert public_image_url("") is None


def test_a_failed_write_leaves_no_partial_file(tmp_path: Path) -> None:
    class Broken(ContentFile):
        def chunks(self, chunk_size: int | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN202
            yield b"half of"
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        default_storage.save("images/2026w47/whole.webp", Broken(b""))

    assert not default_storage.exists("images/2026w47/whole.webp")


def test_files_are_removed_after_a_week_unless_a_product_uses_them(venue: Venue) -> None:
    with time_machine.travel(datetime(2026, 11, 4, 12, tzinfo=UTC), tick=False):
        shown, archived, unused = (store_image(picture(colour)) for colour in ("red", "blue", "green"))
        default_storage.save(f"{unused}.0.part", ContentFile(b"left behind by a killed process"))
        assert remove_unused() == 0
    factories.ProductFactory(venue=venue, image=shown)
    factories.ProductFactory(venue=venue, image=archived, archived_at=datetime(2026, 11, 5, tzinfo=UTC))

    with time_machine.travel(datetime(2026, 11, 15, 23, tzinfo=UTC), tick=False):
        assert remove_unused() == 0  # the week after
    with time_machine.travel(datetime(2026, 11, 16, 1, tzinfo=UTC), tick=False):
        assert remove_unused() == 2

    assert [default_storage.exists(name) for name in (shown, archived, unused)] == [True, True, False]


def test_storing_an_old_image_again_writes_a_new_file() -> None:
    with time_machine.travel(datetime(2026, 11, 4, tzinfo=UTC), tick=False):
        old = store_image(picture())
    with time_machine.travel(datetime(2026, 11, 18, tzinfo=UTC), tick=False):
        new = store_image(picture())

    assert old.rpartition("/")[2] == new.rpartition("/")[2]
    assert (old, new) == (old.replace("2026w47", "2026w45"), old.replace("2026w45", "2026w47"))


@pytest.mark.django_db
def test_clean_up_without_any_files_removes_nothing() -> None:
    assert remove_unused() == 0
