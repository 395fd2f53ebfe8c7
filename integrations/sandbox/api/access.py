"""Bearer token checks."""

import time

from django.http import HttpRequest

from integrations.sandbox.api.errors import Refusal, forbidden
from integrations.sandbox.state import store


def authorise(request: HttpRequest, scope: str) -> None:
    """Raise Refusal for a call without a valid token (401) or without the scope (403)."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    token = store.access_tokens.get(text) if kind.lower() == "bearer" else None
    if token is None or token.expires_at <= time.time():
        body = {"error": "invalid_token", "error_description": "The access token is missing, expired or revoked"}
        raise Refusal(401, "Unauthorized", body=body)
    if scope not in token.scopes:
        raise forbidden(f"Insufficient scope for this resource: {scope} is required")
