#!/usr/bin/env bash
# redis 8.1.0: a client made by from_url never retries, one made by its constructor retries ten times.
#
# Expected: the same number of retries for the same server, however it is named.
# Happens: the connections of the one have no retries and those of the other one ten, so that a restart of the server
#   fails the next command of the first only.
# Seen: from_url 0 retries, Redis() 10 retries
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check redis==8.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import redis

by_url = redis.Redis.from_url("redis://127.0.0.1:6379/0").connection_pool.make_connection().retry.get_retries()
by_name = redis.Redis(host="127.0.0.1", port=6379).connection_pool.make_connection().retry.get_retries()
print(f"from_url {by_url} retries, Redis() {by_name} retries")
assert (by_url, by_name) == (0, 10)
PYTHON
