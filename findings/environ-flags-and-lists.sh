#!/usr/bin/env bash
# django-environ 0.14.0: whatever is not on is off, and the values of a list keep their blanks.
#
# Expected: an error for DEBUG=maybe; two names without blanks for "a.example, b.example".
# Happens: DEBUG=maybe and DEBUG=tru are off; the second name begins with a blank, so that no host ever has it.
# Seen: False False ['a.example', ' b.example']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django-environ==0.14.0
DEBUG=maybe TRACE=tru HOSTS="a.example, b.example" "$folder/venv/bin/python" - <<'PYTHON'
import environ

env = environ.Env()
debug, trace, hosts = env.bool("DEBUG"), env.bool("TRACE"), env.list("HOSTS")
print(debug, trace, hosts)
assert (debug, trace, hosts) == (False, False, ["a.example", " b.example"])
PYTHON
