import gzip
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests
import responses

from integrations.lightspeed import http
from integrations.lightspeed.errors import Call
from integrations.lightspeed.http import LightspeedHttp
from integrations.pos import BadAnswer, PosError, Throttled, Unauthorised, Unreachable

API = "https://api.lightspeed.example"


class Tokens:
    """Hands out token-1, then token-2 and so on."""

    def __init__(self) -> None:
        self.number = 1
        self.stale: list[str] = []

    def access_token(self) -> str:
        return f"token-{self.number}"

    def renewed(self, stale: str) -> str:
        self.stale.append(stale)
        self.number += 1
        return self.access_token()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def lightspeed(tokens: Tokens) -> LightspeedHttp:
    return LightspeedHttp(API, tokens)


@responses.activate
def test_fractions_are_decimals_and_whole_numbers_stay_whole(lightspeed: LightspeedHttp) -> None:
    responses.get(f"{API}/x", body='{"price": 0.1, "id": 45454565682155}')
    answer = lightspeed.call("GET", "/x", kind=Call.READ)
    assert answer == {"price": Decimal("0.1"), "id": 45454565682155}
    assert isinstance(answer["price"], Decimal)
    assert isinstance(answer["id"], int)


@responses.activate
def test_every_call_carries_the_token_and_our_name(lightspeed: LightspeedHttp) -> None:
    responses.get(f"{API}/x", json=[])
    lightspeed.call("GET", "/x", kind=Call.READ, query={"businessLocationId": "7"})
    request = responses.calls[0].request
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["User-Agent"] == "storekit"
    assert request.url == f"{API}/x?businessLocationId=7"


@responses.activate
def test_a_stale_token_is_renewed_once_and_the_call_repeated_once(lightspeed: LightspeedHttp, tokens: Tokens) -> None:
    responses.post(f"{API}/x", status=401)
    responses.post(f"{API}/x", json={"status": "ok"})
    assert lightspeed.call("POST", "/x", kind=Call.ORDER, body={"a": 1}) == {"status": "ok"}
    assert tokens.stale == ["token-1"]
    first, second = (call.request for call in responses.calls)
    assert second.headers["Authorization"] == "Bearer token-2"
    assert json.loads(first.body or "") == json.loads(second.body or "") == {"a": 1}


@responses.activate
def test_a_token_that_is_refused_again_is_unauthorised(lightspeed: LightspeedHttp, tokens: Tokens) -> None:
    responses.get(f"{API}/x", status=401)
    with pytest.raises(Unauthorised):
        lightspeed.call("GET", "/x", kind=Call.READ)
    assert len(responses.calls) == 2
    assert tokens.stale == ["token-1"]


@responses.activate
@pytest.mark.parametrize("status", [429, 500, 503])
def test_nothing_else_is_repeated(lightspeed: LightspeedHttp, status: int) -> None:
    responses.get(f"{API}/x", status=status)
    with pytest.raises(PosError):
        lightspeed.call("GET", "/x", kind=Call.READ)
    assert len(responses.calls) == 1


@responses.activate
def test_redirects_are_not_followed(lightspeed: LightspeedHttp) -> None:
    responses.get(f"{API}/x", status=302, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(BadAnswer):
        lightspeed.call("GET", "/x", kind=Call.READ)
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectTimeout(),
        requests.ReadTimeout(),
        requests.ConnectionError(),
        requests.exceptions.SSLError(),
        requests.exceptions.ProxyError(),
    ],
)
def test_no_answer_is_unreachable(lightspeed: LightspeedHttp, failure: Exception) -> None:
    responses.post(f"{API}/x", body=failure)
    with pytest.raises(Unreachable):
        lightspeed.call("POST", "/x", kind=Call.ORDER)


@responses.activate
@pytest.mark.parametrize(
    "body",
    [b"<html>", b'{"cut": ', b'{"price": NaN}', b'{"price": 1E+99999999999999999999}', b"\xff\xfe\xfd", b"[" * 100_000],
)
def test_a_yes_that_is_not_json_is_a_bad_answer_to_a_question_and_a_doubt_about_an_order(
    lightspeed: LightspeedHttp, body: bytes
) -> None:
    responses.get(f"{API}/x", body=body)
    responses.post(f"{API}/x", body=body)
    with pytest.raises(BadAnswer):
        lightspeed.call("GET", "/x", kind=Call.READ)
    with pytest.raises(Unreachable):
        lightspeed.call("POST", "/x", kind=Call.ORDER)


@responses.activate
def test_an_empty_yes_is_none(lightspeed: LightspeedHttp) -> None:
    responses.delete(f"{API}/x", status=204)
    assert lightspeed.call("DELETE", "/x", kind=Call.WRITE) is None


@responses.activate
def test_an_answer_that_is_too_large_is_refused(lightspeed: LightspeedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_RESPONSE_BYTES", 100)
    responses.get(f"{API}/x", body=json.dumps("x" * 200))
    with pytest.raises(BadAnswer):
        lightspeed.call("GET", "/x", kind=Call.READ)


@responses.activate
def test_retry_after_reaches_the_caller(lightspeed: LightspeedHttp) -> None:
    responses.get(f"{API}/x", status=429, headers={"Retry-After": "7"})
    with pytest.raises(Throttled) as caught:
        lightspeed.call("GET", "/x", kind=Call.READ)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 7


@responses.activate
def test_nothing_is_remembered_from_one_venue_to_the_next(lightspeed: LightspeedHttp) -> None:
    responses.get(f"{API}/x", json=[], headers={"Set-Cookie": "session=of-this-venue; Path=/"})
    lightspeed.call("GET", "/x", kind=Call.READ)
    lightspeed.call("GET", "/x", kind=Call.READ)
    assert "Cookie" not in responses.calls[1].request.headers


@responses.activate
def test_the_log_has_method_path_status_and_time_and_nothing_else(
    lightspeed: LightspeedHttp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="integrations")
    responses.post(f"{API}/o/x", status=400, json={"message": "no such guest as Anna"})
    with pytest.raises(PosError):
        lightspeed.call("POST", "/o/x", kind=Call.ORDER, query={"email": "anna"}, body={"password": "hunter2"})
    assert "POST /o/x: 400 in" in caplog.text
    assert not any(secret in caplog.text for secret in ("token-1", "hunter2", "anna", "Anna"))


def test_a_session_belongs_to_one_thread() -> None:
    mine = http._session()
    theirs: list[requests.Session] = []
    thread = threading.Thread(target=lambda: theirs.append(http._session()))
    thread.start()
    thread.join()
    assert http._session() is mine
    assert theirs[0] is not mine


def test_a_session_does_not_survive_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = http._session()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert http._session() is not parents
    monkeypatch.undo()
    http._session()


# --- Over real sockets -----------------------------------------------------------------------------------------------


@contextmanager
def answering(*parts: bytes, pause: float = 0) -> Iterator[str]:
    """A server that writes these bytes, pausing before each, and hangs up."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                for part in parts:
                    time.sleep(pause)
                    self.wfile.write(part)
                    self.wfile.flush()
            except OSError:
                pass

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def get(url: str, tokens: Tokens, **options: Any) -> Any:
    return LightspeedHttp(url, tokens).call("GET", "/x", kind=Call.READ, **options)


def test_a_compressed_answer_is_read(tokens: Tokens) -> None:
    content = gzip.compress(b'{"menu": 1}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(content)
    with answering(head, content) as url:
        assert get(url, tokens) == {"menu": 1}


def test_a_chunked_answer_is_read(tokens: Tokens) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n2\r\n2]\r\n0\r\n\r\n") as url:
        assert get(url, tokens) == [1, 2]


def test_a_bomb_of_compressed_nothing_is_refused(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_RESPONSE_BYTES", 1_000_000)
    content = gzip.compress(b" " * 50_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(content)
    with answering(head, content) as url, pytest.raises(BadAnswer):
        get(url, tokens)


@pytest.mark.parametrize(
    "half",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n[1, 2",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"",
        b"no HTTP at all\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_unreachable(tokens: Tokens, half: bytes) -> None:
    with answering(half) as url, pytest.raises(Unreachable):
        get(url, tokens)


def test_a_silent_server_is_timed_out(tokens: Tokens) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n", pause=0.5) as url, pytest.raises(Unreachable) as caught:
        get(url, tokens, read_timeout=0.05)
    assert caught.value.code == "timed_out"


def test_nobody_there_is_unreachable(tokens: Tokens) -> None:
    with pytest.raises(Unreachable):
        get("http://127.0.0.1:1", tokens)
