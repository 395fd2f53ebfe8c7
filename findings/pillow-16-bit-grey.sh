#!/usr/bin/env bash
# Pillow 13.0.0: of 16-bit grey pictures, three operations see only eight bits, without an error or a warning.
#
# Expected: converted to RGB or L, tones are scaled (0x2000 becomes 32, 0xC000 192); converted to RGBA, the tone that
#   the PNG names is transparent; `paste` writes the number that it is given, as `new` and `putpixel` do.
# Happens: conversion clips each value at 255, so the picture is white all over; the transparent tone is looked for by
#   its low byte, so black is transparent instead of 0x2000; `paste` writes the low byte twice.
# Seen: converted [(255, 255, 255), (255, 255, 255)] [255, 255]
#   opacity of 0x0000: 0, of 0x2000, which the file names: 255
#   new 0x2034, putpixel 0x2034, paste 0x3434
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io

from PIL import Image


def read_back(tones: list[int], **options: int) -> Image.Image:
    """Return a PNG of one row, as it is read from its file."""
    picture = Image.new("I;16", (len(tones), 1))
    for x, tone in enumerate(tones):
        picture.putpixel((x, 0), tone)
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    opened = Image.open(io.BytesIO(file.getvalue()))
    opened.load()
    assert opened.mode == "I;16"
    return opened


grey = read_back([0x2000, 0xC000])
rgb, eight_bits = ([grey.convert(mode).getpixel((x, 0)) for x in range(2)] for mode in ("RGB", "L"))
print("converted", rgb, eight_bits)
assert (rgb, eight_bits) == ([(255, 255, 255)] * 2, [255, 255])

transparent = read_back([0x0000, 0x2000], transparency=0x2000)
assert transparent.info["transparency"] == 0x2000
black, named = (transparent.convert("RGBA").getpixel((x, 0))[3] for x in range(2))
print(f"opacity of 0x0000: {black}, of 0x2000, which the file names: {named}")
assert (black, named) == (0, 255)

new, put, pasted = Image.new("I;16", (1, 1), 0x2034), read_back([0x2034]), Image.new("I;16", (1, 1))
pasted.paste(0x2034, (0, 0, 1, 1))
found = [picture.getpixel((0, 0)) for picture in (new, put, pasted)]
print("new {:#x}, putpixel {:#x}, paste {:#x}".format(*found))
assert found == [0x2034, 0x2034, 0x3434]
PYTHON
