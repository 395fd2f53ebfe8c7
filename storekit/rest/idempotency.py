"""Requests that may be repeated safely: the same key and body get the same answer, and nothing is done twice."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request

from storekit.models import IdempotentAnswer
from storekit.rest.api import Conflict

_LONGEST_KEY = 255
# Long after anybody would repeat a request. The answers name guests, so they are not kept for ever.
_KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: its status and its JSON body."""

    status: int
    body: Any
    replayed: bool = False


def key_of(request: Request) -> str:
    """The request's `Idempotency-Key`.

    Raises:
        ValidationError: when it is missing, longer than 255 characters, or not printable.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise ValidationError(
            {"Idempotency-Key": "Send an Idempotency-Key header: any text that is new for each new request."},
            code="required",
        )
    if len(key) > _LONGEST_KEY:
        raise ValidationError({"Idempotency-Key": f"At most {_LONGEST_KEY} characters."}, code="max_length")
    if not key.isprintable():
        raise ValidationError({"Idempotency-Key": "Printable characters only."}, code="invalid")
    return key


class _KeyTaken(Exception):
    """Another request with the same key has been answered, or is being answered right now."""


def answer_once(*, scope: str, key: str, request_body: Any, work: Callable[[], Answer]) -> Answer:
    """Runs `work` in a transaction and keeps its answer under the key, or returns the answer kept before.

    The key is taken before the work begins, in the same transaction. A second request with it that comes meanwhile
    waits at the unique key until the first has ended, and gets its answer. An error raised by `work` keeps nothing,
    so the key can be used again.

    Raises:
        Conflict: when the key was used with another body.
    """
    digest = _digest(request_body)
    if kept := _kept_answer(scope=scope, key=key, digest=digest):
        return kept
    try:
        with transaction.atomic():
            row = _take_key(IdempotentAnswer(scope=scope, key=key, request_digest=digest, status=0, answer={}))
            answer = work()
            row.status, row.answer = answer.status, answer.body
            row.save(update_fields=["status", "answer"])
            return answer
    except _KeyTaken:
        kept = _kept_answer(scope=scope, key=key, digest=digest)
        if kept is None:
            raise Conflict("Another request with this Idempotency-Key has just failed. Send it again.") from None
        return kept


def forget_old_answers() -> int:
    """Deletes the answers that are older than thirty days, whose keys are then free again; returns how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - _KEPT_FOR).delete()[0]


def _take_key(row: IdempotentAnswer) -> IdempotentAnswer:
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


def _kept_answer(*, scope: str, key: str, digest: str) -> Answer | None:
    row = IdempotentAnswer.objects.filter(scope=scope, key=key).first()
    if row is None:
        return None
    if row.request_digest != digest:
        raise Conflict("This Idempotency-Key was used with another body. Use a new key for a new request.")
    return Answer(status=row.status, body=row.answer, replayed=True)
