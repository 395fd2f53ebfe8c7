"""One deadline for a whole HTTP call: connecting, TLS, sending, headers and body, however slowly the server goes on.

The time-outs of requests and urllib3 hold for each read from the socket. A server that sends a byte of its headers now
and then never meets them. So each call has a timer that shuts the call's socket down, which wakes whatever waits for
it. Only looking up the host's name is not covered; the resolver has time-outs of its own.
"""

import socket
import threading
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import PoolManager

_current = threading.local()


class Deadline:
    """The deadline of the one HTTP call that is made inside `with`, by a session with `DeadlineAdapter`.

    Args:
        seconds: for everything inside `with`.

    Raises:
        requests.ReadTimeout: on leaving `with`, if the time was over, whatever the call made of its closed socket.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._adopted: list[socket.socket] = []
        self._expired = False

    def __enter__(self) -> Self:
        _current.deadline = self
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _current.deadline = None
        self._timer.cancel()
        with self._lock:
            # From here on the connection may serve another call.
            self._socket = None
            expired = self._expired
        for sock in self._adopted:
            sock.close()
        if expired and (error is None or isinstance(error, Exception)):
            raise requests.ReadTimeout("The whole call took too long.") from error

    def watch(self, sock: socket.socket) -> None:
        """Shut this socket down when the time is over, or now if it is."""
        with self._lock:
            self._socket = sock
            if self._expired:
                _shut_down(sock)

    def adopt(self, sock: socket.socket) -> bool:
        """Take over closing the socket, if it is the one that this deadline watches; return whether it is."""
        with self._lock:
            if self._socket is not sock:
                return False
            self._adopted.append(sock)
            return True

    def _expire(self) -> None:
        with self._lock:
            self._expired = True
            if self._socket is not None:
                _shut_down(self._socket)


def _shut_down(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is closed already.
        return


def _watch(sock: socket.socket | None) -> None:
    deadline: Deadline | None = getattr(_current, "deadline", None)
    if deadline is not None and sock is not None:
        deadline.watch(sock)


class _Watched(HTTPConnection):
    """A connection that shows its socket to the deadline of each call that it serves."""

    # A second handle on the socket: TLS takes the first one away, and nothing may close it under the timer's thread.
    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        self._handle = sock.dup()
        _watch(self._handle)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _watch(self._handle)
        super().request(*args, **kwargs)

    def close(self) -> None:
        super().close()
        handle, self._handle = self._handle, None
        deadline: Deadline | None = getattr(_current, "deadline", None)
        # With `Connection: close` http.client closes the connection before the body is read from its socket.
        if handle is not None and not (deadline is not None and deadline.adopt(handle)):
            handle.close()


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class DeadlineAdapter(HTTPAdapter):
    """Transport of a `requests.Session` whose calls keep to the `Deadline` they are made in."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_watched(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _use_watched(manager)
        return manager


def _use_watched(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def keep_to_deadlines(session: requests.Session) -> None:
    """Let the session's calls keep to the `Deadline` they are made in."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter())
