"""Colour profiles, built from the ICC's specification: Adobe RGB, a linear grey and a print shop's CMYK."""

import struct

_WHITE = (0.9642, 1.0, 0.8249)


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _xyz(*numbers: float) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*numbers)


def _gamma(exponent: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256))


def _profile(space: bytes, connection: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = {b"desc": name, b"wtpt": _xyz(*_WHITE), b"cprt": b"text" + bytes(4) + b"none\0", **tags}
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    start = struct.pack(">I4sI4s4s4s", 128 + len(table) + len(body), bytes(4), 0x02100000, kind, space, connection)
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    return start + date + b"acsp" + bytes(28) + _fixed(*_WHITE) + bytes(48) + table + body


def _ink_table() -> bytes:
    """Return what each mixture of the four inks looks like, as a table of 16 Lab colours."""
    unit = (1, 0, 0, 0, 1, 0, 0, 0, 1)
    colours = b""
    for number in range(16):
        cyan, magenta, yellow, black = (number >> bit & 1 for bit in (3, 2, 1, 0))
        light = 255 * (1 - black) * (1 - 0.3 * cyan) * (1 - 0.5 * magenta) * (1 - 0.1 * yellow)
        a, b = 70 * magenta - 60 * cyan, 80 * yellow - 40 * cyan
        colours += bytes([round(light), 128 + a * (1 - black), 128 + b * (1 - black)])
    straight = bytes(range(256))
    return b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + _fixed(*unit) + straight * 4 + colours + straight * 3


ADOBE_RGB = _profile(
    b"RGB ",
    b"XYZ ",
    b"mntr",
    {
        b"rXYZ": _xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": _xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": _xyz(0.14919, 0.06322, 0.74457),
        b"rTRC": _gamma(2.19921875),
        b"gTRC": _gamma(2.19921875),
        b"bTRC": _gamma(2.19921875),
    },
)
LINEAR_GREY = _profile(b"GRAY", b"XYZ ", b"mntr", {b"kTRC": _gamma(1)})
PRINT_SHOP = _profile(b"CMYK", b"Lab ", b"prtr", {b"A2B0": _ink_table()})
