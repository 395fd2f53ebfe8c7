"""Run a scenario of faults: orders come in steadily while the conditions change, then everything has to settle."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import requests

from storekit.demo import story
from tests.faults.conditions import CONDITIONS, LONG_OUTAGE, Condition, System
from tests.faults.inspector import Inspector, open_inspector
from tests.faults.orders import ORDER_KINDS, OTHER_SHOPS_EMAIL, OrderContext
from tests.faults.outcomes import Outcomes, outcomes_of
from tests.support.fast_clock import FastClock
from tests.support.guest import Guest
from tests.support.stack import Stack

Json = dict[str, Any]
_SETTLED = {"confirmed", "failed"}
_RESTRICTED_AT_START = ("CHEESECAKE", "BROWNIE")
_TABLES_WITH_A_CHECK = (4, 22, 23)


_NOT_NOW = ("not_ready", "pos_not_ready")


@dataclass(frozen=True)
class Scenario:
    """How much happens. Seconds are real; every `timedelta` is measured by the fast clock."""

    orders: int
    a_second: float
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
    with open_inspector(up.environment) as inspector:
        system = System(up, workers=scenario.workers, usual=usual, seed=scenario.seed)
        try:
            context = _open(up, system, inspector, clock, scenario)
            _place_under_all_conditions(up, system, inspector, context, scenario)
            system.reconnect()
            _wait_until_settled(inspector, clock, scenario)
            return outcomes_of(inspector.orders(), system.pos, up.folder / "mail")
        finally:
            system.close()


def _open(up: Stack, system: System, inspector: Inspector, clock: FastClock, scenario: Scenario) -> OrderContext:
    for sku in _RESTRICTED_AT_START:
        system.pos.control(f"items/{sku}/release")
    system.pos.control("consumers", email=OTHER_SHOPS_EMAIL, reference="another-shop")
    inspector.prepare()
    system.calm()
    checks = [system.pos.control("checks", tableNumber=number)["ikaccountId"] for number in _TABLES_WITH_A_CHECK]
    guest = Guest(menu=story.read_menu(url=up.url, venue=up.venue), seed=scenario.seed)
    return OrderContext(guest=guest, price=partial(_price, up), clock=clock, checks=checks)


def _price(up: Stack, type: str, items: Sequence[Json]) -> Decimal:
    """Return what a shop's basket says: the tax of some lines is only known there."""
    basket = _post(up, f"{up.url}/api/v1/venues/{up.venue}/basket", {"type": type, "items": items}, 200)
    return Decimal(basket["totals"]["items"])


# --- Orders and conditions -------------------------------------------------------------------------------------------


def _place_under_all_conditions(
    up: Stack, system: System, inspector: Inspector, context: OrderContext, scenario: Scenario
) -> None:
    """Return when every order is placed and every condition was applied at least once."""
    all_placed = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        placing = pool.submit(_place_all, up, context, scenario, all_placed)
        if scenario.outage:
            _apply(system, LONG_OUTAGE, context.clock.seconds(scenario.outage))
        for number, condition in enumerate(_conditions(system, all_placed)):
            if number % 7 == 0:
                inspector.hold_orders_for_later(hold=number % 2 == 0)
            _apply(system, condition, scenario.condition_seconds)
        placing.result()


def _conditions(system: System, all_placed: threading.Event) -> Iterator[Condition]:
    yield from system.dice.sample(CONDITIONS, len(CONDITIONS))
    while not all_placed.is_set():
        yield system.dice.choice(CONDITIONS)


def _apply(system: System, condition: Condition, seconds: float) -> None:
    system.pos.switch_on(**condition.pos_faults)
    system.pos.set_habits(**condition.pos_habits)
    if condition.at_start:
        condition.at_start(system)
    time.sleep(seconds)
    if condition.at_end:
        condition.at_end(system)
    system.calm()


def _place_all(up: Stack, context: OrderContext, scenario: Scenario, all_placed: threading.Event) -> None:
    placing: list[Future[None]] = []
    try:
        with ThreadPoolExecutor(max_workers=8) as pool:
            for kind in itertools.islice(itertools.cycle(ORDER_KINDS), scenario.orders):
                placing.append(pool.submit(_place, up, kind(context)))
                time.sleep(1 / scenario.a_second)
        for each in placing:
            each.result()
    finally:
        all_placed.set()


def _place(up: Stack, body: Json) -> None:
    cost = body.pop("cost")
    orders = f"{up.url}/api/v1/venues/{up.venue}/orders"
    placed = _post(up, orders, body, 201)
    if body["payment"]["status"] == "unpaid" and "account" not in body:
        payment = {"reference": f"web-{uuid.uuid4()}", "amount": str(cost)}
        _post(up, f"{orders}/{placed['id']}/payment", payment, 200)


def _post(up: Stack, url: str, body: Json, status: int) -> Json:
    headers = {"Authorization": f"Bearer {up.api_key}", "Idempotency-Key": str(uuid.uuid4())}
    answer = requests.post(url, json=body, headers=headers, timeout=30)
    while answer.status_code == 400 and answer.json()["errors"][0]["code"] in _NOT_NOW:
        # The guest tries again until the venue takes orders.
        time.sleep(0.5)
        answer = requests.post(url, json=body, headers=headers, timeout=30)
    assert answer.status_code == status, answer.text
    answered: Json = answer.json()
    return answered


# --- Afterwards ------------------------------------------------------------------------------------------------------


def _wait_until_settled(inspector: Inspector, clock: FastClock, scenario: Scenario) -> None:
    """Return when all orders have settled or the time is up; the outcomes show which have not."""
    until = clock.now() + scenario.settled_within
    while clock.now() < until:
        orders = inspector.orders()
        assert len(orders) == scenario.orders
        if all(order["state"] in _SETTLED and not order["mails_waiting"] for order in orders):
            return
        time.sleep(0.3)
