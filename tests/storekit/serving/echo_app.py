"""A WSGI application that answers how many bytes it was sent."""

from typing import Any


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Read the whole body, and answer its length as text."""
    answer = b"%d" % len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
