"""Downloads from untrusted URLs: bounded in time and size, and never from a private network."""

import gzip
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from menus.images import download as downloads
from menus.images.download import download, is_allowed_address
from menus.images.files import MAX_BYTES, ImageRefused
from tests.menus.images.pictures import PictureServer, ok, picture, redirect, running_pictures
from tests.support.certificate import certificate_for_localhost

METADATA = "http://169.254.169.254/latest/meta-data/"


def fetch(url: str, *, seconds: float = 5, private_allowed: bool = True) -> bytes:
    return download(url=url, private_allowed=private_allowed, seconds=seconds)


# --- Addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public", "with_private"),
    [
        ("93.184.216.34", True, True),
        ("8.8.8.8", True, True),
        ("2606:2800:220:1:248:1893:25c8:1946", True, True),
        ("::ffff:8.8.8.8", True, True),
        ("64:ff9b::808:808", True, True),
        ("127.0.0.1", False, True),
        ("127.9.9.9", False, True),
        ("10.0.0.1", False, True),
        ("172.16.0.1", False, True),
        ("172.31.255.255", False, True),
        ("192.168.1.1", False, True),
        ("::1", False, True),
        ("fc00::1", False, True),
        ("fd12:3456::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::7f00:1", False, True),
        ("0.0.0.0", False, False),
        ("0.1.2.3", False, False),
        ("::", False, False),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("fe80::1", False, False),
        ("fe80::1%eth0", False, False),
        ("fec0::1", False, False),
        ("100.64.0.1", False, False),
        ("192.0.0.8", False, False),
        ("192.0.2.1", False, False),
        ("192.88.99.1", False, False),
        ("198.18.0.1", False, False),
        ("203.0.113.7", False, False),
        ("224.0.0.1", False, False),
        ("240.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("ff02::1", False, False),
        ("2001:db8::1", False, False),
        ("3fff::1", False, False),
        ("2002:7f00:1::", False, False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False, False),
        ("64:ff9b:1::1", False, False),
        ("::7f00:1", False, False),
        ("100::1", False, False),
    ],
)
def test_which_addresses_are_allowed(address: str, public: bool, with_private: bool) -> None:
    assert is_allowed_address(address=address, private_allowed=False) is public
    assert is_allowed_address(address=address, private_allowed=True) is with_private


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_no_spelling_of_this_machines_address_gets_through(pictures: PictureServer, host: str) -> None:
    pictures.put("/", ok(picture()))

    with pytest.raises(ImageRefused, match=r"private network|could not be found"):
        fetch(f"http://{host}:{pictures.port}/", private_allowed=False)

    assert pictures.requests == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "must start with http or https"),
        ("ftp://images.example/1.png", "must start with http or https"),
        ("gopher://images.example/1", "must start with http or https"),
        ("data:image/png;base64,AAAA", "must start with http or https"),
        ("//images.example/1.png", "must start with http or https"),
        ("", "must start with http or https"),
        ("http://anna:secret@images.example/1.png", "must not contain a user name or password"),
        ("http://anna@images.example/1.png", "must not contain a user name or password"),
        ("http://images.example\\@127.0.0.1/", "must not contain a user name or password"),
        ("http:///1.png", "not valid"),
        ("http://images.example:99999/", "not valid"),
        ("http://images.example:port/", "not valid"),
        ("http://images.example/\r\nHost: other", "not valid"),
        ("http://[::1/", "not valid"),
        (f"http://{'a' * 70}.example/", "not valid"),
    ],
)
def test_invalid_urls_are_refused_before_connecting(url: str, message: str) -> None:
    with pytest.raises(ImageRefused, match=message):
        fetch(url)


def _resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[Any]:
    """Make names resolve to each of `answers` in turn; return the list of addresses that are connected to."""
    waiting, connected = list(answers), []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in waiting.pop(0)]

    def create_connection(address: Any, **_: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    return connected


def test_a_name_that_resolves_differently_later_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = _resolve_to(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])

    with pytest.raises(ImageRefused, match="could not be reached"):
        fetch("http://rebinding.example/1.png", private_allowed=False)

    assert connected == [("93.184.216.34", 80)]


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = _resolve_to(monkeypatch, ["93.184.216.34", "10.0.0.1"])

    with pytest.raises(ImageRefused, match="private network"):
        fetch("https://mixed.example/1.png", private_allowed=False)

    assert connected == []


def test_redirects_are_followed_and_each_is_checked(pictures: PictureServer) -> None:
    pictures.put("/1.png", ok(picture()))
    near = pictures.put("/near", redirect("1.png"))
    far = pictures.put("/far", redirect(METADATA))
    other_scheme = pictures.put("/file", redirect("file:///etc/passwd"))
    loop = pictures.put("/loop", redirect("/loop"))

    assert fetch(near) == picture()
    with pytest.raises(ImageRefused, match="private network"):
        fetch(far)
    with pytest.raises(ImageRefused, match="must start with http or https"):
        fetch(other_scheme)
    with pytest.raises(ImageRefused, match="redirects too many times"):
        fetch(loop)
    assert pictures.asked("/loop") == 4


# --- Time and size ---------------------------------------------------------------------------------------------------


def _drip(server: PictureServer, head: bytes) -> Any:
    def answer(sock: socket.socket) -> None:
        sock.sendall(head)
        while not server.stopping.wait(0.02):
            sock.sendall(b"x")

    return answer


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"],
    ids=["status line", "headers", "body"],
)
def test_a_slow_server_is_cut_off_at_the_deadline(pictures: PictureServer, head: bytes) -> None:
    url = pictures.put("/slow", _drip(pictures, head))
    started = time.monotonic()

    with pytest.raises(ImageRefused, match=r"within 0\.4 seconds"):
        fetch(url, seconds=0.4)

    assert time.monotonic() - started < 2


def test_a_silent_server_is_cut_off_at_the_deadline(pictures: PictureServer) -> None:
    def answer(sock: socket.socket) -> None:
        pictures.stopping.wait(5)

    url = pictures.put("/mute", answer)

    with pytest.raises(ImageRefused, match=r"within 0\.3 seconds"):
        fetch(url, seconds=0.3)


def _endless(server: PictureServer, head: bytes, *, chunked: bool) -> Any:
    block = bytes(64 * 1024)

    def answer(sock: socket.socket) -> None:
        sock.sendall(head)
        while not server.stopping.is_set():
            sock.sendall(b"10000\r\n" + block + b"\r\n" if chunked else block)

    return answer


@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_body_without_a_length_is_refused(pictures: PictureServer, chunked: bool) -> None:
    coding = b"Transfer-Encoding: chunked\r\n" if chunked else b""
    url = pictures.put("/endless", _endless(pictures, b"HTTP/1.1 200 OK\r\n" + coding + b"\r\n", chunked=chunked))

    with pytest.raises(ImageRefused, match="larger than 10 MB"):
        fetch(url)


def test_a_declared_length_over_the_limit_is_refused(pictures: PictureServer) -> None:
    url = pictures.put("/large", f"HTTP/1.1 200 OK\r\nContent-Length: {MAX_BYTES + 1}\r\n\r\n".encode())

    with pytest.raises(ImageRefused, match="larger than 10 MB"):
        fetch(url)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nshort",
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
    ids=["short", "short chunk", "nothing", "nonsense", "many headers", "long header"],
)
def test_an_incomplete_or_invalid_response_is_refused(pictures: PictureServer, answer: bytes) -> None:
    with pytest.raises(ImageRefused, match="closed the connection early"):
        fetch(pictures.put("/broken", answer))


def test_a_declared_length_that_is_too_small_truncates_the_image(pictures: PictureServer) -> None:
    url = pictures.put("/lie", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + picture())

    assert fetch(url) == picture()[:5]


def test_compressed_responses_are_refused(pictures: PictureServer) -> None:
    bomb = gzip.compress(bytes(50 * 1024 * 1024))
    url = pictures.put("/bomb", ok(bomb, "Content-Encoding: gzip"))

    with pytest.raises(ImageRefused, match="compressed the image"):
        fetch(url)
    assert b"Accept-Encoding: identity\r\n" in pictures.requests[0]


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "403 Forbidden", "404 Not Found", "500 No"])
def test_only_status_200_is_accepted(pictures: PictureServer, status: str) -> None:
    url = pictures.put("/1.png", f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    with pytest.raises(ImageRefused, match=f"responded with status {status[:3]}"):
        fetch(url)


def test_an_unreachable_server_and_an_unknown_name_are_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    with pytest.raises(ImageRefused, match="could not be reached"):
        fetch(f"http://127.0.0.1:{port}/1.png")
    with pytest.raises(ImageRefused, match="could not be found"):
        fetch("http://no-such-name.invalid/1.png")


@pytest.mark.parametrize("end", ["Connection: close", "Connection: keep-alive"])
def test_an_image_is_read_in_full_whether_or_not_the_connection_closes(pictures: PictureServer, end: str) -> None:
    large = bytes(3 * 1024 * 1024)

    assert fetch(pictures.put("/1.png", ok(large, end))) == large
    assert fetch(pictures.put("/2.png", f"HTTP/1.0 200 OK\r\n{end}\r\n\r\n".encode() + large)) == large


def test_host_path_query_and_port_reach_the_server_as_written(pictures: PictureServer) -> None:
    pictures.put("/caf%C3%A9/a%20b.png?size=1&x=%2F", ok(picture()))

    assert fetch(f"http://localhost:{pictures.port}/café/a%20b.png?size=1&x=%2F#top") == picture()
    assert f"Host: localhost:{pictures.port}\r\n".encode() in pictures.requests[0]


# --- TLS -------------------------------------------------------------------------------------------------------------


def test_the_certificate_is_checked_against_the_name_although_the_connection_goes_to_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate_for_localhost(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    with running_pictures(tls) as server:
        server.put("/1.png", ok(picture()))
        with pytest.raises(ImageRefused, match="certificate"):
            fetch(f"https://localhost:{server.port}/1.png")

        monkeypatch.setattr(downloads, "DEFAULT_CA_BUNDLE_PATH", str(file))
        assert fetch(f"https://localhost:{server.port}/1.png") == picture()
        with pytest.raises(ImageRefused, match="certificate"):
            fetch(f"https://127.0.0.1:{server.port}/1.png")
