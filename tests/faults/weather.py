"""What goes wrong while orders come in: at the POS, on the way, with the tokens, and to the workers themselves."""

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


class Place:
    """The storekit that all this happens to: its POS, and its workers, which a supervisor starts again."""

    def __init__(self, up: Stack, *, workers: int, usual: Mapping[str, Any], seed: int) -> None:
        self.pos = SandboxPos(up.pos_url)
        self.dice = random.Random(seed)
        self._up = up
        self._usual = dict(usual)
        self._workers = [Worker(up.environment) for _ in range(workers)]

    def calm(self) -> None:
        """Nothing goes wrong at the POS (any more)."""
        self.pos.clear_faults()
        self.pos.switch_on(**self._usual)

    def kill_a_worker(self) -> None:
        """As when a machine dies: the whole task worker, all of its processes at once. Another takes its place."""
        chosen = self.dice.randrange(len(self._workers))
        self._workers[chosen].kill()
        self._workers[chosen] = Worker(self._up.environment)

    def kill_a_process(self) -> None:
        """As when memory runs out: one process of a task worker, whichever; it is the worker's to start another."""
        members = [pid for worker in self._workers for pid in worker.members_or_none()]
        if members:
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(members), signal.SIGKILL)

    def expire_tokens(self) -> None:
        """The access token is refused from now on, and the refresh token is not."""
        self.pos.control("tokens/expire")

    def revoke_tokens(self) -> None:
        """The consent is gone."""
        self.pos.control("tokens/revoke")

    def reconnect(self) -> None:
        """A manager gives consent again."""
        self.calm()
        self._up.connect()

    def drop_a_discount(self) -> None:
        """The POS forgets a discount that storekit knows."""
        self.pos.control("discounts/STAFF10/remove")

    def bring_the_discount_back(self) -> None:
        """The POS knows it again."""
        self.pos.control("discounts/STAFF10/add", discountPercentage=10)

    def close(self) -> None:
        """Ends the workers."""
        for worker in self._workers:
            worker.kill()


@dataclass(frozen=True)
class Spell:
    """Something that goes wrong for a while: `faults` of the POS, something that happens, or both."""

    name: str
    faults: Mapping[str, Any] = field(default_factory=dict)
    happens: Callable[[Place], None] | None = None
    afterwards: Callable[[Place], None] | None = None


FAR_OFF = Spell("offline for long", {"offline": True})
SPELLS: Sequence[Spell] = (
    Spell("offline", {"offline": True}),
    Spell("slow", {"slow": 0.5}),
    Spell("slow to answer", {"slow_answer": 0.8}),
    Spell("throttled for a minute", {"throttle": True, "retry_after": 60}),
    Spell("throttled for who knows how long", {"throttle": True}),
    Spell("busy with itself", {"error_status": 503}),
    Spell("broken", {"error_status": 500}),
    Spell("answers are lost", {"lose_answer": 3}),
    Spell("answers are lost and nothing is told", {"lose_answer": 3, "webhooks_off": True}),
    Spell("everything is told twice", {"webhook_twice": True}),
    Spell("everything is told late", {"webhook_delay": 1.0}),
    Spell("nothing is told", {"webhooks_off": True}),
    Spell("everything is told twice and in disorder", {"webhook_twice": True, "webhook_shuffle": True}),
    Spell("refused at once", {"reject_orders": "items[0].sku: Unknown SKU BURGER99"}),
    Spell("refused by the till", {"refuse_orders": "Could not add item Burger (not found)"}),
    Spell(
        "refused by the till, untold", {"refuse_orders": "Could not add item Burger (not found)", "webhooks_off": True}
    ),
    Spell("no till is awake", {"till_asleep": True}),
    Spell("late on the till", {"order_delay": 1.5}),
    Spell("a discount is gone", happens=Place.drop_a_discount, afterwards=Place.bring_the_discount_back),
    Spell("tokens expire", happens=Place.expire_tokens),
    Spell("tokens expire and the log-in is slow", {"slow_token": 0.5}, happens=Place.expire_tokens),
    Spell("the consent is gone", happens=Place.revoke_tokens, afterwards=Place.reconnect),
    Spell("a worker dies", {"slow_answer": 0.5}, happens=Place.kill_a_worker),
    Spell("a worker dies before the POS sees anything", {"slow": 0.5}, happens=Place.kill_a_worker),
    Spell("a process dies", {"slow_answer": 0.3}, happens=Place.kill_a_process),
)
