"""Image files: validate and convert them, store them, and remove those no longer used."""

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
from PIL import Image, ImageOps

from menus.images.colours import eight_bits_per_channel, to_srgb
from menus.models import Product
from storekit.db import clock

MAX_BYTES = 10 * 1024 * 1024
"""The largest image accepted, in bytes."""

STORED_NAME = re.compile(r"images/\d{4}w\d{2}/([0-9a-f]{40})\.webp")
"""Matches the name of every stored image; the group is the digest of its bytes."""

_FOLDER = "images"
# No vector formats: an SVG can contain scripts.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# Phones take JPEGs up to this size (an MPO is several in one file), and Pillow can decode those at a reduced size. The
# other formats are decoded in full, which takes 10 to 15 bytes of memory per pixel.
_MAX_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000}
_MAX_PIXELS_OTHER = 20_000_000
# Decoding a progressive JPEG takes one pass for each of its scans. Cameras and tools write about ten; an attacker can
# write many thousands of a hundred bytes each and keep a process busy for hours.
_JPEG, _START_OF_SCAN, _MAX_SCANS = b"\xff\xd8", b"\xff\xda", 64
# Sharp across a phone's full width at three pixels per point.
_MAX_SIDE = 1200
_QUALITY = 82
# Decode one image at a time in each process, however many are being downloaded, to bound memory.
_decoding = threading.Lock()
_CLEANUP_SECONDS = 35.0

_DECODING_ERRORS = (
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
    """The image cannot be used. `str(error)` is a sentence for venue staff."""


def store_image(content: bytes) -> str:
    """Convert an image for guests, store it and return the file's name.

    JPEG, PNG, WebP and GIF (its first frame) are converted to WebP, at most 1200 pixels on the longer side, rotated
    upright, in sRGB and without metadata. So there is one type to serve, it keeps transparency and is a third smaller
    than JPEG, and none of the original bytes reach a guest's browser. The name is derived from the new bytes, so the
    content behind a name never changes.

    Raises:
        ImageRefused: the image is too large, damaged or of another format.
    """
    if len(content) > MAX_BYTES:
        raise ImageRefused(f"The image is larger than {MAX_BYTES // 2**20} MB.")
    converted = _convert(content)
    # The folder is the week in which the image was stored: see `remove_unused`.
    name = f"{_FOLDER}/{_week(clock.now())}/{hashlib.sha256(converted).hexdigest()[:40]}.webp"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(converted))
    return name


def same_image(one: str, other: str) -> bool:
    """Return whether two names refer to the same bytes, possibly in different folders."""
    return one.rpartition("/")[2] == other.rpartition("/")[2]


def public_image_url(name: str) -> str | None:
    """Return the URL where guests find a stored image; None if the name is empty."""
    return f"{settings.PUBLIC_URL}{settings.MEDIA_URL}{name}" if name else None


def remove_unused() -> int:
    """Delete files that no product uses and that were stored before last week; return how many.

    Storing an image always writes to the current week's folder, so no running code can be about to use a file that is
    deleted here. Menus and pages cached elsewhere have at least a week to expire. Stops after 35 seconds; the next run
    continues.
    """
    deadline = time.monotonic() + _CLEANUP_SECONDS
    now, removed = clock.now(), 0
    recent = {_week(now), _week(now - timedelta(weeks=1))}
    for folder in _listed(_FOLDER)[0]:
        if folder in recent:
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


def _convert(content: bytes) -> bytes:
    try:
        with _decoding, Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            limit = _MAX_PIXELS.get(picture.format or "", _MAX_PIXELS_OTHER)
            if picture.width * picture.height > limit:
                raise ImageRefused(f"The image has more than {limit // 1_000_000} million pixels.")
            # Within image data JPEG escapes this marker, so it cannot occur there by chance.
            if content.startswith(_JPEG) and content.count(_START_OF_SCAN) > _MAX_SCANS:
                raise ImageRefused("The image has too many layers.")
            return _encoded(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRefused("The image has too many pixels.") from error
    except _DECODING_ERRORS as error:
        raise ImageRefused("This is not a JPEG, PNG, WebP or GIF image, or it is damaged.") from error


def _encoded(picture: Image.Image) -> bytes:
    # Decode a JPEG at a half, a quarter or an eighth of its size if that is large enough.
    picture.draft("RGB", (_MAX_SIDE, _MAX_SIDE))
    picture.load()
    plain = eight_bits_per_channel(picture)
    plain.thumbnail((_MAX_SIDE, _MAX_SIDE), Image.Resampling.LANCZOS)
    upright = to_srgb(ImageOps.exif_transpose(plain))
    upright.info = {}
    out = io.BytesIO()
    upright.save(out, "WEBP", quality=_QUALITY, exif=b"", icc_profile=None, xmp=b"")
    return out.getvalue()
