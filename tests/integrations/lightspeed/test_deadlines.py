"""No server of the POS's, however slowly it answers, holds a call beyond its deadline. Over real sockets."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from integrations.lightspeed import deadline, http, oauth
from integrations.lightspeed.deadline import Deadline, keep_to_deadlines
from integrations.lightspeed.errors import Call
from integrations.lightspeed.http import LightspeedHttp
from integrations.pos import Unreachable
from tests.support.certificate import certificate_for_localhost

SECONDS = 0.3
OK = b"HTTP/1.1 200 OK\r\n"


class Tokens:
    """One token for ever."""

    def access_token(self) -> str:
        return "token"

    def renewed(self, stale: str) -> str:
        return stale


@contextmanager
def server(*parts: bytes, pause: float = 0, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[object]]]:
    """A server that answers every request with these bytes, pausing before each.

    Gives its address, and a list of the connections that were made.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[object] = []
    over = threading.Event()

    def serve(sock: socket.socket) -> None:
        with suppress(OSError), sock:
            client = tls.wrap_socket(sock, server_side=True) if tls else sock
            with client:
                while client.recv(65536):
                    for part in parts:
                        if over.wait(pause):
                            return
                        client.sendall(part)

    def accept() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                connections.append(sock)
                threading.Thread(target=serve, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{listener.getsockname()[1]}", connections
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.fixture
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline much shorter than the time-outs of each read from the socket."""
    monkeypatch.setattr(http, "Deadline", lambda seconds: Deadline(SECONDS))
    monkeypatch.setattr(oauth, "Deadline", lambda seconds: Deadline(SECONDS))


@contextmanager
def timed_out() -> Iterator[None]:
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        yield
    assert SECONDS <= time.monotonic() - started < 10 * SECONDS
    assert caught.value.code == "timed_out"


def call(url: str) -> object:
    return LightspeedHttp(url, Tokens()).call("GET", "/x", kind=Call.READ)


SLOW = {
    "nothing at all": [b""] * 1000,
    "a status line by the letter": [bytes([letter]) for letter in OK],
    "headers without end": [OK, *[b"X-More: to come\r\n"] * 90],
    "hints without end": [b"HTTP/1.1 100 Continue\r\n\r\n"] * 90,
    "a body by the letter": [OK + b"Content-Length: 90\r\n\r\n", *[b" "] * 90],
    "a last body by the letter": [OK + b"Connection: close\r\n\r\n", *[b" "] * 90],
    "chunks without end": [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 90],
}


@pytest.mark.usefixtures("short_deadline")
@pytest.mark.parametrize("answer", SLOW)
@pytest.mark.parametrize("pause", [0.1, 5])
def test_neither_a_trickle_nor_a_silence_holds_a_call_beyond_its_deadline(answer: str, pause: float) -> None:
    with server(*SLOW[answer], pause=pause) as (url, _), timed_out():
        call(url)


@pytest.mark.usefixtures("short_deadline")
@pytest.mark.parametrize("answer", ["headers without end", "a last body by the letter"])
def test_the_deadline_holds_under_tls(answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certificate_for_localhost(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with server(OK + b"Content-Length: 2\r\n\r\n[]", tls=tls) as (url, _):
        assert call(url) == []
    with server(*SLOW[answer], pause=0.1, tls=tls) as (url, _), timed_out():
        call(url)


@pytest.mark.usefixtures("short_deadline")
@pytest.mark.parametrize("answer", SLOW)
def test_the_log_in_service_does_not_hold_a_call_beyond_its_deadline(answer: str) -> None:
    with server(*SLOW[answer], pause=0.1) as (url, _), timed_out():
        config = oauth.ClientConfig(
            client_id="us", client_secret="secret", authorise_url=f"{url}/auth", token_url=f"{url}/token"
        )
        oauth.refresh(config=config, refresh_token="refresh-1")


def test_the_deadline_is_the_connecting_and_the_reading_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def remembered(seconds: float) -> Deadline:
        asked.append(round(seconds, 2))
        return Deadline(seconds)

    monkeypatch.setattr(http, "Deadline", remembered)
    with server(OK + b"Content-Length: 2\r\n\r\n[]") as (url, _):
        LightspeedHttp(url, Tokens()).call("GET", "/x", kind=Call.READ, read_timeout=2.0)
    assert asked == [round(http.CONNECT_TIMEOUT + 2.0, 2)]


def test_a_call_that_was_answered_leaves_its_connection_to_the_next() -> None:
    with server(OK + b"Content-Length: 2\r\n\r\n[]") as (url, connections):
        for _ in range(3):
            assert call(url) == []
    assert len(connections) == 1


@pytest.mark.usefixtures("short_deadline")
def test_the_deadline_of_one_call_does_not_end_the_next_on_the_same_connection() -> None:
    with server(b"", OK + b"Content-Length: 2\r\n\r\n[]", pause=SECONDS * 0.35) as (url, connections):
        for _ in range(3):
            assert call(url) == []
    assert len(connections) == 1


def test_a_deadline_closes_what_was_left_to_it() -> None:
    session = requests.Session()
    keep_to_deadlines(session)
    with server(OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n[]") as (url, _), Deadline(5) as limit:
        assert session.get(url, timeout=5).json() == []
        (handle,) = limit._adopted
        assert handle.fileno() >= 0
    assert handle.fileno() == -1
    assert deadline._current.deadline is None
