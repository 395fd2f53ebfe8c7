"""gunicorn's threaded worker, whose threads only ever get requests that have arrived in full.

gunicorn 27's own threaded worker gives each connection a thread, which waits for the rest of the request without a
limit: as many clients as there are threads, each sending half a request, stop the worker for as long as they like.
Here the worker's event loop collects the requests, as a buffering proxy would, and a thread gets one when it is whole.
Whatever is read or written after that has a deadline too.

Not for TLS or HTTP/2 in gunicorn itself, where this worker does what gunicorn's does.
"""

import errno
import re
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

READ_SECONDS = 15.0
"""For a whole request to arrive, headers and body."""

WRITE_SECONDS = 30.0
"""For the client to take one piece of a response; most responses are one piece."""

_LINGER_SECONDS = 2.0
_LINGER_BYTES = 64 * 1024
_CHUNK = 64 * 1024
# Larger requests, of which only pictures that staff upload are, are read by a thread: a few at once.
_BUFFERED_BYTES = 1024 * 1024 + 64 * 1024
_ALL_BUFFERED_BYTES = 64 * 1024 * 1024
_HEAD_BYTES = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,19})[ \t]*\r\n")


class Connection(TConn):
    """A connection, and what has arrived of its next request."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.arrived = bytearray()
        self.deadline = 0.0
        self.lingered = 0
        self._body_at = 0
        self._length: int | None = 0
        self._seen = 0

    def begin(self, arrived: bytes) -> None:
        """Begin with the next request, of which this has arrived already."""
        self.arrived = bytearray(arrived)
        self.deadline = time.monotonic() + READ_SECONDS
        self._body_at = self._seen = 0

    def is_large(self) -> bool:
        """Whether the request is too large to wait for, or its client waits for an answer before it sends the body."""
        if not self._find_head():
            return len(self.arrived) > _HEAD_BYTES
        head = bytes(self.arrived[: self._body_at]).lower()
        return (
            self._body_at + (self._length or 0) > _BUFFERED_BYTES
            or len(self.arrived) > _BUFFERED_BYTES
            or b"\r\nexpect:" in head
        )

    def is_whole(self) -> bool:
        """Whether all of the request has arrived."""
        if not self._find_head():
            return False
        if self._length is not None:
            return len(self.arrived) >= self._body_at + self._length
        # Chunked: the last chunk is empty, and trailers may follow it.
        body = self.arrived[self._body_at :]
        return body.endswith(b"\r\n\r\n") and (body.startswith(b"0\r\n") or b"\r\n0\r\n" in body)

    def _find_head(self) -> bool:
        if self._body_at:
            return True
        end = self.arrived.find(b"\r\n\r\n", max(0, self._seen - 3))
        self._seen = len(self.arrived)
        if end < 0:
            return False
        self._body_at = end + 4
        head = bytes(self.arrived[: end + 2]).lower()
        length = _LENGTH.search(head)
        # Whatever is wrong with the headers, the parser finds it: it gets them once they are complete.
        self._length = None if b"\r\ntransfer-encoding:" in head else int(length[1]) if length else 0
        return True

    def hand_over(self) -> None:
        """Give what has arrived to the parser, and let the parser read the rest until the deadline."""
        self.init()
        unreader = self.parser.unreader
        unreader.unread(bytes(self.arrived))
        self.arrived = bytearray()
        if "chunk" not in vars(unreader):
            unreader.chunk = partial(self._read, unreader.chunk)

    def _read(self, chunk: Any, size_hint: int | None = None) -> Any:
        remaining = self.deadline - time.monotonic()
        try:
            if remaining <= 0:
                raise TimeoutError
            self.sock.settimeout(remaining)
            return chunk(size_hint)
        except TimeoutError as error:
            raise _too_slow() from error
        finally:
            self.sock.settimeout(WRITE_SECONDS)


class PatientWorker(ThreadWorker):
    """The worker class, for `worker_class` in gunicorn's settings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plain = not self.cfg.is_ssl and self.cfg.http2_cleartext == "off"
        # In the order of their deadlines, which all have the same distance.
        self._arriving: dict[Connection, None] = {}
        self._lingering: dict[Connection, None] = {}
        self._large: set[Connection] = set()

    # --- In the event loop ---------------------------------------------------------------------------------------

    def accept(self, listener: Any) -> None:
        """Accept a connection and wait for its request."""
        if not self._plain:
            super().accept(listener)
            return
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self._await(Connection(self.cfg, sock, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Begin to collect the next request of a kept connection."""
        if not self._plain:
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)

    def murder_pending(self) -> None:
        """Also end connections whose request did not arrive in time, and those that have lingered long enough."""
        super().murder_pending()
        now = time.monotonic()
        for conn in list(self._arriving):
            if conn.deadline > now and (self.alive or conn.arrived):
                continue
            self._stop_reading(conn)
            if conn.arrived:
                self._refuse(conn, 408, "Request Timeout")
            else:
                self._end(conn)
        for conn in list(self._lingering):
            if conn.deadline > now:
                break
            self._stop_lingering(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Wait for the next request, or close the connection without keeping the event loop."""
        self._large.discard(conn)
        if self._plain and not fs.cancelled() and fs.exception() is None:
            if not fs.result():
                self._linger(conn)
                return
            if early := conn.parser.unreader.take_buffered():
                conn.sock.setblocking(False)
                self._await(conn, early)
                return
        super().finish_request(conn, fs)

    def _await(self, conn: Connection, arrived: bytes = b"") -> None:
        conn.begin(arrived)
        # Most requests are there at once and need no place in the poller.
        self._on_data(conn, conn.sock)

    def _on_data(self, conn: Connection, client: Any) -> None:
        try:
            data = client.recv(_CHUNK)
            if not data:
                self._stop_reading(conn)
                self._end(conn)
                return
            conn.arrived += data
        except BlockingIOError:
            if not conn.arrived:
                self._read_on(conn)
                return
        except OSError:
            self._stop_reading(conn)
            self._end(conn)
            return
        self._pass_on(conn)

    def _pass_on(self, conn: Connection) -> None:
        """Give the request to a thread if it is whole, or too large to be waited for here."""
        if conn.is_whole():
            self._stop_reading(conn)
            self.enqueue_req(conn)
        elif conn.is_large():
            self._stop_reading(conn)
            if len(self._large) >= max(1, self.cfg.threads // 2):
                self._refuse(conn, 503, "Service Unavailable")
                return
            self._large.add(conn)
            self.enqueue_req(conn)
        elif sum(len(other.arrived) for other in self._arriving) > _ALL_BUFFERED_BYTES:
            self._stop_reading(conn)
            self._refuse(conn, 503, "Service Unavailable")
        else:
            self._read_on(conn)

    def _read_on(self, conn: Connection) -> None:
        if conn not in self._arriving:
            self._arriving[conn] = None
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_data, conn))

    def _stop_reading(self, conn: Connection) -> None:
        if conn in self._arriving:
            del self._arriving[conn]
            self.poller.unregister(conn.sock)

    def _refuse(self, conn: Connection, status: int, reason: str) -> None:
        try:
            util.write_error(conn.sock, status, reason, "")
        except OSError:
            self._end(conn)
            return
        self._linger(conn)

    def _linger(self, conn: Connection) -> None:
        """Close once the client has, or after two seconds: closing at once would cut off the end of the response."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_rest, conn))
        except (OSError, ValueError):
            self._end(conn)
            return
        conn.deadline = time.monotonic() + _LINGER_SECONDS
        self._lingering[conn] = None

    def _on_rest(self, conn: Connection, client: Any) -> None:
        try:
            data = client.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        conn.lingered += len(data)
        if not data or conn.lingered > _LINGER_BYTES:
            self._stop_lingering(conn)

    def _stop_lingering(self, conn: Connection) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    # --- In a thread ---------------------------------------------------------------------------------------------

    def handle(self, conn: Any) -> Any:
        """Answer a request that has arrived."""
        if self._plain:
            conn.hand_over()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a parsed request; the client has to take the answer in time."""
        if not self._plain:
            return super().handle_request(req, conn)
        conn.sock.settimeout(WRITE_SECONDS)
        try:
            return super().handle_request(req, conn)
        except TimeoutError as error:
            raise _too_slow() from error


def _too_slow() -> ConnectionResetError:
    """Return an error that gunicorn and Django take for a client that went away."""
    return ConnectionResetError(errno.ECONNRESET, "The client was too slow.")
