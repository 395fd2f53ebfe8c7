"""The HTTP side: who calls, for which account, with which key; then the routes."""

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support.stripe_stand_in import forms, intents, keys, refunds
from tests.support.stripe_stand_in.faults import Kind
from tests.support.stripe_stand_in.problems import Json, Problem, invalid, missing
from tests.support.stripe_stand_in.records import Account, shown

if TYPE_CHECKING:
    from tests.support.stripe_stand_in.stand_in import StandIn

_LONGEST_HOLD = 10
_PUBLIC = re.compile(r"GET /v1/payment_intents/\w+|POST /v1/payment_intents/\w+/confirm")
_ERROR: Json = {"error": {"type": "api_error", "message": "An unknown error occurred."}}


class BrokenOff(Exception):
    """The connection is closed without an answer."""


def _retrieve(account: Account, name: str, parameters: Json) -> Json:
    forms.check(parameters, {"expand": forms.texts, "client_secret": forms.text(200)})
    return account.intent(name)


_ROUTES: tuple[tuple[str, Callable[..., Json]], ...] = (
    (r"POST /v1/payment_intents", intents.create),
    (r"GET /v1/payment_intents/(\w+)", _retrieve),
    (r"POST /v1/payment_intents/(\w+)/confirm", intents.confirm),
    (r"POST /v1/payment_intents/(\w+)/capture", intents.capture),
    (r"POST /v1/payment_intents/(\w+)/cancel", intents.cancel),
    (r"POST /v1/refunds", refunds.create),
    (r"GET /v1/refunds", refunds.listed),
)


def handler_of(stand_in: "StandIn") -> type[BaseHTTPRequestHandler]:
    """Return the handler of the server's requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def log_message(self, format: str, *arguments: Any) -> None:
            """Write nothing."""

        def _answer(self, form: str) -> None:
            route = f"{self.command} {urlsplit(self.path).path}"
            fault = stand_in.faults.strike(route)
            try:
                status, body, replayed = answer(stand_in, route, form, dict(self.headers.items()), fault)
            except BrokenOff:
                self.close_connection = True
                return
            content = b"<html>" if fault is Kind.NONSENSE else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Request-Id", "req_stand_in")
            if replayed:
                self.send_header("Idempotent-Replayed", "true")
            self.end_headers()
            self.wfile.write(content)

    return Handler


Found = tuple[int, Json, bool]
"""Status, body, and whether the answer was kept from before."""


def answer(stand_in: "StandIn", route: str, form: str, headers: dict[str, str], fault: Kind | None) -> Found:
    """Return what is answered. Raises `BrokenOff` if the connection breaks."""
    if fault is Kind.NOT_DONE:
        raise BrokenOff
    if fault is Kind.TOO_MANY:
        return 429, {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Slow down."}}, False
    try:
        found = _with_key(stand_in, route, form, headers, fault)
    except Problem as problem:
        found = problem.status, {"error": problem.error}, False
    if fault is Kind.LOST_ANSWER:
        raise BrokenOff
    return found


def _with_key(stand_in: "StandIn", route: str, form: str, headers: dict[str, str], fault: Kind | None) -> Found:
    key = headers.get("Idempotency-Key", "") if route.startswith("POST") else ""
    with stand_in.lock:
        account, parameters = _caller(stand_in, route, form, headers)
        kept = keys.look_up(account, key, {"route": route, "parameters": parameters}) if key else None
    if kept is not None:
        return kept.status, kept.body, True
    if fault is Kind.HELD:
        stand_in.go.wait(_LONGEST_HOLD)
    with stand_in.lock:
        try:
            status, body = _carry_out(account, route, parameters, fault)
        except Problem as problem:
            if not problem.kept:
                keys.forget(account, key)
                raise
            status, body = problem.status, {"error": problem.error}
        if key:
            keys.keep(account, key, keys.Kept(status, body))
    return status, body, False


def _carry_out(account: Account, route: str, parameters: Json, fault: Kind | None) -> tuple[int, Json]:
    if fault is Kind.ERROR_BEFORE:
        return 500, _ERROR
    for pattern, verb in _ROUTES:
        match = re.fullmatch(pattern, route)
        if match:
            found = verb(account, *match.groups(), parameters)
            if fault is Kind.ERROR_AFTER:
                return 500, _ERROR
            is_intent = found.get("object") == "payment_intent"
            return 200, shown(account, found, expand=parameters.get("expand", [])) if is_intent else found
    raise Problem(404, f"Unrecognized request URL ({route}).", kept=False)


def _caller(stand_in: "StandIn", route: str, form: str, headers: dict[str, str]) -> tuple[Account, Json]:
    """Return the account that a request is for, and its parameters. Raises a `Problem` for who may not do this."""
    parameters = forms.parse(form)
    if route.startswith("POST") and headers.get("Content-Type") != "application/x-www-form-urlencoded":
        raise invalid("Invalid request: send a form.")
    key = headers.get("Authorization", "").removeprefix("Bearer ")
    name = headers.get("Stripe-Account", "")
    if key not in (stand_in.secret_key, stand_in.publishable_key):
        raise Problem(401, f"Invalid API Key provided: {key[:7]}***", kept=False)
    if name not in stand_in.accounts:
        message = f"The provided key does not have access to account '{name}' (or that account does not exist)."
        raise Problem(403, message, code="account_invalid", kept=False)
    account = stand_in.accounts[name]
    stand_in.note(route, name, headers.get("Idempotency-Key", ""), parameters)
    if key == stand_in.publishable_key:
        _check_client_secret(account, route, parameters)
    return account, parameters


def _check_client_secret(account: Account, route: str, parameters: Json) -> None:
    if not _PUBLIC.fullmatch(route):
        raise Problem(401, "This API call cannot be made with a publishable API key.", kept=False)
    name = route.split("/")[3]
    if account.intent(name)["client_secret"] != parameters.get("client_secret"):
        raise missing("payment_intent", name, param="intent")
