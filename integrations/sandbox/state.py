"""Everything the sandbox knows, behind one lock. Nothing outlives the process."""

import itertools
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.data.venue import DISCOUNTS, RESTRICTED_AT_START
from integrations.sandbox.faults.switches import Faults
from integrations.sandbox.records import (
    Check,
    Code,
    Endpoint,
    Message,
    Notification,
    Order,
    PaymentOrder,
    Readiness,
    Restriction,
    Token,
)
from integrations.sandbox.till.catalogue import Catalogue, opening_catalogues
from integrations.sandbox.webhooks_out.scheduler import scheduler


class Store:
    """The whole state. Hold `lock` to read or change it; requests and scheduled jobs do."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.client_id = "storekit-sandbox"
        self.client_secret = "sandbox-client-secret"  # noqa: S105 - it opens nothing but this program
        # Numbers are never given out twice, not even by the next process: a real POS would not repeat them either.
        self._numbers = itertools.count(int(time.time()) - 1_700_000_000)
        self._line_ids = itertools.count(int(time.time() * 1000))
        self.reset()

    def reset(self) -> None:
        """Forget everything and open for the day."""
        scheduler.clear()
        self.faults = Faults()
        self.token_lifetime: float = 3600
        self.codes: dict[str, Code] = {}
        self.access_tokens: dict[str, Token] = {}
        self.refresh_tokens: dict[str, Token] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.orders: dict[str, Order] = {}
        self.payments: dict[str, PaymentOrder] = {}
        self.checks: dict[str, Check] = {}
        self.consumers: dict[str, str | None] = {}
        self.notifications: list[Notification] = []
        self.messages: list[Message] = []
        self.calls: Counter[str] = Counter()
        self.catalogues: dict[int, Catalogue] = opening_catalogues()
        self.restrictions: dict[tuple[int, str], Restriction] = {
            key: Restriction(count, clock.now()) for key, count in RESTRICTED_AT_START.items()
        }
        self.readiness: dict[int, Readiness] = {location: Readiness() for location in self.catalogues}
        self.discounts: dict[str, dict[str, Any]] = {discount["code"]: discount for discount in DISCOUNTS}
        self.touch()

    def touch(self) -> None:
        """Say that something changed, for those who watch."""
        self.version += 1

    def later(self, seconds: float, job: Callable[[], None]) -> None:
        """Do something later, under the lock."""

        def locked() -> None:
            with self.lock:
                job()
                self.touch()

        scheduler.after(seconds, locked)

    def next_account_number(self) -> int:
        """Return a number that no account ever had."""
        return next(self._numbers)

    def next_line_id(self) -> int:
        """Return an id that no line ever had."""
        return next(self._line_ids)


def new_uuid() -> str:
    """Return a random identifier."""
    return str(uuid.uuid4())


store = Store()
