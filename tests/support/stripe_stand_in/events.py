"""Signed events. Source: "Receive Stripe events in your webhook endpoint" (https://docs.stripe.com/webhooks)."""

import copy
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.stripe_stand_in.problems import Json
from tests.support.stripe_stand_in.records import Account, new_name

_PATIENCE = 10


@dataclass
class Endpoint:
    """An address that gets events. `connect` endpoints get those of connected accounts, the others the platform's."""

    url: str
    secret: str
    connect: bool = False
    kinds: tuple[str, ...] = ()
    """All if empty."""

    def wants(self, event: Json) -> bool:
        return bool(event.get("account")) == self.connect and (not self.kinds or event["type"] in self.kinds)


@dataclass
class Outbox:
    """All events that have happened, and where they go. Nothing is delivered unless asked."""

    endpoints: list[Endpoint] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    delivered: int = 0
    """How many of `events` were delivered for the first time."""

    def add(self, account: Account, kind: str, about: Json) -> None:
        event = {
            "id": new_name("evt"),
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "data": {"object": copy.deepcopy(about)},
            "livemode": False,
            "type": kind,
        }
        self.events.append(event | ({"account": account.name} if account.name else {}))

    def deliver(self, *, backwards: bool = False) -> list[int]:
        """Deliver what was not delivered yet; return the answers' statuses."""
        new = self.events[self.delivered :]
        self.delivered = len(self.events)
        return self.send(reversed(new) if backwards else new)

    def send(self, events: Iterable[Json]) -> list[int]:
        """Deliver these events, again if they were before; return the answers' statuses."""
        return [_post(to, event) for event in list(events) for to in self.endpoints if to.wants(event)]


def signature(body: str, secret: str, *, at: int) -> str:
    """Return the header `Stripe-Signature`."""
    mac = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def _post(to: Endpoint, event: Json) -> int:
    body = json.dumps(event)
    headers = {"Content-Type": "application/json", "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"}
    headers["Stripe-Signature"] = signature(body, to.secret, at=int(time.time()))
    request = urllib.request.Request(to.url, body.encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
