"""Let clients repeat a request safely: the same key and body get the same answer, and nothing is done twice."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request

from storekit.models import IdempotentAnswer
from storekit.rest.errors import Conflict

_MAX_KEY_LENGTH = 255

KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description=f"Any text of at most {_MAX_KEY_LENGTH} characters that is new for each request but a repeated one.",
)
"""The header that `key_of` reads, for the description of a view."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: its status and its JSON body."""

    status: int
    body: Any
    replayed: bool = False


def key_of(request: Request) -> str:
    """Return the request's `Idempotency-Key`.

    Raises:
        ValidationError: if it is missing, longer than 255 characters, or not printable.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise ValidationError(
            {"Idempotency-Key": "Send an Idempotency-Key header: any text that is different for every new request."},
            code="required",
        )
    if len(key) > _MAX_KEY_LENGTH:
        raise ValidationError({"Idempotency-Key": f"Use at most {_MAX_KEY_LENGTH} characters."}, code="max_length")
    if not key.isprintable():
        raise ValidationError({"Idempotency-Key": "Use printable characters only."}, code="invalid")
    return key


class _KeyTaken(Exception):
    """Another request with the same key has been answered, or is being answered now."""


def answer_once(*, scope: str, key: str, request_body: Any, work: Callable[[], Answer]) -> Answer:
    """Run `work` in a transaction and store its answer under the key, or return the answer stored before.

    The key is inserted before the work begins, in the same transaction. A second request with the same key blocks on
    the unique constraint until the first has ended, and gets its answer. If `work` raises, nothing is stored and the
    key can be used again.

    Raises:
        Conflict: if the key was used with another body, or the request that held it has just failed.
    """
    digest = _digest(request_body)
    if stored := _stored_answer(scope=scope, key=key, digest=digest):
        return stored
    try:
        with transaction.atomic():
            row = _insert_key(IdempotentAnswer(scope=scope, key=key, request_digest=digest, status=0, answer={}))
            answer = work()
            row.status, row.answer = answer.status, answer.body
            row.save(update_fields=["status", "answer"])
            return answer
    except _KeyTaken:
        stored = _stored_answer(scope=scope, key=key, digest=digest)
        if stored is None:
            raise Conflict(
                "Another request with this Idempotency-Key has just failed. Send the request again."
            ) from None
        return stored


def _insert_key(row: IdempotentAnswer) -> IdempotentAnswer:
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise _KeyTaken from error
    return row


def _digest(request_body: Any) -> str:
    try:
        return hashlib.sha256(json.dumps(request_body, sort_keys=True).encode()).hexdigest()
    except RecursionError:
        raise ParseError("The body is nested too deeply.") from None


def _stored_answer(*, scope: str, key: str, digest: str) -> Answer | None:
    row = IdempotentAnswer.objects.filter(scope=scope, key=key).first()
    if row is None:
        return None
    if row.request_digest != digest:
        raise Conflict("This Idempotency-Key was used with a different body. Use a new key for a new request.")
    return Answer(status=row.status, body=row.answer, replayed=True)
