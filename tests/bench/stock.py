"""From a change of stock at the till to the storefront's menu without the item, through webhook, queue and database."""

import statistics
import time
from typing import Any

import requests

from tests.support.stack import Stack, postgresql_and_redis

_CHANGES = 60
_SKUS = ("BROWNIE", "FRIES01")


def rows() -> list[tuple[str, str, str, str]]:
    """Return median and p95 from restricting an item until the menu lacks it; the ratio is to reading the menu."""
    with postgresql_and_redis() as up:
        _change(up, 0)
        seconds = [_change(up, number) for number in range(1, _CHANGES + 1)]
        floor = statistics.median(_timed_read(up) for _ in range(_CHANGES))
    median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    return [
        (
            "till's stock to menu, PostgreSQL and Redis",
            f"{median * 1000:.0f} ms",
            f"{p95 * 1000:.0f} ms",
            f"{median / floor:.1f}",
        )
    ]


def _change(up: Stack, number: int) -> float:
    """Return the seconds until guests see that an item is sold out; then release it."""
    sku = _SKUS[number % len(_SKUS)]
    begun = time.perf_counter()
    _till(up, sku, "restrict", count=None)
    _wait_for(up, sku, available=False)
    took = time.perf_counter() - begun
    _till(up, sku, "release")
    _wait_for(up, sku, available=True)
    return took


def _till(up: Stack, sku: str, action: str, **body: Any) -> None:
    requests.post(f"{up.pos_url}/sandbox/items/{sku}/{action}", json=body, timeout=10).raise_for_status()


def _wait_for(up: Stack, sku: str, *, available: bool) -> None:
    deadline, tag = time.monotonic() + 60, ""
    while True:
        answer = requests.get(_menu(up), headers={"If-None-Match": tag}, timeout=10)
        if answer.status_code == 200:
            tag = answer.headers["ETag"]
            if next(one for one in answer.json()["products"] if one["sku"] == sku)["available"] is available:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"after a minute the menu still shows {sku} unchanged")
        time.sleep(0.005)


def _timed_read(up: Stack) -> float:
    begun = time.perf_counter()
    requests.get(_menu(up), timeout=10).raise_for_status()
    return time.perf_counter() - begun


def _menu(up: Stack) -> str:
    return f"{up.url}/api/v1/venues/{up.venue}/menu"
