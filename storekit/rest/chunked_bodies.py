"""Read request bodies that come in chunks, without a length that is stated first.

Django reads as much as `Content-Length` states, so without it every body would be empty. HTTP clients send chunks when
they stream what they send, and some proxies do so always. A server that ends the stream itself, as gunicorn does, says
so with `wsgi.input_terminated`.
"""

import io
from collections.abc import Iterable
from typing import Any, Protocol

from django.conf import settings


class WsgiApplication(Protocol):
    """An application as PEP 3333 defines it."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...


class ReadChunkedBodies:
    """Give the application each chunked body with its length. Reads at most one byte beyond the largest body taken."""

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return self._application(environ, start_response)
