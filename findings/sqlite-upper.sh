#!/usr/bin/env bash
# SQLite as Python ships it: UPPER and LIKE fold ASCII letters only, and neither knows normal forms.
#
# Expected: what Django's iexact and Upper find on PostgreSQL they find on SQLite.
# Happens: café and CAFÉ differ on SQLite, so a constraint on UPPER(code) lets both in; é in two characters differs from
#   é in one on both databases.
# Seen: upper('café') is CAFé, 'café' LIKE 'CAFÉ' 0, one and two characters equal 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" - <<'PYTHON'
import sqlite3
import unicodedata

database = sqlite3.connect(":memory:")
two = unicodedata.normalize("NFD", "café")
upper, like, equal = database.execute("SELECT upper(?), ? LIKE ?, ? = ?", ("café", "café", "CAFÉ", two, "café")).fetchone()
print(f"upper('café') is {upper}, 'café' LIKE 'CAFÉ' {like}, one and two characters equal {equal}")
assert (upper, like, equal) == ("CAFé", 0, 0)
PYTHON
