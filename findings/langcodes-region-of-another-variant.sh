#!/usr/bin/env bash
# langcodes 3.5.1: the closest match for European Portuguese is Brazilian Portuguese, though plain Portuguese is there.
#
# Expected: "pt", as RFC 4647's lookup finds it, and likewise "de" for "de-AT" rather than "de-CH".
# Happens: "pt" counts as "pt-BR" and "de" as "de-DE", both are as far away as the other one, and the first one wins.
# Seen: pt-PT: pt-BR, de-AT: de-CH; from pt-PT to pt-BR 5, to pt 5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check langcodes==3.5.1
"$folder/venv/bin/python" - <<'PYTHON'
from langcodes import closest_supported_match, tag_distance

portuguese = closest_supported_match("pt-PT", ["pt-BR", "pt"])
german = closest_supported_match("de-AT", ["de-CH", "de"])
brazilian, plain = tag_distance("pt-PT", "pt-BR"), tag_distance("pt-PT", "pt")
print(f"pt-PT: {portuguese}, de-AT: {german}; from pt-PT to pt-BR {brazilian}, to pt {plain}")
assert (portuguese, german) == ("pt-BR", "de-CH")
assert brazilian == plain == 5
PYTHON
