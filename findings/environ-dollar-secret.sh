#!/usr/bin/env bash
# django-environ 0.14.0: a value that begins with a dollar sign is taken for the name of another variable.
#
# Expected: the value itself, at least unless interpolation was asked for.
# Happens: ImproperlyConfigured names a variable that nobody set; with a default, the default comes back silently.
# Seen: Set the ecret-42 environment variable / the default
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django-environ==0.14.0
"$folder/venv/bin/python" - <<'PYTHON'
import os

import environ
from environ import ImproperlyConfigured

os.environ["SECRET"] = "$ecret-42"
try:
    environ.Env()("SECRET")
except ImproperlyConfigured as error:
    print(error)
    assert "ecret-42" in str(error)
else:
    raise SystemExit("it read the value")
found = environ.Env()("SECRET", default="the default")
print(found)
assert found == "the default"
PYTHON
