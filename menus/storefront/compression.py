"""Content codings: choosing one for a request, and the menu's bytes in each."""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import brotli

IDENTITY, GZIP, BROTLI = "identity", "gzip", "br"
# Smallest first, to choose between codings of equal quality.
_CODINGS = (BROTLI, GZIP, IDENTITY)
_ALIASES = {"x-gzip": GZIP}
_QVALUE = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
# Each version and language is compressed once. Brotli above 5 takes ten times as long to save another tenth.
_GZIP_LEVEL, _BROTLI_QUALITY = 6, 5


@dataclass(frozen=True)
class CompressedMenu:
    """One edition's bytes, compressed. Plain bytes are decompressed on request."""

    gzip: bytes
    brotli: bytes

    @property
    def size(self) -> int:
        """Its size in memory, in bytes."""
        return len(self.gzip) + len(self.brotli)

    def body(self, coding: str) -> bytes:
        """Return the menu in the coding."""
        if coding == BROTLI:
            return self.brotli
        return self.gzip if coding == GZIP else zlib.decompress(self.gzip, wbits=zlib.MAX_WBITS | 16)


def compress(plain: bytes) -> CompressedMenu:
    """Compress the menu. Equal input gives equal output, because no timestamp is written."""
    return CompressedMenu(
        gzip=gzip.compress(plain, _GZIP_LEVEL, mtime=0), brotli=brotli.compress(plain, quality=_BROTLI_QUALITY)
    )


@lru_cache(maxsize=512)
def choose_coding(accept_encoding: str) -> str | None:
    """Return the best coding for an `Accept-Encoding` header by its q values; None if it excludes all, plain included.

    As RFC 9110, section 12.5.3, says: plain is acceptable unless excluded by name, or by `*` without being named.
    Without the header, clients get plain bytes.
    """
    quality = dict(_accepted(accept_encoding))
    rest = quality.get("*", 0.0)
    # Below every coding that the header accepts, and above those that it excludes.
    plain = quality.get(IDENTITY, rest if "*" in quality else 0.0001)
    qualities = {BROTLI: quality.get(BROTLI, rest), GZIP: quality.get(GZIP, rest), IDENTITY: plain}
    best = max(_CODINGS, key=lambda coding: qualities[coding])
    return best if qualities[best] > 0 else None


def _accepted(header: str) -> Iterator[tuple[str, float]]:
    for part in header.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(value)
        if coding:
            yield _ALIASES.get(coding, coding), quality


def _quality(value: str) -> float:
    # An invalid q value counts as 0.
    return float(value) if _QVALUE.fullmatch(value.strip()) else 0.0
