"""An evening of faults: orders come in steadily while the weather changes, and then everything has to settle."""

import itertools
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from storekit.demo import story
from tests.faults.desk import Desk, open_desk
from tests.faults.orders import KINDS
from tests.faults.weather import SPELLS, Place
from tests.support.guest import Guest
from tests.support.hurry import Hurry
from tests.support.sandbox import SandboxPos
from tests.support.stack import Stack

Json = dict[str, Any]
_SETTLED = {"confirmed", "failed"}
_RESTRICTED_AT_START = ("CHEESECAKE", "BROWNIE")


@dataclass(frozen=True)
class Evening:
    """How much happens, in seconds of the world where nothing else is said."""

    orders: int
    a_second: float
    spell: float
    settled_within: timedelta
    """By the hurried clock, from the last order on."""
    workers: int = 2
    seed: int = 1


@dataclass(frozen=True)
class Verdict:
    """The orders by what became of them. Every order is in one of the first four lists; each is a line to read."""

    on_the_till: list[str]
    failed_and_told: list[str]
    twice: list[str]
    silent: list[str]
    told_although_on_the_till: list[str]
    """Of those on the till, the ones of which the venue was told nevertheless, and not that it has settled."""

    def __str__(self) -> str:
        counts = (len(self.on_the_till), len(self.failed_and_told), len(self.twice), len(self.silent))
        return "{} on the till once, {} failed and told, {} twice, {} silent".format(*counts)


def serve(up: Stack, hurry: Hurry, evening: Evening) -> Verdict:
    """Places the orders in all weathers, waits until everything has settled, and looks what became of each."""
    usual = {"order_delay": 0.05, "validity": 1 / hurry.speed}
    with open_desk(up.environment) as desk:
        place = Place(up, workers=evening.workers, usual=usual, seed=evening.seed)
        try:
            _open(place, desk)
            placed = _orders_in_all_weathers(up, place, evening)
            place.reconnect()
            _wait_until_settled(desk, hurry, evening, count=len(placed))
            return _verdict(desk.orders(), place.pos, _mails(up.folder / "mail"))
        finally:
            place.close()


def _open(place: Place, desk: Desk) -> None:
    for sku in _RESTRICTED_AT_START:
        place.pos.control(f"items/{sku}/release")
    desk.prepare()
    place.calm()


def _orders_in_all_weathers(up: Stack, place: Place, evening: Evening) -> list[Json]:
    """Ends when every order is placed and every kind of weather was there at least once."""
    guest = Guest(menu=story.read_menu(url=up.url, venue=up.venue), seed=evening.seed)
    bodies = [kind(guest) for kind, _ in zip(itertools.cycle(KINDS), range(evening.orders), strict=False)]
    all_placed = threading.Event()

    def keep_placing() -> list[Json]:
        try:
            with ThreadPoolExecutor(max_workers=8) as pool:
                placed = []
                for body in bodies:
                    placed.append(pool.submit(_place, up, body))
                    time.sleep(1 / evening.a_second)
                return [each.result() for each in placed]
        finally:
            all_placed.set()

    with ThreadPoolExecutor(max_workers=1) as counter:
        placing = counter.submit(keep_placing)
        first_round = True
        while first_round or not all_placed.is_set():
            for spell in place.dice.sample(SPELLS, len(SPELLS)):
                if all_placed.is_set() and not first_round:
                    break
                _let_it_be(place, spell, evening.spell)
            first_round = False
        return placing.result()


def _let_it_be(place: Place, spell: Any, seconds: float) -> None:
    place.pos.switch_on(**spell.faults)
    if spell.happens:
        spell.happens(place)
    time.sleep(seconds)
    if spell.afterwards:
        spell.afterwards(place)
    place.calm()


def _place(up: Stack, body: Json) -> Json:
    """As a shop does: again with the same key when it got no answer."""
    key = str(uuid.uuid4())
    answer = requests.post(
        f"{up.url}/api/v1/venues/{up.venue}/orders",
        json=body,
        headers={"Authorization": f"Bearer {up.api_key}", "Idempotency-Key": key},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    placed: Json = answer.json()
    return placed


def _wait_until_settled(desk: Desk, hurry: Hurry, evening: Evening, *, count: int) -> None:
    """Or until there is no more time for it; the verdict says what has not."""
    until = hurry.now() + evening.settled_within
    while hurry.now() < until:
        orders = desk.orders()
        assert len(orders) == count
        if all(order["state"] in _SETTLED and not order["still_to_tell"] for order in orders):
            return
        time.sleep(0.3)


def _mails(folder: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(folder.glob("*")))


def _verdict(orders: list[Json], pos: SandboxPos, mails: str) -> Verdict:
    on_the_till = Counter(order["reference"] for order in pos.orders_on_the_till())
    verdict = Verdict([], [], [], [], [])
    for order in orders:
        times = sum(on_the_till[reference] for reference in order["references"])
        told = order["state"] == "failed" and order["failures_told"] > 0 and order["code"] in mails
        line = f"{order['number']} {order['type']}: {times} on the till, {order}"
        if times > 1:
            verdict.twice.append(line)
        elif times == 1 and (order["state"] == "confirmed" or told):
            verdict.on_the_till.append(line)
        elif times == 0 and told:
            verdict.failed_and_told.append(line)
        else:
            verdict.silent.append(line)
        if times and told:
            verdict.told_although_on_the_till.append(line)
    return verdict
