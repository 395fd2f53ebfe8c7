#!/usr/bin/env bash
# stripe 16.1.0: a text that is a member of an enumeration is sent as the name of the member.
#
# Expected: a member of a `(str, Enum)` is a text like any other, as for json and for an HTTP header, so its value is
#   sent.
# Happens: the form is made of `str(value)`, which is the class and the name; Stripe refuses it, or keeps it as text.
#   A `StrEnum` is sent as its value.
# Seen: capture_method=Capture.MANUAL, description=manual
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check stripe==16.1.0 requests==2.34.2
HOME="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from enum import Enum, StrEnum
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe


class Capture(str, Enum):
    MANUAL = "manual"


class Text(StrEnum):
    MANUAL = "manual"


came = []


class Take(BaseHTTPRequestHandler):
    def do_POST(self):
        came.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Take)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = stripe.StripeClient("sk_test_1", base_addresses={"api": f"http://127.0.0.1:{server.server_port}"})
assert json.dumps(Capture.MANUAL) == '"manual"'
client.v1.payment_intents.create({"capture_method": Capture.MANUAL, "description": Text.MANUAL})
print(came[0].replace("&", ", "))
assert came[0] == "capture_method=Capture.MANUAL&description=manual"
PYTHON
