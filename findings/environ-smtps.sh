#!/usr/bin/env bash
# django-environ 0.14.0: an EMAIL_URL with smtps:// turns STARTTLS on, and not TLS from the start.
#
# Expected: EMAIL_USE_SSL, since smtps is SMTP over TLS from the first byte, as on port 465 (RFC 8314).
# Happens: EMAIL_USE_TLS, with which Django talks plain SMTP first; a server on port 465 never answers that.
# Seen: port 465, EMAIL_USE_TLS True, EMAIL_USE_SSL absent
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django-environ==0.14.0
"$folder/venv/bin/python" - <<'PYTHON'
import environ

found = environ.Env.email_url_config("smtps://anna:secret@mail.example.com:465")
starttls, tls = found["EMAIL_USE_TLS"], found.get("EMAIL_USE_SSL", "absent")
print(f"port {found['EMAIL_PORT']}, EMAIL_USE_TLS {starttls}, EMAIL_USE_SSL {tls}")
assert (starttls, tls) == (True, "absent")
PYTHON
