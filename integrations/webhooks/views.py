"""Where the POS delivers its notifications. The checks come in the order that tells a stranger least."""

import base64
import binascii
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.models import Connection
from integrations.webhooks.ledger import credentials_match, receive

LARGEST_BODY = 1024 * 1024
# Nobody's notification is nested half as deeply, and what is kept of it has to be walked and written again.
DEEPEST_BODY = 100


class BodyTooLarge(Exception):
    """More than `LARGEST_BODY` bytes."""


@csrf_exempt
@require_POST
def lightspeed(request: HttpRequest, public_id: UUID) -> JsonResponse:
    """Stores one notification. 200 means stored, now or before."""
    connection = Connection.objects.filter(public_id=public_id).first()
    if connection is None:
        return _refusal(404, "not_found", "There is no such webhook.")
    username, password = _basic_credentials(request)
    if not credentials_match(connection=connection, username=username, password=password):
        refusal = _refusal(401, "authentication_failed", "The user name or password is wrong.")
        refusal["WWW-Authenticate"] = 'Basic realm="storekit webhooks", charset="UTF-8"'
        return refusal
    try:
        body = _json_object(_read_body(request))
    except BodyTooLarge:
        return _refusal(413, "too_large", "A notification has at most 1 MiB.")
    except ValueError as error:
        return _refusal(400, "parse_error", str(error))
    receipt = receive(connection=connection, body=body)
    return JsonResponse({"status": "seen before" if receipt.seen_before else "stored"})


def _basic_credentials(request: HttpRequest) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return username, password


def _read_body(request: HttpRequest) -> bytes:
    """The body, however it is framed. Raises `BodyTooLarge`, without reading more than the limit."""
    stated = request.META.get("CONTENT_LENGTH") or ""
    if stated.isdigit() and int(stated) > LARGEST_BODY:
        raise BodyTooLarge
    # Django reads nothing without a Content-Length. A server that ends the stream itself says so, and then a chunked
    # body can be read like any other.
    chunked = not stated and request.META.get("wsgi.input_terminated")
    stream: Any = request.META["wsgi.input"] if chunked else request
    body: bytes = stream.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise BodyTooLarge
    return body


def _json_object(raw: bytes) -> dict[str, Any]:
    """The body as an object, its fractions as decimals. Raises `ValueError`, with a sentence, for anything else."""
    try:
        body = json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, ArithmeticError, RecursionError):
        raise ValueError("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ValueError("The body is not a JSON object.")
    if _deeper_than(DEEPEST_BODY, body):
        raise ValueError("The body is nested too deeply.")
    return body


def _deeper_than(limit: int, body: Any) -> bool:
    level = [body]
    for _ in range(limit):
        level = [part for value in level for part in _parts(value)]
    return bool(level)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _refusal(status: int, code: str, detail: str) -> JsonResponse:
    """The shape of every error of storekit's REST."""
    return JsonResponse(
        {"type": "client_error", "errors": [{"code": code, "detail": detail, "attr": None}]}, status=status
    )
