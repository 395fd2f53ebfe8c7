"""Receive notifications from the POS. The checks are ordered to reveal as little as possible to strangers."""

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
from storekit.rest.bodies import BodyTooLarge, read_body
from storekit.rest.errors import error_response

LARGEST_BODY = 1024 * 1024
# Real notifications are not nested half as deeply; the stored body has to be walked and serialised again.
DEEPEST_BODY = 100


@csrf_exempt
@require_POST
def lightspeed(request: HttpRequest, public_id: UUID) -> JsonResponse:
    """Store one notification. 200 means that it is stored, now or earlier."""
    connection = Connection.objects.filter(public_id=public_id).select_related("venue").first()
    if connection is None:
        return _refusal(404, "not_found", "This webhook does not exist.")
    username, password = _basic_credentials(request)
    if not credentials_match(connection=connection, username=username, password=password):
        refusal = _refusal(401, "authentication_failed", "The user name or password is wrong.")
        refusal["WWW-Authenticate"] = 'Basic realm="storekit webhooks", charset="UTF-8"'
        return refusal
    try:
        body = _json_object(read_body(request, limit=LARGEST_BODY))
    except BodyTooLarge:
        return _refusal(413, "too_large", "A notification may be at most 1 MiB.")
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


def _json_object(raw: bytes) -> dict[str, Any]:
    """Parse the body as a JSON object, fractions as `Decimal`. Raises `ValueError`, with a sentence, if it is none."""
    try:
        body = json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, ArithmeticError, RecursionError):
        raise ValueError("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ValueError("The body is not a JSON object.")
    if _is_deeper_than(DEEPEST_BODY, body):
        raise ValueError("The body is nested too deeply.")
    return body


def _is_deeper_than(limit: int, body: Any) -> bool:
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
    return error_response(status=status, type="client_error", code=code, detail=detail)
