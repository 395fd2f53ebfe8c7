#!/usr/bin/env bash
# phonenumberslite 9.0.42: E.164 drops an extension silently, and two functions disagree on "possible".
#
# Expected: an error or a flag when a number is written in a form that cannot hold all of it; one answer to "possible".
# Happens: format_number returns the number without its extension; is_possible_number is True for seven digits without
#   an area code, whose E.164 then reaches nobody. Only is_possible_number_with_reason tells them apart.
# Seen: +12125550123 of (212) 555-0123 x45, extension 45
# Seen: 555-0123 possible True, local only True, E.164 +15550123
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check phonenumberslite==9.0.42
"$folder/venv/bin/python" - <<'PYTHON'
import phonenumbers as p

number = p.parse("(212) 555-0123 x45", "US")
written = p.format_number(number, p.PhoneNumberFormat.E164)
print(f"{written} of (212) 555-0123 x45, extension {number.extension}")
assert (written, number.extension) == ("+12125550123", "45")

local = p.parse("555-0123", "US")
local_only = p.is_possible_number_with_reason(local) == p.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
written = p.format_number(local, p.PhoneNumberFormat.E164)
print(f"555-0123 possible {p.is_possible_number(local)}, local only {local_only}, E.164 {written}")
assert (p.is_possible_number(local), local_only, written) == (True, True, "+15550123")
PYTHON
