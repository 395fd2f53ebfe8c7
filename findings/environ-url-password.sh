#!/usr/bin/env bash
# django-environ 0.14.0: a URL whose password has a bare # or / is an error that quotes the password, or another server.
#
# Expected: an error that says which variable to correct, and nothing of its value.
# Happens: a bare ValueError with what stands before the character. If that is a number, the URL is read without an
#   error: the name is taken for the server, the number for the port.
# Seen: ValueError: Port could not be cast to integer value as 'open' / host anna, port 12, password None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django-environ==0.14.0
"$folder/venv/bin/python" - <<'PYTHON'
import environ

try:
    environ.Env.email_url_config("smtp://anna:open#sesame@mail.example.com:587")
except ValueError as error:
    print(f"{type(error).__name__}: {error}")
    assert "open" in str(error)
else:
    raise SystemExit("it read the URL")
found = environ.Env.email_url_config("smtp://anna:12/sesame@mail.example.com:587")
host, port, password = (found[f"EMAIL_{name}"] for name in ("HOST", "PORT", "HOST_PASSWORD"))
print(f"host {host}, port {port}, password {password}")
assert (host, port, password) == ("anna", 12, None)
PYTHON
