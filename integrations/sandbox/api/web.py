"""Requests in, JSON out: methods, authorisation, the lock and the shapes of refusals, in one place."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from integrations.sandbox.api.access import authorise
from integrations.sandbox.api.errors import Refusal, bad_request, forbidden, spring_error
from integrations.sandbox.data.venue import LOCATION_NAMES
from integrations.sandbox.state import store

View = Callable[..., Any]

# The digits of the largest 64-bit integer.
LONGEST_NUMBER = 19


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def answer(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Write an answer as JSON; decimals become JSON numbers."""
    return HttpResponse(json.dumps(payload, default=_plain), "application/json", status, headers=headers)


def read_json(request: HttpRequest, *, parse_float: Callable[[str], Any] = Decimal) -> Any:
    """Read the body as JSON, numbers as decimals; what is not JSON is refused."""
    try:
        return json.loads(request.body, parse_float=parse_float, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"JSON parse error: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def serve(scope: str | None = "orders-api", **views: View) -> Callable[..., HttpResponse]:
    """Make one Django view of a function per method. Without a scope, anybody may call it."""
    table = {method.upper(): view for method, view in views.items()}

    def dispatch(request: HttpRequest, **captured: Any) -> HttpResponse:
        with store.lock:
            try:
                view = table.get(request.method or "")
                if view is None:
                    raise Refusal(405, f"Request method '{request.method}' is not supported")
                if scope is not None:
                    authorise(request, scope)
                payload = view(request, **captured)
            except Refusal as refusal:
                headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
                return answer(refusal.as_json(request.path), refusal.status, headers)
            return payload if isinstance(payload, HttpResponse) else answer(payload)

    return dispatch


def location_of(request: HttpRequest) -> int:
    """Return the business location of the query, refusing one that is missing, malformed or somebody else's."""
    text = request.GET.get("businessLocationId")
    if text is None:
        raise bad_request("businessLocationId", "Required request parameter is not present", code="NotNull")
    if not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise bad_request("businessLocationId", "must be an integer", code="typeMismatch", rejected=text)
    return own_location(int(text))


def own_location(number: int) -> int:
    """Refuse a business location that is not in the account."""
    if number not in LOCATION_NAMES:
        raise forbidden(f"Access to business location {number} is denied")
    return number


def number_of(request: HttpRequest, name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number of the query within limits."""
    text = request.GET.get(name, str(default))
    if not text.isdecimal() or len(text) > LONGEST_NUMBER or not least <= int(text) <= most:
        raise bad_request(name, f"must be an integer from {least} to {most}", code="typeMismatch", rejected=text)
    return int(text)


def not_here(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a path that is not served."""
    return answer(spring_error(404, "No message available", request.path), 404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer when the sandbox itself has crashed."""
    return answer(spring_error(500, "The sandbox has a bug; see its standard error", request.path), 500)
