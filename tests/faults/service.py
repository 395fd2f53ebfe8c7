"""An evening of faults: orders come in steadily while the weather changes, and then everything has to settle."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests

from storekit.demo import story
from tests.faults.desk import Desk, open_desk
from tests.faults.orders import KINDS, SOMEBODY_ELSES, Shop
from tests.faults.verdict import Verdict, verdict_on
from tests.faults.weather import FAR_OFF, SPELLS, Place, Spell
from tests.support.guest import Guest
from tests.support.hurry import Hurry
from tests.support.stack import Stack

Json = dict[str, Any]
_SETTLED = {"confirmed", "failed"}
_RESTRICTED_AT_START = ("CHEESECAKE", "BROWNIE")
_TABLES_WITH_A_CHECK = (4, 22, 23)


@dataclass(frozen=True)
class Evening:
    """How much happens. Seconds are the world's; a span of time is the hurried clock's."""

    orders: int
    a_second: float
    spell: float
    """Seconds that each kind of weather lasts."""
    settled_within: timedelta
    """From the last order on."""
    outage: timedelta | None = None
    """At the beginning: long enough to end an order's retries."""
    workers: int = 2
    seed: int = 1


def serve(up: Stack, hurry: Hurry, evening: Evening) -> Verdict:
    """Places the orders in all weathers, waits until everything has settled, and looks what became of each."""
    usual = {"order_delay": 0.05, "validity": 1 / hurry.speed}
    with open_desk(up.environment) as desk:
        place = Place(up, workers=evening.workers, usual=usual, seed=evening.seed)
        try:
            shop = _open(up, place, desk, hurry, evening)
            _orders_in_all_weathers(up, place, desk, shop, evening)
            place.reconnect()
            _wait_until_settled(desk, hurry, evening)
            return verdict_on(desk.orders(), place.pos, up.folder / "mail")
        finally:
            place.close()


def _open(up: Stack, place: Place, desk: Desk, hurry: Hurry, evening: Evening) -> Shop:
    for sku in _RESTRICTED_AT_START:
        place.pos.control(f"items/{sku}/release")
    place.pos.control("consumers", email=SOMEBODY_ELSES, reference="another-shop")
    desk.prepare()
    place.calm()
    checks = [place.pos.control("checks", tableNumber=number)["ikaccountId"] for number in _TABLES_WITH_A_CHECK]
    guest = Guest(menu=story.read_menu(url=up.url, venue=up.venue), seed=evening.seed)
    return Shop(guest=guest, hurry=hurry, checks=checks)


# --- Orders and weather ----------------------------------------------------------------------------------------------


def _orders_in_all_weathers(up: Stack, place: Place, desk: Desk, shop: Shop, evening: Evening) -> None:
    """Ends when every order is placed and every kind of weather was there at least once."""
    all_placed = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as counter:
        placing = counter.submit(_place_all, up, shop, evening, all_placed)
        if evening.outage:
            _let_it_be(place, FAR_OFF, shop.hurry.seconds(evening.outage))
        for number, spell in enumerate(_spells(place, all_placed)):
            if number % 7 == 0:
                desk.hold_orders_for_later(hold=number % 2 == 0)
            _let_it_be(place, spell, evening.spell)
        placing.result()


def _spells(place: Place, all_placed: threading.Event) -> Iterator[Spell]:
    yield from place.dice.sample(SPELLS, len(SPELLS))
    while not all_placed.is_set():
        yield place.dice.choice(SPELLS)


def _let_it_be(place: Place, spell: Spell, seconds: float) -> None:
    place.pos.switch_on(**spell.faults)
    if spell.happens:
        spell.happens(place)
    time.sleep(seconds)
    if spell.afterwards:
        spell.afterwards(place)
    place.calm()


def _place_all(up: Stack, shop: Shop, evening: Evening, all_placed: threading.Event) -> None:
    placing: list[Future[None]] = []
    try:
        with ThreadPoolExecutor(max_workers=8) as pool:
            for kind in itertools.islice(itertools.cycle(KINDS), evening.orders):
                placing.append(pool.submit(_place, up, kind(shop)))
                time.sleep(1 / evening.a_second)
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
    assert answer.status_code == status, answer.text
    answered: Json = answer.json()
    return answered


# --- Afterwards ------------------------------------------------------------------------------------------------------


def _wait_until_settled(desk: Desk, hurry: Hurry, evening: Evening) -> None:
    """Or until there is no more time for it; the verdict says what has not."""
    until = hurry.now() + evening.settled_within
    while hurry.now() < until:
        orders = desk.orders()
        assert len(orders) == evening.orders
        if all(order["state"] in _SETTLED and not order["mails_waiting"] for order in orders):
            return
        time.sleep(0.3)
