"""Request bodies that come in chunks are read like any other."""

import io
from collections.abc import Iterable
from typing import Any

from pytest_django import Settings

from storekit.rest.chunked_bodies import ReadChunkedBodies


def read_by_the_application(body: io.BytesIO, **environ: Any) -> bytes:
    """Return what an application reads that trusts the stated length, as Django does."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]

    return b"".join(ReadChunkedBodies(application)({"wsgi.input": body} | environ, None))


def test_a_body_without_a_length_is_read_to_its_end() -> None:
    assert read_by_the_application(io.BytesIO(b"[1, 2]"), **{"wsgi.input_terminated": True}) == b"[1, 2]"


def test_no_more_is_read_than_shows_that_it_is_too_much(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    stream = io.BytesIO(b"x" * 100)
    assert read_by_the_application(stream, **{"wsgi.input_terminated": True}) == b"x" * 11
    assert stream.tell() == 11


def test_a_stated_length_is_left_alone() -> None:
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "3"}
    assert read_by_the_application(io.BytesIO(b"abcdef"), **environ) == b"abc"


def test_a_stream_that_the_server_does_not_end_is_not_read() -> None:
    """Reading it could wait for ever."""
    assert read_by_the_application(io.BytesIO(b"abc")) == b""
