#!/usr/bin/env bash
# django-environ 0.14.0: a line of .env that it cannot read is left out, and written to the log as it is.
#
# Expected: an error that names the line's number.
# Happens: `PASSWORD = sesame`, with blanks, sets nothing, and a warning repeats the password.
# Seen: Invalid line: PASSWORD = sesame / PASSWORD is not set
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django-environ==0.14.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import logging
import os

import environ

log = io.StringIO()
logging.basicConfig(stream=log, format="%(message)s")
environ.Env.read_env(io.StringIO("PASSWORD = sesame\n"))
print(log.getvalue().strip(), "/", "PASSWORD is", os.environ.get("PASSWORD", "not set"))
assert "sesame" in log.getvalue()
assert "PASSWORD" not in os.environ
PYTHON
