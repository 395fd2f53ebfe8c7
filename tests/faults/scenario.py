"""Run a scenario of faults: orders come in steadily while the conditions change, then everything has to settle."""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from storekit.demo import story
from tests.faults.conditions import LONG_OUTAGE, Condition
from tests.faults.inspector import Inspector, open_inspector
from tests.faults.orders import ORDER_KINDS, OTHER_SHOPS_EMAIL, OrderContext
from tests.faults.outcomes import Outcomes, outcomes_of
from tests.faults.shop import Shop
from tests.faults.system import System
from tests.support.fast_clock import FastClock
from tests.support.guest import Guest
from tests.support.stack import Stack

Json = dict[str, Any]
_SETTLED = {"confirmed", "failed"}
_RESTRICTED_AT_START = ("CHEESECAKE", "BROWNIE")
_TABLES_WITH_A_CHECK = (4, 22, 23)


@dataclass(frozen=True)
class Scenario:
    """How much happens. Seconds are real; every `timedelta` is measured by the fast clock."""

    orders: int
    a_second: float
    conditions: Sequence[Condition]
    """Each applies at least once, in an order of chance."""
    condition_seconds: float
    """How long each condition lasts."""
    settled_within: timedelta
    """Counted from the last order."""
    outage: timedelta | None = None
    """At the beginning: long enough to end an order's retries."""
    workers: int = 2
    seed: int = 1


def run_scenario(up: Stack, clock: FastClock, scenario: Scenario) -> Outcomes:
    """Place orders under every condition, wait until they have settled, and return what happened to each."""
    usual = {"order_delay": 0.05, "validity": 1 / clock.speed}
    system = System(up, workers=scenario.workers, usual=usual, seed=scenario.seed)
    try:
        with open_inspector(system.environment) as inspector:
            shop = Shop(up)
            context = open_for_orders(system, inspector, shop, clock, seed=scenario.seed)
            _place_under_all_conditions(system, inspector, shop, context, scenario)
            system.calm()
            began = time.monotonic()
            orders = _wait_until_settled(system, inspector, clock, scenario)
            outcomes = outcomes_of(orders, shop, system.pos, up.folder / "mail")
            outcomes.seconds = time.monotonic() - began
            return outcomes
    finally:
        system.close()


def open_for_orders(system: System, inspector: Inspector, shop: Shop, clock: FastClock, *, seed: int) -> OrderContext:
    """Bring the POS and the venue into the state that the orders need."""
    for sku in _RESTRICTED_AT_START:
        system.pos.control(f"items/{sku}/release")
    system.pos.control("consumers", email=OTHER_SHOPS_EMAIL, reference="another-shop")
    inspector.prepare()
    system.calm()
    checks = [system.pos.control("checks", tableNumber=number)["ikaccountId"] for number in _TABLES_WITH_A_CHECK]
    guest = Guest(menu=story.read_menu(url=system.up.url, venue=system.up.venue), seed=seed)
    return OrderContext(guest=guest, price=shop.price, clock=clock, checks=checks)


# --- Orders and conditions -------------------------------------------------------------------------------------------


def _place_under_all_conditions(
    system: System, inspector: Inspector, shop: Shop, context: OrderContext, scenario: Scenario
) -> None:
    """Return when every order is placed and every condition was applied at least once."""
    done = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        placing = pool.submit(_place_all, shop, context, scenario, done)
        try:
            if scenario.outage:
                apply(system, LONG_OUTAGE, context.clock.seconds(scenario.outage))
            for number, condition in enumerate(_conditions(system, scenario, done)):
                if number % 7 == 0:
                    inspector.hold_orders_for_later(hold=number % 2 == 0)
                apply(system, condition, scenario.condition_seconds)
        except BaseException:
            done.set()
            raise
        placing.result()


def _conditions(system: System, scenario: Scenario, done: threading.Event) -> Iterator[Condition]:
    yield from system.dice.sample(scenario.conditions, len(scenario.conditions))
    while not done.is_set():
        yield system.dice.choice(scenario.conditions)


def apply(system: System, condition: Condition, seconds: float) -> None:
    """Let a condition be for so many seconds; then everything is as usual, and what has ended runs again."""
    system.pos.switch_on(**condition.pos_faults)
    system.pos.set_habits(**condition.pos_habits)
    if condition.at_start:
        condition.at_start(system)
    time.sleep(seconds)
    if condition.at_end:
        condition.at_end(system)
    system.calm()
    system.supervise()


def _place_all(shop: Shop, context: OrderContext, scenario: Scenario, done: threading.Event) -> None:
    """Place the orders, and say that it is done; end early if somebody else says so."""
    placing: list[Future[None]] = []
    try:
        with ThreadPoolExecutor(max_workers=8) as pool:
            for kind in itertools.islice(itertools.cycle(ORDER_KINDS), scenario.orders):
                if done.is_set():
                    break
                placing.append(pool.submit(shop.place, kind(context)))
                time.sleep(1 / scenario.a_second)
        for each in placing:
            each.result()
    finally:
        done.set()


# --- Afterwards ------------------------------------------------------------------------------------------------------


def _wait_until_settled(system: System, inspector: Inspector, clock: FastClock, scenario: Scenario) -> list[Json]:
    """Return the orders when all have settled or the time is up; the outcomes show which have not."""
    until = clock.now() + scenario.settled_within
    while True:
        system.supervise()
        orders = inspector.orders()
        if has_settled(orders) or clock.now() > until:
            return orders
        time.sleep(0.3)


def has_settled(orders: Sequence[Json]) -> bool:
    """Return whether each order is on the till or failed, and nobody still waits for an e-mail about it."""
    return all(order["state"] in _SETTLED and not order["mails_waiting"] for order in orders)
