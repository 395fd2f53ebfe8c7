#!/usr/bin/env bash
# schemathesis 4.32.5: called through WSGI, an application that compresses its answers seems to answer no JSON.
#
# Expected: what a call asks for in Accept-Encoding is unpacked, as it is when the same call goes over a socket.
# Happens: `case.call()` asks for "gzip, deflate" and keeps the compressed bytes, so that `response.json()` and the
#   checks against the schema fail.
# Seen: asked for gzip, deflate; answered {"a": 1} in gzip; the call has b'\x1f\x8b'...; identity: {'a': 1}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check schemathesis==4.32.5
"$folder/venv/bin/python" - <<'PYTHON'
import gzip
import json

import schemathesis

SCHEMA = {
    "openapi": "3.0.3",
    "info": {"title": "One", "version": "1"},
    "paths": {"/one": {"get": {"responses": {"200": {"description": "One"}}}}},
}
asked = []


def application(environ, start_response):
    body = json.dumps(SCHEMA if environ["PATH_INFO"] == "/schema" else {"a": 1}).encode()
    headers = [("Content-Type", "application/json")]
    wanted = environ.get("HTTP_ACCEPT_ENCODING", "")
    if environ["PATH_INFO"] == "/one" and "gzip" in wanted:
        asked.append(wanted)
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [body]


schema = schemathesis.openapi.from_wsgi("/schema", application)
case = schema["/one"]["GET"].Case()
packed = case.call().content
plain = case.call(headers={"Accept-Encoding": "identity"})
assert gzip.decompress(packed) == b'{"a": 1}'
assert plain.json() == {"a": 1}
print(f'asked for {asked[0]}; answered {{"a": 1}} in gzip; the call has {packed[:2]!r}...; identity: {plain.json()}')
PYTHON
