"""Answers that are kept for keys. Source: "Idempotent requests" (https://docs.stripe.com/api/idempotent_requests)."""

import json
from dataclasses import dataclass

from tests.support.stripe_stand_in.problems import Json, Problem, invalid
from tests.support.stripe_stand_in.records import Account

_LONGEST = 255
_WORKING = "working"


@dataclass(frozen=True)
class Kept:
    """An answer for a key, or the place of one that is not there yet."""

    status: int
    body: Json


def look_up(account: Account, key: str, request: Json) -> Kept | None:
    """Return the answer that is kept for this key; None after taking the place for a new one.

    Raises a `Problem` if the key is for another request, or is being worked on.
    """
    if len(key) > _LONGEST:
        raise invalid("Idempotency keys may have up to 255 characters.")
    held = account.answers.get(key)
    if held is None:
        account.answers[key] = {"request": request, "state": _WORKING}
        return None
    if held["request"] != request:
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        raise Problem(400, message, type="idempotency_error", kept=False)
    if held["state"] == _WORKING:
        message = "There is currently another in-progress request using this key."
        raise Problem(409, message, type="idempotency_error", code="idempotency_key_in_use", kept=False)
    return Kept(held["status"], json.loads(held["body"]))


def keep(account: Account, key: str, answer: Kept) -> None:
    """Keep this answer."""
    account.answers[key] |= {"state": "done", "status": answer.status, "body": json.dumps(answer.body)}


def forget(account: Account, key: str) -> None:
    """Keep nothing: the request did not begin."""
    account.answers.pop(key, None)
