"""Content codings: which one a reader gets, and the menu's bytes in each of them."""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import brotli

IDENTITY, GZIP, BROTLI = "identity", "gzip", "br"
# The smallest first: what decides between codings that the reader likes alike.
_OURS = (BROTLI, GZIP, IDENTITY)
_ALIASES = {"x-gzip": GZIP}
_QVALUE = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
# Compressing is paid once for each version and language. Brotli above 5 costs ten times as much for a tenth less.
_GZIP_LEVEL, _BROTLI_QUALITY = 6, 5


@dataclass(frozen=True)
class CompressedMenu:
    """One edition's bytes, compressed; the plain ones are unpacked when somebody asks for them."""

    gzip: bytes
    brotli: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes to keep."""
        return len(self.gzip) + len(self.brotli)

    def body(self, coding: str) -> bytes:
        """The menu in the coding."""
        if coding == BROTLI:
            return self.brotli
        return self.gzip if coding == GZIP else zlib.decompress(self.gzip, wbits=zlib.MAX_WBITS | 16)


def pack(plain: bytes) -> CompressedMenu:
    """The same bytes always make the same packed ones: no time is written into them."""
    return CompressedMenu(
        gzip=gzip.compress(plain, _GZIP_LEVEL, mtime=0), brotli=brotli.compress(plain, quality=_BROTLI_QUALITY)
    )


@lru_cache(maxsize=512)
def choose_coding(accept_encoding: str) -> str | None:
    """What suits an `Accept-Encoding` header best by its q values; None when it rules out everything, plain included.

    By RFC 9110, section 12.5.3: plain is welcome unless it is ruled out by name, or by `*` without being named. A
    reader who sends no header is taken to understand plain bytes only.
    """
    quality = dict(_accepted(accept_encoding))
    rest = quality.get("*", 0.0)
    # Below everything that is asked for, and above what is ruled out.
    plain = quality.get(IDENTITY, rest if "*" in quality else 0.0001)
    wanted = {BROTLI: quality.get(BROTLI, rest), GZIP: quality.get(GZIP, rest), IDENTITY: plain}
    best = max(_OURS, key=lambda coding: wanted[coding])
    return best if wanted[best] > 0 else None


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
    # What cannot be read as a quality is no wish.
    return float(value) if _QVALUE.fullmatch(value.strip()) else 0.0
