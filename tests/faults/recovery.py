"""How soon orders are settled after a trouble of our own hosts, in real time and with the task queue's real schedules.

A few orders come in each second, before, during and after each trouble, while the POS works. What counts is the time
from the trouble's end until every order is on the till, or failed with its e-mail sent.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.conditions import Condition
from tests.faults.inspector import Inspector, open_inspector
from tests.faults.orders import OrderContext, at_a_table, delivery, pickup
from tests.faults.outcomes import Outcomes, outcomes_of
from tests.faults.scenario import apply, has_settled, open_for_orders
from tests.faults.shop import Shop
from tests.faults.system import System
from tests.support.fast_clock import FastClock
from tests.support.stack import postgresql_and_redis

Json = dict[str, Any]
_KINDS = (pickup, at_a_table, delivery)
_A_SECOND = 3.0
_BEFORE_SECONDS, _AFTER_SECONDS = 2.0, 2.0
_LONGEST_SECONDS = 300.0
_DISK_MEGABYTES = 256


@dataclass(frozen=True)
class Night:
    """A storekit on PostgreSQL and Redis whose clocks run as clocks do, and a web shop."""

    system: System
    inspector: Inspector
    shop: Shop
    context: OrderContext

    def orders(self) -> list[Json]:
        """Return all orders as storekit has them; what has ended is started again meanwhile."""
        self.system.supervise()
        return self.inspector.orders()

    def outcomes(self) -> Outcomes:
        """Return what happened to all orders so far."""
        return outcomes_of(self.orders(), self.shop, self.system.pos, self.system.up.folder / "mail")

    def place(self, kind: Callable[[OrderContext], Json] = pickup) -> None:
        """Place one order."""
        self.shop.place(kind(self.context))


@contextmanager
def bad_night(folder: Path, *, workers: int = 2) -> Iterator[Night]:
    """Run one, with an empty folder for the clocks."""
    clock = FastClock.from_now_on(1)
    settings = clock.as_environment(step_file=folder / "step")
    with postgresql_and_redis(has_worker=False, settings=settings, disk_megabytes=_DISK_MEGABYTES) as up:
        system = System(up, workers=workers, usual={"order_delay": 0.05}, seed=1)
        try:
            with open_inspector(system.environment, schedules=False) as inspector:
                shop = Shop(up)
                context = open_for_orders(system, inspector, shop, clock, seed=1)
                yield Night(system, inspector, shop, context)
        finally:
            system.close()


def recover(night: Night, trouble: Condition, *, seconds: float) -> float:
    """Let a trouble be for so many seconds; return the seconds from its end until every order has settled."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        ends = time.monotonic() + _BEFORE_SECONDS + seconds + _AFTER_SECONDS
        placing = pool.submit(_place_until, night, ends)
        time.sleep(_BEFORE_SECONDS)
        apply(night.system, trouble, seconds)
        ended = time.monotonic()
        placing.result()
    while not has_settled(night.orders()) and time.monotonic() - ended < _LONGEST_SECONDS:
        time.sleep(0.2)
    return time.monotonic() - ended


def _place_until(night: Night, ends: float) -> None:
    placing: list[Future[None]] = []
    with ThreadPoolExecutor(max_workers=16) as pool:
        for kind in itertools.cycle(_KINDS):
            if time.monotonic() > ends:
                break
            placing.append(pool.submit(night.place, kind))
            time.sleep(1 / _A_SECOND)
    for each in placing:
        each.result()
