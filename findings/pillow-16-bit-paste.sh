#!/usr/bin/env bash
# Pillow 13.0.0: a number pasted into a 16-bit grey picture fills it with the number's low byte, twice.
#
# Expected: the number, as Image.new and putpixel write it.
# Happens: paste(0x2034) writes 0x3434, without an error or a warning.
# Seen: new 0x2034, putpixel 0x2034, paste 0x3434
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
from PIL import Image

new = Image.new("I;16", (1, 1), 0x2034)
put = Image.new("I;16", (1, 1))
put.putpixel((0, 0), 0x2034)
pasted = Image.new("I;16", (1, 1))
pasted.paste(0x2034, (0, 0, 1, 1))
found = [picture.getpixel((0, 0)) for picture in (new, put, pasted)]
print("new {:#x}, putpixel {:#x}, paste {:#x}".format(*found))
assert found == [0x2034, 0x2034, 0x3434]
PYTHON
