"""A table's QR code, as a picture and as squares."""

import io
from collections.abc import Sequence
from typing import Any

import segno
from django.conf import settings

QUIET_ZONE = 4
"""Squares that stay white on each side, by ISO/IEC 18004."""

_PIXELS_PER_SQUARE = 20


def address_of(token: str) -> str:
    """Return the address that the code of a table opens."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/t/{token}/"


def squares_of(token: str) -> Sequence[Sequence[int]]:
    """Return the rows of the code, 1 for a dark square, without the quiet zone."""
    return _code(token).matrix


def svg(token: str) -> bytes:
    """Return the code as an SVG file that fills whatever it is put into."""
    return _picture(token, kind="svg", omitsize=True, xmldecl=True)


def png(token: str) -> bytes:
    """Return the code as a PNG file, sharp on paper up to ten centimetres wide."""
    return _picture(token, kind="png", scale=_PIXELS_PER_SQUARE)


def _picture(token: str, **options: Any) -> bytes:
    file = io.BytesIO()
    _code(token).save(file, border=QUIET_ZONE, **options)
    return file.getvalue()


def _code(token: str) -> segno.QRCode:
    # Never a Micro QR code, which phones do not read. Level M survives a stain or a scratch.
    return segno.make_qr(address_of(token), error="m")
