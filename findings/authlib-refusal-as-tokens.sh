#!/usr/bin/env bash
# Authlib 1.9.9: a refusal of the token endpoint is returned as tokens, unless its body has an "error".
#
# Expected: an exception for the statuses 401 and 429.
# Happens: the body is returned, with the old refresh token added, and kept as the session's token over the one that
#   was there.
# Seen: 401 {'message': 'Unauthorized', 'refresh_token': 'b'} /
#   429 {'message': 'API rate limit exceeded', 'refresh_token': 'b'}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check authlib==1.9.9 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from authlib.integrations.requests_client import OAuth2Session

ANSWERS = {401: {"message": "Unauthorized"}, 429: {"message": "API rate limit exceeded"}}


class TokenEndpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        status = int(self.path.strip("/"))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(ANSWERS[status]).encode())

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), TokenEndpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
seen = []
for status, body in ANSWERS.items():
    session = OAuth2Session("client", "secret", token={"access_token": "a", "refresh_token": "b"})
    found = session.refresh_token(f"http://127.0.0.1:{server.server_port}/{status}", refresh_token="b")
    seen.append(f"{status} {dict(found)}")
    assert found["message"] == session.token["message"] == body["message"]
    assert "access_token" not in session.token
server.shutdown()
print(" / ".join(seen))
PYTHON
