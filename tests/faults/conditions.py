"""The faults under which orders come in: at the POS, on the network, with the tokens, and in the workers."""

import os
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.processes import Worker
from tests.support.sandbox import SandboxPos
from tests.support.stack import Stack


class System:
    """The storekit under test: its POS, and its workers, which are started again when they are killed.

    Args:
        usual: faults of the sandbox POS that are always on.
        seed: of the random choices.
    """

    def __init__(self, up: Stack, *, workers: int, usual: Mapping[str, Any], seed: int) -> None:
        self.pos = SandboxPos(up.pos_url)
        self.dice = random.Random(seed)
        self._up = up
        self._usual = dict(usual)
        self._workers = [Worker(up.environment) for _ in range(workers)]

    def calm(self) -> None:
        """End all faults of the POS but the usual ones, and let it behave as the real one does."""
        self.pos.clear_faults()
        self.pos.clear_habits()
        self.pos.switch_on(**self._usual)

    def kill_a_worker(self) -> None:
        """Kill all processes of a task worker at once, as when a machine dies, and start another worker."""
        chosen = self.dice.randrange(len(self._workers))
        self._workers[chosen].kill()
        self._workers[chosen] = Worker(self._up.environment)

    def kill_a_process(self) -> None:
        """Kill one process of a task worker, as when memory runs out. The worker has to recover from that."""
        members = [pid for worker in self._workers for pid in worker.members_if_started()]
        if members:
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(members), signal.SIGKILL)

    def expire_tokens(self) -> None:
        """Expire the access token; the refresh token stays valid."""
        self.pos.control("tokens/expire")

    def revoke_tokens(self) -> None:
        """Withdraw the consent: all tokens are refused."""
        self.pos.control("tokens/revoke")

    def reconnect(self) -> None:
        """End the faults and let a manager give consent again."""
        self.calm()
        self._up.connect()

    def drop_a_discount(self) -> None:
        """Remove a discount that storekit knows from the POS."""
        self.pos.control("discounts/STAFF10/remove")

    def restore_the_discount(self) -> None:
        """Add the discount to the POS again."""
        self.pos.control("discounts/STAFF10/add", discountPercentage=10)

    def put_the_tills_to_sleep(self) -> None:
        """Make the POS report that no till is available; it fails orders until one is."""
        self.pos.control("readiness", devices=0)

    def wake_the_tills(self) -> None:
        """Make the POS report that it is ready for online orders."""
        self.pos.control("readiness", status="READY")

    def close(self) -> None:
        """Kill the workers."""
        for worker in self._workers:
            worker.kill()


@dataclass(frozen=True)
class Condition:
    """Something that is different for a while: faults and habits of the POS, or something done at the start."""

    name: str
    pos_faults: Mapping[str, Any] = field(default_factory=dict)
    pos_habits: Mapping[str, Any] = field(default_factory=dict)
    at_start: Callable[[System], None] | None = None
    at_end: Callable[[System], None] | None = None


LONG_OUTAGE = Condition("offline for long", {"offline": True})
CONDITIONS: Sequence[Condition] = (
    Condition("offline", {"offline": True}),
    Condition("slow", {"slow": 0.5}),
    Condition("slow to answer", {"slow_answer": 0.8}),
    Condition("throttled for a minute", {"throttle": True, "retry_after": 60}),
    Condition("throttled without saying for how long", {"throttle": True}),
    Condition("unavailable", {"error_status": 503}),
    Condition("broken", {"error_status": 500}),
    Condition("answers are lost", {"lose_answer": 3}),
    Condition("answers and notifications are lost", {"lose_answer": 3, "webhooks_off": True}),
    Condition("every notification comes twice", {"webhook_twice": True}),
    Condition("notifications are late", {"webhook_delay": 1.0}),
    Condition("notifications are lost", {"webhooks_off": True}),
    Condition("notifications come twice and out of order", {"webhook_twice": True, "webhook_shuffle": True}),
    Condition("refused at once", {"reject_orders": "items[0].sku: Unknown SKU BURGER99"}),
    Condition("refused by the till", {"refuse_orders": "Could not add item Burger (not found)"}),
    Condition(
        "refused by the till without a notification",
        {"refuse_orders": "Could not add item Burger (not found)", "webhooks_off": True},
    ),
    Condition("no till is awake", {"till_asleep": True}),
    Condition("no till is ready", at_start=System.put_the_tills_to_sleep, at_end=System.wake_the_tills),
    Condition("a till has an old menu", {"stale_tills": 3}),
    Condition("orders are received but not accepted", pos_habits={"acceptance": "received"}),
    Condition("orders arrive with DELIVERED", pos_habits={"arrival": "DELIVERED"}),
    Condition("orders arrive silently", pos_habits={"arrival": "SILENT"}),
    Condition("failures say everything", pos_habits={"bare_order_failures": False}),
    Condition("late on the till", {"order_delay": 1.5}),
    Condition("a discount is gone", at_start=System.drop_a_discount, at_end=System.restore_the_discount),
    Condition("tokens expire", at_start=System.expire_tokens),
    Condition("tokens expire and the log-in is slow", {"slow_token": 0.5}, at_start=System.expire_tokens),
    Condition("the consent is withdrawn", at_start=System.revoke_tokens, at_end=System.reconnect),
    Condition("a worker dies", {"slow_answer": 0.5}, at_start=System.kill_a_worker),
    Condition("a worker dies before the POS sees anything", {"slow": 0.5}, at_start=System.kill_a_worker),
    Condition("a process dies", {"slow_answer": 0.3}, at_start=System.kill_a_process),
)
