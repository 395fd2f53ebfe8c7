"""Requests that may be repeated safely: the same key and body get the same answer, and nothing is done twice."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from storekit.api import Conflict
from storekit.models import IdempotentAnswer

_LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: its status and its JSON body."""

    status: int
    body: Any
    replayed: bool = False


def key_of(request: Request) -> str:
    """The request's `Idempotency-Key`.

    Raises:
        ValidationError: when it is missing or longer than 255 characters.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise ValidationError(
            {"Idempotency-Key": "Send an Idempotency-Key header: any text that is new for each new request."},
            code="required",
        )
    if len(key) > _LONGEST_KEY:
        raise ValidationError({"Idempotency-Key": f"At most {_LONGEST_KEY} characters."}, code="max_length")
    return key


def answer_once(*, scope: str, key: str, request_body: Any, work: Callable[[], Answer]) -> Answer:
    """Runs `work` in a transaction and keeps its answer under the key, or returns the answer kept before.

    Two requests with one key at the same time: the unique key lets one commit; the other's work is rolled back whole
    and it gets the first one's answer. An error raised by `work` keeps nothing, so the key can be used again.

    Raises:
        Conflict: when the key was used with another body.
    """
    digest = hashlib.sha256(json.dumps(request_body, sort_keys=True).encode()).hexdigest()
    if kept := _kept_answer(scope=scope, key=key, digest=digest):
        return kept
    try:
        with transaction.atomic():
            answer = work()
            IdempotentAnswer.objects.create(
                scope=scope, key=key, request_digest=digest, status=answer.status, answer=answer.body
            )
            return answer
    except IntegrityError:
        kept = _kept_answer(scope=scope, key=key, digest=digest)
        if kept is None:
            raise
        return kept


def _kept_answer(*, scope: str, key: str, digest: str) -> Answer | None:
    row = IdempotentAnswer.objects.filter(scope=scope, key=key).first()
    if row is None:
        return None
    if row.request_digest != digest:
        raise Conflict("This Idempotency-Key was used with another body. Use a new key for a new request.")
    return Answer(status=row.status, body=row.answer, replayed=True)
