"""Bodies of requests that other companies' systems send to our webhooks."""

from django.http import HttpRequest


class BodyTooLarge(Exception):
    """More than the limit."""


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """Return the body, of at most `limit` bytes. Raises `BodyTooLarge`, without reading beyond the limit."""
    stated = request.META.get("CONTENT_LENGTH") or ""
    if stated.isdigit() and int(stated) > limit:
        raise BodyTooLarge
    body: bytes = request.read(limit + 1)
    if len(body) > limit:
        raise BodyTooLarge
    return body
