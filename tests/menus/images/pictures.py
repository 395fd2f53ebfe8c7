"""Test images, and a local server that can misbehave like one on the internet."""

import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from PIL import Image

Answer = bytes | Callable[[socket.socket], None]


def picture(colour: str = "red", *, size: tuple[int, int] = (40, 30), form: str = "PNG", **options: Any) -> bytes:
    """Return an image file of one colour."""
    out = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), size, colour).save(out, form, **options)
    return out.getvalue()


def ok(body: bytes, *headers: str, kind: str = "image/png") -> bytes:
    """Return a valid response."""
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(to: str) -> bytes:
    """Return a 302 response."""
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


class PictureServer:
    """Answers each path with given bytes or by a function that gets the socket; records the requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def put(self, path: str, answer: Answer) -> str:
        """Set the answer for a path; return its URL."""
        self.answers[path] = answer
        return f"http://127.0.0.1:{self.port}{path}"

    def asked(self, path: str) -> int:
        """Return how many requests the path has had."""
        return sum(request.startswith(f"GET {path} ".encode()) for request in self.requests)

    def stop(self) -> None:
        self.stopping.set()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            sock = self._tls.wrap_socket(client, server_side=True) if self._tls else client
            with sock:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += sock.recv(4096) or b"\r\n\r\n"
                self.requests.append(request)
                path = [*request.split(), b"", b""][1].decode()
                answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                if callable(answer):
                    answer(sock)
                else:
                    sock.sendall(answer)


@contextmanager
def running_pictures(tls: ssl.SSLContext | None = None) -> Iterator[PictureServer]:
    """Run an image server for the length of the block."""
    server = PictureServer(tls)
    try:
        yield server
    finally:
        server.stop()
