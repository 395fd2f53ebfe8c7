#!/usr/bin/env bash
# django-environ 0.14.0: the folder of filemail:///var/mail is relative.
#
# Expected: /var/mail, the path of the URL.
# Happens: var/mail, below whatever folder the process was started in. With a fourth slash it is /var/mail.
# Seen: var/mail /var/mail
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django-environ==0.14.0
"$folder/venv/bin/python" - <<'PYTHON'
import environ

three = environ.Env.email_url_config("filemail:///var/mail")["EMAIL_FILE_PATH"]
four = environ.Env.email_url_config("filemail:////var/mail")["EMAIL_FILE_PATH"]
print(three, four)
assert (three, four) == ("var/mail", "/var/mail")
PYTHON
