"""The authorisation server: consent page, single-use codes and single-use refresh tokens.

Sources: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/) and integrators' logs.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from integrations.sandbox.api.web import json_response
from integrations.sandbox.records import Code, Token
from integrations.sandbox.state import store

# Seconds. A refresh token with offline_access lives for 40 days of disuse and has no fixed end.
CODE_LIFETIME = 15
REFRESH_LIFETIME = 30 * 60
OFFLINE_REFRESH_LIFETIME = 40 * 24 * 3600
NOT_ACTIVE = "Token is not active"
INVALID_CLIENT = "Invalid client or Invalid client credentials"
SCOPES = {
    "orders-api": "Read menus, floor plans and checks; place orders and payments",
    "financial-api": "Read payment methods",
    "offline_access": "Stay connected while you are logged out",
}


class OAuthError(Exception):
    """An error of the token endpoint, with its RFC 6749 error code."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.status = error, status


def authorise(request: HttpRequest) -> HttpResponse:
    """Show the consent page, and redirect the browser with a code or an error."""
    asked = request.GET
    problem = _problem_with_client(asked.get("client_id"), asked.get("redirect_uri"))
    if problem:
        return render(request, "sandbox/oauth_error.html", {"problem": problem}, status=400)
    back = asked["redirect_uri"]
    state = asked.get("state")
    scopes = frozenset(asked.get("scope", "").split())
    if asked.get("response_type") != "code":
        return _back(back, state, error="unsupported_response_type")
    if not scopes or scopes - SCOPES.keys():
        return _back(back, state, error="invalid_scope")
    challenge = asked.get("code_challenge")
    if challenge is not None and asked.get("code_challenge_method") != "S256":
        return _back(back, state, error="invalid_request", error_description="code_challenge_method must be S256")
    if request.method != "POST":
        words = [SCOPES[scope] for scope in sorted(scopes)]
        shown = {"client": asked["client_id"], "scopes": words, "back": back, "action": request.get_full_path()}
        return render(request, "sandbox/consent.html", shown)
    if request.POST.get("decision") != "allow":
        return _back(back, state, error="access_denied")
    code = secrets.token_urlsafe(32)
    with store.lock:
        store.codes[code] = Code(back, scopes, challenge, time.time() + CODE_LIFETIME)
    return _back(back, state, code=code)


def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code or a refresh token for a new pair."""
    if request.method != "POST":
        return json_response({"error": "invalid_request", "error_description": "Use POST"}, 405)
    with store.lock:
        try:
            _check_client(request)
            return json_response(_exchange(request), headers={"Cache-Control": "no-store"})
        except OAuthError as error:
            body = {"error": error.error, "error_description": str(error)}
            return json_response(body, error.status, {"WWW-Authenticate": "Basic"} if error.status == 401 else None)


def revoke_all() -> None:
    """Invalidate all tokens and codes, as when the connection is removed in the back office."""
    store.access_tokens.clear()
    store.refresh_tokens.clear()
    store.codes.clear()


def expire_access() -> None:
    """Expire all access tokens. Refresh tokens stay valid."""
    for access in store.access_tokens.values():
        access.expires_at = 0


def age_all(seconds: float) -> None:
    """Make all codes and tokens older."""
    aging: list[Code | Token] = [
        *store.codes.values(),
        *store.access_tokens.values(),
        *store.refresh_tokens.values(),
    ]
    for each in aging:
        each.expires_at -= seconds


def _problem_with_client(client_id: str | None, redirect_uri: str | None) -> str | None:
    """Return why the browser must not be redirected, or None if it may be."""
    if client_id != store.client_id:
        return "Client not found."
    parts = urlsplit(redirect_uri or "")
    if not parts.hostname or parts.fragment:
        return "Invalid parameter: redirect_uri"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return None
    return "Invalid parameter: redirect_uri must be https"


def is_loopback(host: str | None) -> bool:
    """Return whether a host name is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _back(uri: str, state: str | None, **outcome: str) -> HttpResponse:
    parts = urlsplit(uri)
    fields = outcome | ({"state": state} if state is not None else {})
    query = "&".join(filter(None, [parts.query, urlencode(fields)]))
    return HttpResponseRedirect(urlunsplit(parts._replace(query=query)))


def _check_client(request: HttpRequest) -> None:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    expected = f"{store.client_id}:{store.client_secret}"
    known = kind.lower() == "basic" and hmac.compare_digest(given.encode(), expected.encode())
    # Credentials in the body are refused, even beside correct ones in the header.
    if not known or "client_secret" in request.POST:
        raise OAuthError("invalid_client", INVALID_CLIENT, 401)


def _exchange(request: HttpRequest) -> dict[str, Any]:
    grant = request.POST.get("grant_type", "")
    store.calls[f"POST token {grant}"] += 1
    if grant == "authorization_code":
        return _new_pair(_spend_code(request))
    if grant == "refresh_token":
        return _new_pair(_spend_refresh_token(request.POST.get("refresh_token", "")))
    raise OAuthError("unsupported_grant_type", "Unsupported grant_type")


def _spend_code(request: HttpRequest) -> frozenset[str]:
    code = store.codes.pop(request.POST.get("code", ""), None)
    if code is None or code.expires_at < time.time():
        raise OAuthError("invalid_grant", "Code not valid")
    if code.redirect_uri != request.POST.get("redirect_uri"):
        raise OAuthError("invalid_grant", "Incorrect redirect_uri")
    if code.challenge is not None:
        digest = hashlib.sha256(request.POST.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge.rstrip("="):
            raise OAuthError("invalid_grant", "PKCE verification failed")
    return code.scopes


def _spend_refresh_token(text: str) -> frozenset[str]:
    refresh = store.refresh_tokens.get(text)
    if refresh is None or refresh.spent or refresh.expires_at <= time.time():
        raise OAuthError("invalid_grant", NOT_ACTIVE)
    refresh.spent = True
    return refresh.scopes


def _new_pair(scopes: frozenset[str]) -> dict[str, Any]:
    access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    offline = "offline_access" in scopes
    lifetime = OFFLINE_REFRESH_LIFETIME if offline else REFRESH_LIFETIME
    store.access_tokens[access] = Token(scopes, time.time() + store.token_lifetime)
    store.refresh_tokens[refresh] = Token(scopes, time.time() + lifetime)
    return {
        "access_token": access,
        "expires_in": int(store.token_lifetime),
        "refresh_token": refresh,
        "refresh_expires_in": 0 if offline else lifetime,
        "token_type": "Bearer",
        "scope": " ".join(sorted(scopes)),
    }
