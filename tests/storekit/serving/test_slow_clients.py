"""Clients that do not finish their requests hold no thread of the web server. With a real gunicorn."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.sandbox.process import free_port

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
# Far more than the one thread of the server below.
CLIENTS = 6
READ_SECONDS = 1.0


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A web server with storekit's settings, but one process with two threads, and little patience."""
    folder: Path = tmp_path_factory.mktemp("gunicorn")
    config, log, number = folder / "config.py", folder / "log", free_port()
    config.write_text(
        "from storekit.gunicorn import *\n"
        "from storekit.serving import patient_worker\n"
        # The application of these tests has no database in which to look for task workers.
        "def post_worker_init(worker): pass\n"
        f"patient_worker.READ_SECONDS = {READ_SECONDS}\n"
        f"workers, threads, bind, errorlog = 1, 2, '127.0.0.1:{number}', {str(log)!r}\n"
    )
    command = [sys.executable, "-m", "gunicorn", "tests.storekit.serving.echo_app", "-c", str(config)]
    environment = os.environ | {"PYTHONPATH": str(settings.BASE_DIR)}
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        until = time.monotonic() + 30
        while not _listens(number):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.02)
        yield number
    finally:
        process.terminate()
        process.wait(timeout=20)
    # What slow clients do is nothing to wake an administrator for.
    assert "Traceback" not in log.read_text()


def _listens(number: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", number)) == 0


def connect(port: int, sent: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.sendall(sent)
    return client


def answer(client: socket.socket) -> tuple[int, bytes]:
    """Return the status and the body of the next response."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = client.recv(65536)
        assert part, f"hung up after {got!r}"
        got += part
    head, body = got.split(b"\r\n\r\n", 1)
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += client.recv(65536)
    return int(head.split()[1]), body


HALVES = {
    "nothing": b"",
    "half a line": b"GET /",
    "half the headers": GET[:-2],
    "half a body": POST + b"Content-Length: 100\r\n\r\nhalf",
    "half a chunk": CHUNKED + b"5\r\nhalf",
    "chunks without an end": CHUNKED + b"4\r\nhalf\r\n",
    "a request that ends the connection, which the client keeps": GET[:-2] + b"Connection: close\r\n\r\n",
    "half of a large body": POST + b"Content-Length: 9000000\r\n\r\nhalf",
    "a body that waits to be asked for": POST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n",
}


@pytest.mark.parametrize("half", HALVES)
def test_many_clients_with_half_a_request_keep_nobody_waiting(port: int, half: str) -> None:
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(closing(connect(port, HALVES[half])))
        started = time.monotonic()
        for _ in range(5):
            with closing(connect(port, GET)) as client:
                assert answer(client) == (200, b"0")
        assert time.monotonic() - started < READ_SECONDS / 2


@pytest.mark.parametrize("half", ["half a line", "half the headers", "half a body", "chunks without an end"])
def test_a_request_that_does_not_arrive_in_time_is_answered_408(port: int, half: str) -> None:
    started = time.monotonic()
    with closing(connect(port, HALVES[half])) as client:
        assert answer(client)[0] == 408
        assert client.recv(100) == b""
    assert READ_SECONDS <= time.monotonic() - started < READ_SECONDS + 5


@pytest.mark.parametrize("half", ["nothing", "half of a large body"])
def test_a_connection_without_a_request_and_one_with_half_of_a_large_one_are_closed(port: int, half: str) -> None:
    with closing(connect(port, HALVES[half])) as client:
        while client.recv(65536):
            pass


def test_a_client_that_sends_a_letter_now_and_then_does_not_get_more_time(port: int) -> None:
    started = time.monotonic()
    with closing(connect(port, b"GET /")) as client:
        client.settimeout(0.1)
        while True:
            try:
                client.sendall(b"x")
                got = client.recv(1000)
                break
            except TimeoutError:
                assert time.monotonic() - started < READ_SECONDS + 5
    assert got.startswith(b"HTTP/1.1 408 ")


def test_only_half_of_the_threads_read_large_bodies(port: int) -> None:
    with closing(connect(port, HALVES["half of a large body"])), closing(connect(port, GET)) as client:
        answer(client)
        with closing(connect(port, HALVES["half of a large body"])) as another:
            assert answer(another)[0] == 503


@pytest.mark.parametrize(
    ("pieces", "length"),
    [
        ([GET], b"0"),
        ([GET[:10], GET[10:-1], GET[-1:]], b"0"),
        ([POST + b"Content-Length: 10\r\n\r\n", b"12345", b"67890"], b"10"),
        ([POST + b"content-length:  3\r\n\r\nabc"], b"3"),
        ([CHUNKED, b"5\r\nabcde\r\n", b"0\r\n", b"\r\n"], b"5"),
        ([CHUNKED, b"0\r\n\r\n"], b"0"),
        ([CHUNKED, b"3\r\nabc\r\n0\r\nX-Checked: yes\r\n\r\n"], b"3"),
        ([POST + b"Content-Length: 3000000\r\n\r\n", b"x" * 3_000_000], b"3000000"),
    ],
)
def test_a_request_may_come_in_pieces_and_the_connection_serves_another(
    port: int, pieces: list[bytes], length: bytes
) -> None:
    with closing(connect(port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for piece in pieces:
                client.sendall(piece)
            assert answer(client) == (200, length)


def test_requests_that_were_sent_together_are_all_answered(port: int) -> None:
    with closing(connect(port, GET + POST + b"Content-Length: 2\r\n\r\nab" + GET[:7])) as client:
        got = b""
        while got.count(b"HTTP/1.1 200 OK") < 2 or not got.endswith(b"2"):
            got += client.recv(65536)
        client.sendall(GET[7:])
        assert answer(client) == (200, b"0")


def test_a_body_that_waits_to_be_asked_for_is_asked_for(port: int) -> None:
    with closing(connect(port, HALVES["a body that waits to be asked for"])) as client:
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"body")
        assert answer(client) == (200, b"4")


def test_nonsense_is_answered_400(port: int) -> None:
    with closing(connect(port, b"nonsense\r\n\r\n")) as client:
        assert answer(client)[0] == 400
