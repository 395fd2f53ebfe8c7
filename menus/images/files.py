"""Pictures as files: what is accepted as one, what is made of it, where it is kept and when it goes."""

import hashlib
import io
import re
import struct
import threading
import time
import zlib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image, ImageOps

from menus.models import Product

LARGEST = 10 * 1024 * 1024
"""Bytes of a picture that we are given."""

NAME = re.compile(r"images/\d{4}w\d{2}/([0-9a-f]{40})\.webp")
"""Every name that a kept picture can have; the group is the digest of its bytes."""

_FOLDER = "images"
# Vector formats are left out on purpose: an SVG can carry scripts.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# The largest that telephones take, and a JPEG (an MPO is several in one file) is opened at a part of its size. The
# others are opened whole, in a memory of 10 to 15 bytes a pixel.
_MOST_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000}
_MOST_PIXELS_OTHERWISE = 20_000_000
# A progressive JPEG is gone through once for each of its scans. Cameras and tools write about ten; a forger writes many
# thousands of them, a hundred bytes each, and keeps a process busy for hours.
_JPEG, _START_OF_SCAN, _MOST_SCANS = b"\xff\xd8", b"\xff\xda", 64
# Sharp on a phone from edge to edge at three pixels a point.
_LONGEST_SIDE = 1200
_QUALITY = 82
# At most one large picture is open in a process, however many are being downloaded.
_one_at_a_time = threading.Lock()
_CLEANING_SECONDS = 35.0

_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    struct.error,
    zlib.error,
)


class ImageRefused(Exception):
    """This is not a picture that we take. `str(error)` is a sentence for venue staff."""


def keep_picture(content: bytes) -> str:
    """Makes a picture fit for guests, keeps it and returns the file's name.

    JPEG, PNG, WebP and GIF (the first frame) become WebP, 1200 pixels on the longer side at most, upright and without
    metadata: one type to serve, transparency kept, a third smaller than JPEG, and none of the bytes that came from
    outside reach a guest's browser. The name follows from the new bytes, so that a name never changes its content.

    Raises:
        ImageRefused: it is too large, or is no such picture.
    """
    if len(content) > LARGEST:
        raise ImageRefused(f"The image is larger than {LARGEST // 2**20} MB.")
    reduced = _reduced(content)
    # The folder says in which week the file was asked for last: see `remove_unused`.
    name = f"{_FOLDER}/{_week(timezone.now())}/{hashlib.sha256(reduced).hexdigest()[:40]}.webp"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(reduced))
    return name


def same_picture(one: str, other: str) -> bool:
    """Whether two names stand for the same bytes."""
    return one.rpartition("/")[2] == other.rpartition("/")[2]


def address_of(name: str) -> str | None:
    """Where guests find the kept picture, or None when there is none."""
    return f"{settings.PUBLIC_URL}{settings.MEDIA_URL}{name}" if name else None


def remove_unused() -> int:
    """Deletes files that no product shows and that were asked for in the week before the last one or earlier.

    A new use of a picture always asks for it in the current week's folder, so that what is deleted here cannot be in
    anybody's hands. Menus and pages that were cached by others have a week at least to forget it. Stops after 35
    seconds; the next run goes on.
    """
    deadline = time.monotonic() + _CLEANING_SECONDS
    now, removed = timezone.now(), 0
    spared = {_week(now), _week(now - timedelta(weeks=1))}
    for folder in _listed(_FOLDER)[0]:
        if folder in spared:
            continue
        place = f"{_FOLDER}/{folder}/"
        used = set(Product.objects.filter(image__startswith=place).values_list("image", flat=True))
        for file in _listed(place)[1]:
            if time.monotonic() > deadline:
                return removed
            if place + file not in used:
                default_storage.delete(place + file)
                removed += 1
    return removed


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _week(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year}w{week:02}"


def _reduced(content: bytes) -> bytes:
    try:
        with _one_at_a_time, Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            most = _MOST_PIXELS.get(picture.format or "", _MOST_PIXELS_OTHERWISE)
            if picture.width * picture.height > most:
                raise ImageRefused(f"The image has more than {most // 1_000_000} million pixels.")
            # Within the pixels' own bytes the mark cannot occur.
            if content.startswith(_JPEG) and content.count(_START_OF_SCAN) > _MOST_SCANS:
                raise ImageRefused("The image is put together from far too many layers.")
            return _encoded(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRefused("The image has far too many pixels.") from error
    except _BROKEN as error:
        raise ImageRefused("This is not a JPEG, PNG, WebP or GIF image, or it is damaged.") from error


def _encoded(picture: Image.Image) -> bytes:
    # A JPEG is read at a half, a quarter or an eighth of its size where that is enough.
    picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
    picture.load()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    plain = picture if picture.mode == mode else picture.convert(mode)
    plain.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(plain)
    upright.info = {}
    out = io.BytesIO()
    upright.save(out, "WEBP", quality=_QUALITY, exif=b"", icc_profile=None, xmp=b"")
    return out.getvalue()
