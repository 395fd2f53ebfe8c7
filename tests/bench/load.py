"""Request one address again and again over a few kept connections, and print the answers per second.

`python -m tests.bench.load PORT SECONDS CONNECTIONS STATUS REQUEST-FILE`: one process, one thread, bare sockets, so
that the load costs the answering machine little. Loopback only.
"""

import selectors
import socket
import sys
import time
from pathlib import Path

_HEAD_ENDS = b"\r\n\r\n"


class _Reader:
    """One connection at a time; opens the next one when the server closes this one."""

    def __init__(self, port: int, request: bytes, expected: bytes, selector: selectors.BaseSelector) -> None:
        self._port, self._request, self._expected, self._selector = port, request, expected, selector
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._send()

    def _send(self) -> None:
        self._parts: list[bytes] = []
        self._missing: int | None = None
        self._socket.sendall(self._request)

    def read(self) -> int:
        """Read what has arrived; return 1 if that completes an answer, otherwise 0."""
        part = self._socket.recv(1 << 20)
        if not part:
            raise ConnectionError("the server hung up in the middle of an answer")
        self._parts.append(part)
        if self._missing is None:
            self._read_head()
        else:
            self._missing -= len(part)
        if self._missing != 0:
            return 0
        self._next()
        return 1

    def _read_head(self) -> None:
        received = b"".join(self._parts)
        head, end, body = received.partition(_HEAD_ENDS)
        if not end:
            return
        if not head.startswith(self._expected):
            raise ConnectionError(f"the answer is {head[:200]!r}")
        self._closes = b"\r\nConnection: close" in head
        _, named, length = head.partition(b"\r\nContent-Length: ")
        self._missing = (int(length.partition(b"\r\n")[0]) if named else 0) - len(body)

    def _next(self) -> None:
        if self._closes:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._open()
        else:
            self._send()


def main(port: int, seconds: float, connections: int, status: int, request: Path) -> float:
    """Return the answers per second."""
    selector = selectors.DefaultSelector()
    expected = f"HTTP/1.1 {status} ".encode()
    for _ in range(connections):
        _Reader(port, request.read_bytes(), expected, selector)
    begun, answered = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < seconds:
        for key, _ in selector.select(timeout=10):
            answered += key.data.read()
    return answered / passed


if __name__ == "__main__":
    print(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])))
