"""From the REST answer to the order on the till, against a bare call to the POS that storekit has no part in."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import requests

from storekit.demo import story
from tests.support.stack import Stack, postgresql_and_redis, sqlite_alone

_ORDERS = 40


def rows() -> list[tuple[str, str, str, str]]:
    """Set-up, median, p95, and the median as a ratio to reading the till once."""
    measured = []
    for name, stack in (("SQLite alone", sqlite_alone), ("PostgreSQL and Redis", postgresql_and_redis)):
        with stack() as up:
            seconds = _order_to_till(up)
            floor = statistics.median(_timed(lambda: _on_the_till(up, "none")) for _ in range(_ORDERS))
        median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        measured.append(
            (f"order to till, {name}", f"{median * 1000:.0f} ms", f"{p95 * 1000:.0f} ms", f"{median / floor:.1f}")
        )
    return measured


def _order_to_till(up: Stack) -> list[float]:
    menu = story.read_menu(url=up.url, venue=up.venue)
    seconds = []
    for _ in range(_ORDERS):
        order = story.pickup_order(menu)
        placed = story.place_order(url=up.url, venue=up.venue, api_key=up.api_key, order=order)
        seconds.append(_timed(lambda code=placed["collection_code"]: _wait_for(up, code)))  # type: ignore[misc]
    return seconds


def _wait_for(up: Stack, collection_code: str) -> None:
    deadline = time.monotonic() + 60
    while not _on_the_till(up, collection_code):
        if time.monotonic() > deadline:
            raise TimeoutError(f"order {collection_code} is not on the till after a minute")
        time.sleep(0.005)


def _on_the_till(up: Stack, collection_code: str) -> bool:
    orders: list[dict[str, Any]] = requests.get(f"{up.pos_url}/sandbox/state", timeout=10).json()["orders"]
    return any(
        order["status"] == "on_till" and order["body"].get("collectionCode") == collection_code for order in orders
    )


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
