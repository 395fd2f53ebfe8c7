#!/usr/bin/env bash
# Pillow 13.0.0: of a 16-bit grey PNG converted to RGBA, another tone is transparent than the one that the file names.
#
# Expected: the tone 0x2000, which the file names, is transparent, and black is not.
# Happens: black is transparent, since it has the same low byte, and the tone 0x2000 is not.
# Seen: names 0x2000; opacity of 0x0000: 0, of 0x2000: 255
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io

from PIL import Image

picture = Image.new("I;16", (2, 1))
picture.putpixel((1, 0), 0x2000)
file = io.BytesIO()
picture.save(file, "PNG", transparency=0x2000)
opened = Image.open(io.BytesIO(file.getvalue()))
opened.load()
black, named = (opened.convert("RGBA").getpixel((x, 0))[3] for x in range(2))
print(f"names {opened.info['transparency']:#x}; opacity of 0x0000: {black}, of 0x2000: {named}")
assert (black, named) == (0, 255)
PYTHON
