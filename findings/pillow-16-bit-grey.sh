#!/usr/bin/env bash
# Pillow 13.0.0: a 16-bit grey PNG converted to RGB or L is white all over, without an error or a warning.
#
# Expected: its tones, scaled to 8 bits: 0x2000 becomes 32, 0xC000 becomes 192.
# Happens: every value above 255 is clipped to 255.
# Seen: I;16 [(255, 255, 255), (255, 255, 255)] [255, 255]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io

from PIL import Image

picture = Image.new("I;16", (2, 1))
picture.putpixel((0, 0), 0x2000)
picture.putpixel((1, 0), 0xC000)
file = io.BytesIO()
picture.save(file, "PNG")
opened = Image.open(io.BytesIO(file.getvalue()))
rgb = [opened.convert("RGB").getpixel((x, 0)) for x in range(2)]
grey = [opened.convert("L").getpixel((x, 0)) for x in range(2)]
print(opened.mode, rgb, grey)
assert rgb == [(255, 255, 255)] * 2
assert grey == [255, 255]
PYTHON
