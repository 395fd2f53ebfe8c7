"""Product images: small PNGs drawn with the standard library."""

import hashlib
import struct
import zlib
from functools import lru_cache

from django.http import HttpRequest, HttpResponse

SIZES = {"square": (320, 320), "preview": (96, 96), "raw": (640, 480)}


def image(request: HttpRequest, sku: str, shape: str) -> HttpResponse:
    """Serve an item's image in one of its shapes."""
    if shape not in SIZES:
        return HttpResponse(status=404)
    picture = plate(sku, *SIZES[shape])
    return HttpResponse(picture, "image/png", headers={"Cache-Control": "public, max-age=3600"})


@lru_cache(maxsize=256)
def plate(seed: str, width: int, height: int) -> bytes:
    """Draw a plate of food as a PNG, in colours derived from the seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    table, food, sauce = (bytes(120 + value % 120 for value in digest[start : start + 3]) for start in (0, 3, 6))
    rows = []
    unit = min(width, height) / 2
    for y in range(height):
        row = bytearray(width)
        for colour, radius in ((1, 0.86), (2, 0.58), (3, 0.26)):
            half = int(max((radius * unit) ** 2 - (y - height / 2) ** 2, 0) ** 0.5)
            middle = width // 2
            row[middle - half : middle + half] = bytes([colour]) * (2 * half)
        rows.append(b"\0" + bytes(row))
    return _png(width, height, table + b"\xff\xff\xff" + food + sauce, b"".join(rows))


def _png(width: int, height: int, palette: bytes, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
