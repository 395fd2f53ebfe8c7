"""A real HTTP server that records the notifications it receives."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.sandbox.process import eventually


@dataclass
class Receiver:
    url: str = ""
    answers: list[int] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def wait_for(self, count: int = 1, **wanted: Any) -> list[dict[str, Any]]:
        """Wait for `count` notifications with these values, and return them."""

        def find() -> list[dict[str, Any]]:
            found = [body for body in list(self.bodies) if wanted.items() <= body.items()]
            return found if len(found) >= count else []

        return eventually(find, f"{count} notifications with {wanted} among {self.bodies}")


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port. `answers` holds the first response codes; all later ones are 200."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            login = self.headers.get("Authorization", "")
            receiver.logins.append(base64.b64decode(login.removeprefix("Basic ")).decode())
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
