#!/usr/bin/env bash
# stripe 16.1.0: the code that Stripe sends with a refusal is in `error.code` for some statuses and lost for others.
#
# Expected: `StripeError.code`, which every error of the library has, is the `code` of the answer; and what Stripe types
#   as an `idempotency_error` is an `IdempotencyError`.
# Happens: 400, 402 and 404 keep the code, 401, 403, 409, 429 and 500 have None, though the body is at hand. A 409 of
#   type idempotency_error (the first request with the key is still being worked on) is a plain APIError.
# Seen: 400 InvalidRequestError 'some_code', 401 AuthenticationError None, 402 CardError 'some_code', 403 PermissionError
#   None, 409 APIError None, 429 RateLimitError None, 500 APIError None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check stripe==16.1.0 requests==2.34.2
HOME="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe


class Refuse(BaseHTTPRequestHandler):
    def do_GET(self):
        status = int(self.path.rpartition("/")[2])
        kind = "idempotency_error" if status == 409 else "invalid_request_error"
        body = json.dumps({"error": {"type": kind, "code": "some_code", "message": "no"}}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Refuse)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = stripe.StripeClient("sk_test_1", base_addresses={"api": f"http://127.0.0.1:{server.server_port}"})
seen = {}
for status in (400, 401, 402, 403, 409, 429, 500):
    try:
        client.v1.payment_intents.retrieve(str(status))
    except stripe.StripeError as error:
        assert error.json_body["error"]["code"] == "some_code"
        seen[status] = type(error).__name__, error.code
print(", ".join(f"{status} {kind} {code!r}" for status, (kind, code) in seen.items()))
assert seen == {
    400: ("InvalidRequestError", "some_code"),
    401: ("AuthenticationError", None),
    402: ("CardError", "some_code"),
    403: ("PermissionError", None),
    409: ("APIError", None),
    429: ("RateLimitError", None),
    500: ("APIError", None),
}
PYTHON
