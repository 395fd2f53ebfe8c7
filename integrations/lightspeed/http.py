"""HTTP calls to Lightspeed: authentication, time-outs, size limit, and JSON with money as `Decimal`."""

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn

import requests
import urllib3
from requests.auth import AuthBase

from integrations.lightspeed import errors
from integrations.lightspeed.deadline import Deadline, keep_to_deadlines
from integrations.lightspeed.errors import Call
from integrations.lightspeed.mapping.json_fields import fraction
from integrations.pos import CallGuard, TokenSource

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 3.05
READ_TIMEOUT = 20.0
MAX_RESPONSE_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024


class LightspeedHttp:
    """JSON calls to one Lightspeed host with one venue's token. A call is repeated only after a 401, with a new token.

    Args:
        api_url: the host, as in `https://api.lsk.lightspeed.app`.
        tokens: the source of the venue's access token.
        guard: what each call passes through; none for calls that belong to no connection yet.
    """

    def __init__(self, api_url: str, tokens: TokenSource, guard: CallGuard | None = None) -> None:
        self._api_url = api_url.rstrip("/")
        self._tokens = tokens
        self._guard = guard

    def call(
        self,
        method: str,
        path: str,
        *,
        kind: Call,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> Any:
        """Make one call and return the response's JSON with every fraction as `Decimal`, or None without a body.

        Takes and raises what `fetch` does, and raises what `parse_json` does.
        """
        content = self.fetch(method, path, kind=kind, query=query, body=body, read_timeout=read_timeout)
        return parse_json(content, kind=kind) if content.strip() else None

    def fetch(
        self,
        method: str,
        path: str,
        *,
        kind: Call,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> bytes:
        """Make one call and return the bytes of the response, up to `MAX_RESPONSE_BYTES`.

        Args:
            method: the HTTP method.
            path: the path below the host, its segments quoted.
            kind: the kind of call, which decides what an error response means.
            query: query parameters.
            body: the request body, sent as JSON.
            read_timeout: seconds for the whole call, headers and body included, after `CONNECT_TIMEOUT` for connecting.

        Raises:
            PosError: the one that `integrations.lightspeed.errors` gives for the response, or for none.
        """
        send = partial(
            self._send,
            urgent=kind in (Call.ORDER, Call.PAYMENT),
            method=method,
            path=path,
            query=query,
            body=body,
            read_timeout=read_timeout,
        )
        token = self._tokens.access_token()
        status, content, retry_after = send(token)
        if status == requests.codes.unauthorized:
            status, content, retry_after = send(self._tokens.renewed(token))
        if not 200 <= status < 300:
            raise errors.for_answer(call=kind, status=status, body=content or b"", retry_after=retry_after)
        if content is None:
            raise errors.for_bad_body(
                call=kind, status=status, detail=f"The response is larger than {MAX_RESPONSE_BYTES} B."
            )
        return content

    def _send(self, token: str, *, urgent: bool, **request: Any) -> tuple[int, bytes | None, str | None]:
        if self._guard is None:
            return self._request(token, **request)
        with self._guard.call(urgent=urgent):
            return self._request(token, **request)

    def _request(
        self, token: str, *, method: str, path: str, query: Mapping[str, str] | None, body: Any, read_timeout: float
    ) -> tuple[int, bytes | None, str | None]:
        """Return the status, the body (None if too large) and the `Retry-After` header."""
        started = time.monotonic()
        outcome = "no response"
        try:
            with (
                Deadline(CONNECT_TIMEOUT + read_timeout),
                _session().request(
                    method,
                    self._api_url + path,
                    params=query,
                    json=body,
                    auth=_Bearer(token),
                    timeout=(CONNECT_TIMEOUT, read_timeout),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                outcome = str(response.status_code)
                content = _content(response)
                return response.status_code, content, response.headers.get("Retry-After")
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise errors.timed_out() from error
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            raise errors.not_connected() from error
        finally:
            took = round((time.monotonic() - started) * 1000)
            log.info("Lightspeed %s %s: %s in %d ms", method, path, outcome, took)


def parse_json(content: bytes, *, kind: Call) -> Any:
    """Parse a response's JSON, every fraction as `Decimal`. Raises the error of `errors.not_json` if it is not JSON."""
    try:
        return json.loads(content, parse_float=fraction, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise errors.not_json(call=kind) from error


def _content(response: requests.Response) -> bytes | None:
    """Return the whole body, or None if it is too large."""
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(_CHUNK, decode_content=True):
        size += len(part)
        if size > MAX_RESPONSE_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class _Bearer(AuthBase):
    """Set the header as `auth`, because requests lets a .netrc file override a plain header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


_local = threading.local()


def _session() -> requests.Session:
    """Return this thread's session: connections are kept alive, and a forked process does not share its parent's."""
    if getattr(_local, "pid", None) != os.getpid():
        _local.session = requests.Session()
        keep_to_deadlines(_local.session)
        # Venues share the session, so no cookie may be kept from one call to the next.
        _local.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        _local.session.headers.update({"User-Agent": "storekit", "Accept": "application/json"})
        _local.pid = os.getpid()
    session: requests.Session = _local.session
    return session
