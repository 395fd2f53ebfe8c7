"""The way to Lightspeed and back: authentication, time-outs, and JSON in which money stays decimal."""

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
from integrations.lightspeed.errors import Call
from integrations.lightspeed.mapping.json_fields import fraction
from integrations.pos import TokenSource

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 3.05
READ_TIMEOUT = 20.0
LARGEST_ANSWER = 64 * 1024 * 1024
_CHUNK = 64 * 1024


class LightspeedHttp:
    """JSON calls to one Lightspeed host with one venue's token. It never repeats a call, but for a stale token.

    Args:
        api_url: the host, as in `https://api.lsk.lightspeed.app`.
        tokens: whose consent the calls use.
    """

    def __init__(self, api_url: str, tokens: TokenSource) -> None:
        self._api_url = api_url.rstrip("/")
        self._tokens = tokens

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
        """One call; the answer's JSON with every fraction as `Decimal`, or None when it has no body.

        Takes and raises what `fetch` does, and the nonsense that `parsed` finds.
        """
        content = self.fetch(method, path, kind=kind, query=query, body=body, read_timeout=read_timeout)
        return parsed(content, kind=kind) if content.strip() else None

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
        """One call; the bytes of the answer, as large as they may be.

        Args:
            method: the HTTP method.
            path: the path below the host, its parts quoted.
            kind: what the call does, which decides what its refusal means.
            query: query parameters.
            body: what to send as JSON.
            read_timeout: seconds for the whole answer.

        Raises:
            PosError: the one that `integrations.lightspeed.errors` has for the answer, or for its absence.
        """
        send = partial(self._send, method=method, path=path, query=query, body=body, read_timeout=read_timeout)
        token = self._tokens.access_token()
        status, content, retry_after = send(token)
        if status == requests.codes.unauthorized:
            status, content, retry_after = send(self._tokens.renewed(token))
        if not 200 <= status < 300:
            raise errors.for_answer(call=kind, status=status, body=content or b"", retry_after=retry_after)
        if content is None:
            raise errors.for_nonsense(call=kind, status=status, detail=f"The answer is larger than {LARGEST_ANSWER} B.")
        return content

    def _send(
        self, token: str, *, method: str, path: str, query: Mapping[str, str] | None, body: Any, read_timeout: float
    ) -> tuple[int, bytes | None, str | None]:
        """Status, body (None: too large) and the `Retry-After` header."""
        started = time.monotonic()
        outcome = "no answer"
        try:
            with _session().request(
                method,
                self._api_url + path,
                params=query,
                json=body,
                auth=_Bearer(token),
                timeout=(CONNECT_TIMEOUT, read_timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                outcome = str(response.status_code)
                content = _content(response, deadline=started + CONNECT_TIMEOUT + read_timeout)
                return response.status_code, content, response.headers.get("Retry-After")
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise errors.timed_out() from error
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            raise errors.not_connected() from error
        finally:
            took = round((time.monotonic() - started) * 1000)
            log.info("Lightspeed %s %s: %s in %d ms", method, path, outcome, took)


def parsed(content: bytes, *, kind: Call) -> Any:
    """An answer's JSON with every fraction as `Decimal`; raises what the table of errors has for nonsense."""
    try:
        return json.loads(content, parse_float=fraction, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise errors.not_json(call=kind) from error


def _content(response: requests.Response, *, deadline: float) -> bytes | None:
    """The whole body, or None when it is too large. Read as it comes, so that no trickle outlasts the deadline."""
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(_CHUNK, decode_content=True):
        size += len(part)
        if size > LARGEST_ANSWER:
            return None
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
        parts.append(part)
    return b"".join(parts)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


class _Bearer(AuthBase):
    """Sets the header here, because requests lets a .netrc overrule a plain header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


_local = threading.local()


def _session() -> requests.Session:
    """One session for each thread of each process: connections are kept alive, and no fork shares its parent's."""
    if getattr(_local, "pid", None) != os.getpid():
        _local.session = requests.Session()
        # Venues share the session, so nothing may be remembered from one call to the next.
        _local.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        _local.session.headers.update({"User-Agent": "storekit", "Accept": "application/json"})
        _local.pid = os.getpid()
    session: requests.Session = _local.session
    return session
