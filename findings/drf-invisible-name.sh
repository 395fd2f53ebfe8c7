#!/usr/bin/env bash
# djangorestframework 3.18.3: a CharField with allow_blank=False takes text of which nobody sees anything.
#
# Expected: a name of zero-width spaces is as blank as one of spaces.
# Happens: blank is decided by str.strip, which leaves zero-width spaces, direction marks and Hangul fillers.
# Seen: spaces refused, U+200B taken, U+202E taken, U+3164 taken
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django==5.2.19 djangorestframework==3.18.3
"$folder/venv/bin/python" - <<'PYTHON'
import django
from django.conf import settings

settings.configure(USE_I18N=False)
django.setup()
from rest_framework import serializers

seen = {}
for name, text in {"spaces": "  ", "U+200B": "\u200b", "U+202E": "\u202e", "U+3164": "\u3164"}.items():
    try:
        serializers.CharField().run_validation(text)
        seen[name] = "taken"
    except serializers.ValidationError:
        seen[name] = "refused"
print(", ".join(f"{name} {what}" for name, what in seen.items()))
assert seen == {"spaces": "refused", "U+200B": "taken", "U+202E": "taken", "U+3164": "taken"}
PYTHON
