"""Answers that are errors, in Stripe's form."""

from typing import Any

Json = dict[str, Any]


class Problem(Exception):
    """An error answer. `kept` says whether Stripe keeps it for the request's key."""

    def __init__(self, status: int, message: str, *, type: str = "invalid_request_error", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.kept: bool = more.pop("kept", True)
        self.error: Json = {"type": type, "message": message, **{name: it for name, it in more.items() if it}}


def invalid(message: str, *, param: str = "", code: str = "") -> Problem:
    """A parameter that is wrong: found before anything is done, so nothing is kept."""
    return Problem(400, message, param=param, code=code, kept=False)


def missing(kind: str, name: str, *, param: str) -> Problem:
    """An object that does not exist, or belongs to another account."""
    return Problem(404, f"No such {kind}: '{name}'", param=param, code="resource_missing", kept=False)


def wrong_state(intent: Json, verb: str, allowed: tuple[str, ...]) -> Problem:
    """An intent that is past what is asked of it."""
    message = (
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
        f"with one of the following statuses may be used for this: {', '.join(allowed)}."
    )
    return Problem(400, message, code="payment_intent_unexpected_state", payment_intent=dict(intent))
