"""Request handling shared by all views: methods, authorisation, locking, JSON and error bodies."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from integrations.sandbox.api.access import authorise
from integrations.sandbox.api.errors import Refusal, bad_request, forbidden, other_error_body, spring_error
from integrations.sandbox.data.venue import LOCATION_NAMES
from integrations.sandbox.state import store

View = Callable[..., Any]

# The digits of the largest 64-bit integer.
LONGEST_NUMBER = 19


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not JSON serialisable")


def json_response(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return a JSON response. Decimals become JSON numbers."""
    return HttpResponse(json.dumps(payload, default=_plain), "application/json", status, headers=headers)


def error_response(
    body: Any, status: int, headers: dict[str, str] | None = None, *, plain: bool = False
) -> HttpResponse:
    """Return an error response; the fault `error_body` puts another body seen in integrators' logs in its place."""
    kind = "spring" if plain else store.faults.error_body
    if kind == "empty":
        return HttpResponse(status=status, headers=headers)
    return json_response(other_error_body(kind, status) or body, status, headers)


def read_json(request: HttpRequest, *, parse_float: Callable[[str], Any] = Decimal) -> Any:
    """Parse the body as JSON with Decimal numbers. Raises Refusal (400) if it is not JSON."""
    try:
        return json.loads(request.body, parse_float=parse_float, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"JSON parse error: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def serve(scope: str | None = "orders-api", **views: View) -> Callable[..., HttpResponse]:
    """Combine one function per method into a Django view. Without a scope, no token is needed."""
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
                body = refusal.as_json(request.path)
                # The control API always explains its refusals.
                return error_response(body, refusal.status, headers, plain=scope is None)
            return payload if isinstance(payload, HttpResponse) else json_response(payload)

    return dispatch


def location_of(request: HttpRequest) -> int:
    """Return the business location of the query.

    Raises Refusal if it is missing or malformed (400) or of another account (403).
    """
    text = request.GET.get("businessLocationId")
    if text is None:
        raise bad_request("businessLocationId", "Required request parameter is not present", code="NotNull")
    if not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise bad_request("businessLocationId", "must be an integer", code="typeMismatch", rejected=text)
    return own_location(int(text))


def own_location(number: int) -> int:
    """Return the business location. Raises Refusal (403) if it is not in the account."""
    if number not in LOCATION_NAMES:
        raise forbidden(f"Access to business location {number} is denied")
    return number


def number_of(request: HttpRequest, name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number of the query within limits."""
    text = request.GET.get(name, str(default))
    if not text.isdecimal() or len(text) > LONGEST_NUMBER or not least <= int(text) <= most:
        raise bad_request(name, f"must be an integer from {least} to {most}", code="typeMismatch", rejected=text)
    return int(text)


def not_found_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Respond to an unknown path."""
    return json_response(spring_error(404, "No message available", request.path), 404)


def server_error_page(request: HttpRequest) -> HttpResponse:
    """Respond to a crash of the sandbox itself."""
    return json_response(spring_error(500, "The sandbox crashed. See its standard error output", request.path), 500)
