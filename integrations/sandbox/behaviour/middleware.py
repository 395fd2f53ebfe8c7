"""Transport faults: cut connections, slow responses, 5xx and 429. Also counts every call."""

import re
import time
from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse

from integrations.sandbox.api.errors import spring_error
from integrations.sandbox.api.web import error_response
from integrations.sandbox.server import cut_connection
from integrations.sandbox.state import store

Area = Literal["api", "auth", "local"]

# Calls that change the till; a lost response leaves the caller unsure whether they took effect.
TILL_CALLS = {"/o/op/1/order/toGo", "/o/op/1/order/local", "/o/op/1/pay"}


class FaultsMiddleware:
    """Count every call and apply the faults that are on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle a call, then delay or drop its response if a fault says so."""
        response = self._get_response(request)
        if request.method not in ("GET", "HEAD"):
            with store.lock:
                store.touch()
        if request.path in TILL_CALLS and response.status_code == 200:
            return _after_till_call(request, response)
        if request.path.endswith("/openid-connect/token"):
            time.sleep(store.faults.slow_token)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Count the call, and respond in place of the view if a fault makes it fail."""
        area = _area(request.path)
        if area == "local":
            return None
        with store.lock:
            store.calls[f"{request.method} {_pattern(request)}"] += 1
        return _api_fault(request) if area == "api" else _auth_fault(request)


def _area(path: str) -> Area:
    if path.startswith("/realms/"):
        return "auth"
    return "api" if path.startswith(("/o/", "/i/", "/f/", "/tp/")) else "local"


def _pattern(request: HttpRequest) -> str:
    """Return the route as the API documentation writes it: ``/o/op/2/menu/load/{menuId}``."""
    route = request.resolver_match.route if request.resolver_match else request.path.lstrip("/")
    names = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    return "/" + re.sub(r"_(\w)", lambda found: found[1].upper(), names) if "{" in names else "/" + names


def _api_fault(request: HttpRequest) -> HttpResponse | None:
    time.sleep(store.faults.slow)
    with store.lock:
        faults = store.faults
        offline, status, throttle, retry_after = (
            faults.offline,
            faults.error_status,
            faults.throttle,
            faults.retry_after,
        )
        if offline or status or throttle:
            faults.count_failure()
    if offline:
        return cut_connection(request)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if throttle:
        return error_response(spring_error(429, "Too many requests", request.path), 429, headers)
    if status:
        return error_response(spring_error(status, "The sandbox is set to fail", request.path), status, headers)
    return None


def _auth_fault(request: HttpRequest) -> HttpResponse | None:
    if store.faults.offline and store.faults.offline_auth:
        return cut_connection(request)
    if store.faults.token_error_status and request.path.endswith("/token"):
        return HttpResponse(status=store.faults.token_error_status)
    return None


def _after_till_call(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    with store.lock:
        lose = store.faults.lose_answer > 0
        store.faults.lose_answer -= lose
    if lose:
        return cut_connection(request)
    time.sleep(store.faults.slow_answer)
    return response
