"""Product pictures keep their tones and colours: 16-bit greys, colour profiles, inks."""

import io
import struct
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from menus.images.files import store_image
from tests.menus.images.pictures import picture
from tests.menus.images.profiles import ADOBE_RGB, LINEAR_GREY, PRINT_SHOP

# WebP is lossy.
NEAR = 4


@pytest.fixture(autouse=True)
def _folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def colour_of(content: bytes, x: int = 5) -> tuple[int, ...]:
    """Return the colour that guests see at a point of the stored picture, with its opacity if it has one."""
    with default_storage.open(store_image(content)) as file:
        found = Image.open(io.BytesIO(file.read())).getpixel((x, 5))
    assert isinstance(found, tuple)
    return tuple(int(channel) for channel in found)


def grey_in_16_bits(*tones: int, **options: int) -> bytes:
    """Return a PNG of one 20 pixels wide stripe for each tone."""
    line = b"".join(struct.pack("<H", tone) * 20 for tone in tones)
    out = io.BytesIO()
    Image.frombytes("I;16", (20 * len(tones), 20), line * 20).save(out, "PNG", **options)
    return out.getvalue()


def test_a_grey_picture_with_16_bits_keeps_its_tones() -> None:
    content = grey_in_16_bits(0, 0x2000, 0xC000, 0xFFFF)

    for x, tone in ((10, 0), (30, 32), (50, 192), (70, 255)):
        assert colour_of(content, x) == pytest.approx((tone,) * 3, abs=NEAR)


def test_a_transparent_tone_of_16_bits_is_the_only_transparent_one() -> None:
    content = grey_in_16_bits(0x2000, 0x2001, transparency=0x2000)

    assert (colour_of(content, 5)[3], colour_of(content, 35)[3]) == (0, 255)
    assert colour_of(content, 35)[:3] == pytest.approx((32,) * 3, abs=NEAR)


def test_a_16_bit_grey_goes_through_its_profile_too() -> None:
    with_profile = io.BytesIO()
    Image.open(io.BytesIO(grey_in_16_bits(0x8000))).save(with_profile, "PNG", icc_profile=LINEAR_GREY)

    assert colour_of(with_profile.getvalue()) == pytest.approx((188,) * 3, abs=NEAR)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_in_adobe_rgb_is_shown_in_its_own_colours(form: str) -> None:
    green = picture((60, 160, 60), form=form, icc_profile=ADOBE_RGB, quality=98)  # type: ignore[arg-type]  # a colour

    assert colour_of(green) == pytest.approx((0, 161, 47), abs=NEAR)


def test_a_profile_leaves_transparency_as_it_is() -> None:
    green = picture((60, 160, 60, 128), mode="RGBA", icc_profile=ADOBE_RGB)  # type: ignore[arg-type]  # a colour

    assert colour_of(green) == pytest.approx((0, 161, 47, 128), abs=NEAR)


def test_a_picture_of_a_palette_goes_through_its_profile() -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (60, 160, 60)).quantize(4).save(out, "PNG", icc_profile=ADOBE_RGB)

    assert colour_of(out.getvalue()) == pytest.approx((0, 161, 47), abs=NEAR)


@pytest.mark.parametrize(("form", "mode", "tone"), [("PNG", "L", 128), ("JPEG", "L", 128), ("PNG", "LA", (128, 90))])
def test_a_grey_picture_goes_through_its_profile(form: str, mode: str, tone: int | tuple[int, int]) -> None:
    found = colour_of(picture(tone, form=form, mode=mode, icc_profile=LINEAR_GREY))  # type: ignore[arg-type]  # a colour

    assert found == pytest.approx((188, 188, 188, *([90] if mode == "LA" else [])), abs=NEAR)


def test_a_grey_picture_with_a_transparent_tone_goes_through_its_profile() -> None:
    whole = Image.new("L", (40, 20), 128)
    whole.paste(7, (20, 0, 40, 20))
    out = io.BytesIO()
    whole.save(out, "PNG", transparency=7, icc_profile=LINEAR_GREY)

    assert colour_of(out.getvalue(), 5) == pytest.approx((188, 188, 188, 255), abs=NEAR)
    assert colour_of(out.getvalue(), 35)[3] == 0


def test_a_picture_of_black_and_white_dots_stays_black_and_white() -> None:
    assert colour_of(picture(1, mode="1")) == (255, 255, 255)  # type: ignore[arg-type]  # a colour


def test_inks_are_shown_as_the_print_shop_mixes_them() -> None:
    cyan = picture((255, 0, 0, 0), form="JPEG", mode="CMYK", icc_profile=PRINT_SHOP, quality=98)  # type: ignore[arg-type]

    assert colour_of(cyan) == pytest.approx((0, 199, 242), abs=NEAR)


@pytest.mark.parametrize("profile", [b"profile of a screen", PRINT_SHOP, LINEAR_GREY, ADOBE_RGB[:200]])
def test_a_profile_that_is_damaged_or_for_other_colours_counts_for_nothing(profile: bytes) -> None:
    green = picture((60, 160, 60), icc_profile=profile)  # type: ignore[arg-type]  # a colour

    assert colour_of(green) == pytest.approx((60, 160, 60), abs=NEAR)


def test_inks_without_a_profile_are_still_shown() -> None:
    black = picture((0, 0, 0, 255), form="JPEG", mode="CMYK")  # type: ignore[arg-type]  # a colour

    assert colour_of(black) == pytest.approx((0, 0, 0), abs=NEAR)
