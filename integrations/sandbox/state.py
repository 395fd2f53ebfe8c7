"""All state of the sandbox, protected by one lock. Nothing is persisted."""

import itertools
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.amounts import GBP, Currency
from integrations.sandbox.behaviour.faults import Faults
from integrations.sandbox.behaviour.habits import Habits
from integrations.sandbox.data.drinks import HAPPY_HOUR
from integrations.sandbox.data.venue import (
    AUTOMATIC_DISCOUNTS,
    DISCOUNTS,
    FLOOR_PLANS,
    INACTIVE_PROFILES,
    RESTRICTED_AT_START,
)
from integrations.sandbox.records import (
    Check,
    Code,
    Endpoint,
    Message,
    Notification,
    Order,
    PaymentTask,
    Readiness,
    Restriction,
    Token,
)
from integrations.sandbox.scheduler import scheduler
from integrations.sandbox.till.catalogue import Catalogue, opening_catalogues

# Seconds; the token endpoint's `expires_in`.
ACCESS_TOKEN_LIFETIME = 1500


class Store:
    """The sandbox's state. Hold `lock` to read or change it, as requests and scheduled jobs do."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.client_id = "storekit-sandbox"
        self.client_secret = "sandbox-client-secret"  # noqa: S105 - only valid for this sandbox
        # Start from the clock so that numbers stay unique across restarts, as they are on a real POS.
        self._numbers = itertools.count(int(time.time()) - 1_700_000_000)
        self._line_ids = itertools.count(int(time.time() * 1000))
        self.reset()

    def reset(self) -> None:
        """Return to the initial state."""
        scheduler.clear()
        self.faults = Faults()
        self.habits = Habits()
        self.token_lifetime: float = ACCESS_TOKEN_LIFETIME
        self.codes: dict[str, Code] = {}
        self.access_tokens: dict[str, Token] = {}
        self.refresh_tokens: dict[str, Token] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.orders: dict[str, Order] = {}
        self.payments: dict[str, PaymentTask] = {}
        self.checks: dict[str, Check] = {}
        self.floor_plans: dict[int, list[dict[str, Any]]] = deepcopy(FLOOR_PLANS)
        self.consumers: dict[str, str | None] = {}
        self.notifications: list[Notification] = []
        self.messages: list[Message] = []
        self.calls: Counter[str] = Counter()
        self.catalogues: dict[int, Catalogue] = opening_catalogues(self.habits)
        self.restrictions: dict[tuple[int, str], Restriction] = {
            key: Restriction(count, clock.now()) for key, count in RESTRICTED_AT_START.items()
        }
        self.readiness: dict[int, Readiness] = {location: Readiness() for location in self.catalogues}
        self.automatic_discounts: set[str] = set(AUTOMATIC_DISCOUNTS)
        self.currencies: dict[int, Currency] = dict.fromkeys(self.catalogues, GBP)
        self.price_lists: dict[str, dict[str, Decimal]] = {"happyhour": dict(HAPPY_HOUR)}
        self.inactive_profiles: set[str] = set(INACTIVE_PROFILES)
        self.disconnected: set[tuple[int, str]] = set()
        # The readiness that was last notified, by location, without its time.
        self.notified_readiness: dict[int, dict[str, Any]] = {}
        self.discounts: dict[str, dict[str, Any]] = {discount["code"]: discount for discount in DISCOUNTS}
        self.touch()

    def touch(self) -> None:
        """Mark the state as changed, so that open till pages refresh."""
        self.version += 1

    def later(self, seconds: float, job: Callable[[], None]) -> None:
        """Run a job after a delay, holding the lock."""

        def locked() -> None:
            with self.lock:
                job()
                self.touch()

        scheduler.after(seconds, locked)

    def next_account_number(self) -> int:
        """Return a new account number."""
        return next(self._numbers)

    def next_line_id(self) -> int:
        """Return a new line id."""
        return next(self._line_ids)


def new_uuid() -> str:
    """Return a random UUID."""
    return str(uuid.uuid4())


store = Store()
