"""The Content-Security-Policy of every page: what a browser may load and run there, should somebody smuggle in markup.

Django has this built in from version 6; the settings here are meant to move there.
"""

import functools
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Content-Security-Policy"
_STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
# Swagger UI sets styles of its own accord.
_API_DOCS = _STRICT | {"style-src": "'self' 'unsafe-inline'"}
# unfold's pages work by Alpine, which evaluates the expressions in their attributes, and both set styles.
_BACK_OFFICE = _API_DOCS | {"script-src": "'self' 'unsafe-eval'"}
# Connecting a venue is a form whose answer sends the browser to the log-in of the POS, which may send it on anywhere;
# browsers hold each of these steps against `form-action`.
_CONNECTING = ("/admin/", "/integrations/")
# What Stripe documents for Stripe.js and the Payment Element: https://docs.stripe.com/security/guide
_STRIPE = {
    "script-src": "https://js.stripe.com https://*.js.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "connect-src": "https://api.stripe.com",
}
_GUESTS = "/t/"
_BY_PREFIX = {"/admin/": _BACK_OFFICE, "/api/docs/": _API_DOCS}


class ContentSecurityPolicy:
    """Middleware that sets the header, unless the view has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers.setdefault(HEADER, policy_of(request.path_info))
        return response


def policy_of(path: str) -> str:
    """Return the policy of the page at this path."""
    prefix = next((prefix for prefix in (*_BY_PREFIX, _GUESTS) if path.startswith(prefix)), "")
    log_in = settings.LIGHTSPEED_AUTH_URL if path.startswith(_CONNECTING) else ""
    return _written(prefix, log_in, prefix == _GUESTS and settings.PAYMENT_PROVIDER == "stripe")


@functools.cache
def _written(prefix: str, log_in: str, by_stripe: bool) -> str:
    """Return the policy of addresses with this prefix.

    `log_in` is the POS's, for pages that connect a venue; `by_stripe` says that guests pay by Stripe there.
    """
    policy = _BY_PREFIX.get(prefix, _STRICT)
    if log_in:
        policy = policy | {"form-action": f"'self' https: {_origin(log_in)}"}
    if by_stripe:
        policy = policy | {name: f"{policy.get(name, '')} {hosts}".strip() for name, hosts in _STRIPE.items()}
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
