#!/usr/bin/env bash
# nh3 0.3.8: the cells of a table that is not there are dropped even if their tags are allowed, and their words joined.
#
# Expected: <td>Small</td><td>4.00</td> comes back as it is when td is an allowed tag.
# Happens: the HTML parser ignores a cell outside a table, as the HTML standard says, so the words touch.
# Seen: without a table Small4.00, within one <table><tbody><tr><td>Small</td><td>4.00</td></tr></tbody></table>
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check nh3==0.3.8
"$folder/venv/bin/python" - <<'PYTHON'
import nh3

allowed = {"table", "tbody", "tr", "td"}
cells = "<td>Small</td><td>4.00</td>"
alone, within = nh3.clean(cells, tags=allowed), nh3.clean(f"<table><tr>{cells}</tr></table>", tags=allowed)
print(f"without a table {alone}, within one {within}")
assert alone == "Small4.00"
assert within == f"<table><tbody><tr>{cells}</tr></tbody></table>"
PYTHON
