"""Lightspeed's OAuth: the authorisation-code flow with PKCE, and refresh tokens that work once.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from integrations.lightspeed import errors
from integrations.lightspeed.deadline import Deadline, keep_to_deadlines
from integrations.lightspeed.errors import Call
from integrations.lightspeed.mapping.refusals import scrubbed
from integrations.pos import BadAnswer, PosError, Rejected, TokenGrant, Unauthorised, Unreachable

SCOPES = "orders-api financial-api offline_access"
_TIMEOUT = (3.05, 20)
# Of access tokens, from the vendor's draft developer documentation. `expires_in` wins where it says otherwise.
_USUAL_LIFETIME = timedelta(minutes=25)

# Lightspeed's words, from integrators' logs: `Code not valid`, `Token is not active` and `Incorrect redirect_uri` all
# come with the code `invalid_grant`, `Invalid client or Invalid client credentials` with the status 401.
_WRONG_CLIENT = (
    "Lightspeed does not accept storekit's own client id and secret. "
    "Ask your storekit administrator to check LIGHTSPEED_CLIENT_ID and LIGHTSPEED_CLIENT_SECRET."
)
_OTHER_ADDRESS = (
    "storekit's address differs from the redirect address registered with Lightspeed. "
    "Ask your storekit administrator to make PUBLIC_URL and the address registered there the same."
)
_CODE_REFUSED = (
    "Start connecting again: Lightspeed's approval was already used or has expired (it lasts about 15 seconds)."
)
_CONSENT_ENDED = (
    "Lightspeed's approval has ended: it was withdrawn, or not used for 40 days. A manager needs to "
    "reconnect the venue."
)


@dataclass(frozen=True)
class ClientConfig:
    """storekit's OAuth client, which belongs to one Lightspeed environment, and that environment's addresses."""

    client_id: str
    client_secret: str = field(repr=False)
    authorise_url: str
    token_url: str


def authorise_url(*, config: ClientConfig, redirect_uri: str, state: str, code_verifier: str) -> str:
    """Return the address to send the browser to for consent.

    Args:
        config: the OAuth client.
        redirect_uri: where Lightspeed sends the browser back, with `code` and `state`.
        state: a secret bound to the browser's session.
        code_verifier: PKCE's secret, 43 to 128 characters, kept for `exchange_code`.
    """
    with _session(config) as session:
        url, _ = session.create_authorization_url(
            config.authorise_url, redirect_uri=redirect_uri, scope=SCOPES, state=state, code_verifier=code_verifier
        )
    return str(url)


def exchange_code(*, config: ClientConfig, redirect_uri: str, code: str, code_verifier: str) -> TokenGrant:
    """Exchange the callback's code for tokens.

    Raises:
        Unauthorised: with code `invalid_grant`: the code was used before, has expired, or is another browser's.
        Rejected: Lightspeed does not accept storekit's client, or its redirect address.
        Unreachable, Throttled: the outcome is unknown; the code may be spent.
        BadAnswer: the response has no tokens.
    """
    token = _tokens_from(
        config,
        lambda session: session.fetch_token(
            config.token_url,
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
            timeout=_TIMEOUT,
            allow_redirects=False,
        ),
        refused=_CODE_REFUSED,
    )
    return _grant(token, former_refresh_token="")


def refresh(*, config: ClientConfig, refresh_token: str) -> TokenGrant:
    """Exchange a refresh token, which works once, for a new pair.

    Raises:
        Unauthorised: with code `invalid_grant`: the token is spent, lapsed or revoked; the venue must reconnect.
        Rejected: Lightspeed does not accept storekit's client; reconnecting would not help.
        Unreachable, Throttled: the outcome is unknown; the token may be spent.
        BadAnswer: the response has no tokens.
    """
    token = _tokens_from(
        config,
        lambda session: session.refresh_token(
            config.token_url, refresh_token=refresh_token, timeout=_TIMEOUT, allow_redirects=False
        ),
        refused=_CONSENT_ENDED,
    )
    return _grant(token, former_refresh_token=refresh_token)


def _session(config: ClientConfig) -> OAuth2Session:
    session = OAuth2Session(
        config.client_id,
        config.client_secret,
        token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
        code_challenge_method="S256",
    )
    session.headers["User-Agent"] = "storekit"
    keep_to_deadlines(session)
    session.register_compliance_hook("access_token_response", _checked)
    session.register_compliance_hook("refresh_token_response", _checked)
    return session


def _raise_for_http_errors(response: requests.Response) -> None:
    """Raise for responses without an OAuth error: throttling, faults, redirects, a gateway's own words.

    Authlib handles the others by their `error`, whatever their status. Without one it takes a refusal for tokens.
    """
    status = response.status_code
    if 400 <= status < 500 and status != requests.codes.too_many_requests and not _has_oauth_error(response):
        raise BadAnswer("storekit could not read the response of Lightspeed's log-in service.", status=status)
    if status == requests.codes.too_many_requests or not 200 <= status < 500 or response.is_redirect:
        raise errors.for_answer(
            call=Call.READ, status=status, body=b"", retry_after=response.headers.get("Retry-After")
        )


def _checked(response: requests.Response) -> requests.Response:
    """Return a response that Authlib reads rightly, or raise for it."""
    _raise_for_http_errors(response)
    body = _json_of(response)
    odd = [
        name for name in ("expires_in", "expires_at") if isinstance(body, dict) and not _is_number(body.get(name, 0))
    ]
    if odd:
        # Authlib would raise, and the new pair would be lost with it, while the old one is spent.
        kept = {name: value for name, value in body.items() if name not in odd}
        response._content = json.dumps(kept).encode()
    return response


def _has_oauth_error(response: requests.Response) -> bool:
    body = _json_of(response)
    return isinstance(body, dict) and "error" in body


def _json_of(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    try:
        int(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _tokens_from(
    config: ClientConfig, request: Callable[[OAuth2Session], dict[str, Any]], *, refused: str
) -> dict[str, Any]:
    try:
        with Deadline(sum(_TIMEOUT)), _session(config) as session:
            return request(session)
    except OAuthError as error:
        raise _oauth_error(error, refused=refused) from None
    except requests.Timeout as error:
        raise errors.timed_out() from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise errors.not_connected() from error
    except (ValueError, TypeError):
        raise _no_tokens() from None


def _oauth_error(error: OAuthError, *, refused: str) -> PosError:
    """Return the error for one of RFC 6749's codes and Lightspeed's words; anything else means a person has to act."""
    code, detail = str(error.error)[:40], scrubbed(str(error.description or ""))
    words = detail.lower()
    if words.startswith("incorrect redirect_uri"):
        return Rejected(_OTHER_ADDRESS, code="redirect_uri", detail=detail)
    if code in {"invalid_client", "unauthorized_client"} or words.startswith("invalid client"):
        return Rejected(_WRONG_CLIENT, code=code, detail=detail)
    match code:
        case "invalid_grant":
            return Unauthorised(refused, code=code, detail=detail)
        case "temporarily_unavailable" | "server_error":
            return Unreachable("Lightspeed's log-in service has a technical problem at the moment.", detail=detail)
        case _:
            return Rejected("Lightspeed's log-in service refused the request.", code=code, detail=detail)


def _grant(token: dict[str, Any], *, former_refresh_token: str) -> TokenGrant:
    access_token = token.get("access_token")
    refresh_token = token.get("refresh_token") or former_refresh_token
    if not (isinstance(access_token, str) and access_token and isinstance(refresh_token, str)):
        raise _no_tokens()
    scope = token.get("scope")
    return TokenGrant(
        access_token=access_token,
        refresh_token=refresh_token,
        expires_in=_lifetime(token.get("expires_in")),
        scope=scope if isinstance(scope, str) else "",
    )


def _no_tokens() -> BadAnswer:
    return BadAnswer("Lightspeed's log-in service returned no tokens.")


def _lifetime(seconds: Any) -> timedelta:
    """Return the lifetime, or the usual one if it is invalid: the old pair is spent, and a 401 renews anyway."""
    try:
        lifetime = timedelta(seconds=int(seconds))
    except (TypeError, ValueError, OverflowError):
        return _USUAL_LIFETIME
    return lifetime if lifetime > timedelta(0) else _USUAL_LIFETIME
