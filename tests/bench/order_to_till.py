"""From the REST answer to the order on the till: one at a time, ten a second, and as fast as one worker can.

All processes share one machine and its clock, so times are compared afterwards and the till need not be polled.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from storekit.demo import story
from tests.support.processes import Worker
from tests.support.sandbox import SandboxPos, eventually
from tests.support.stack import Stack, postgresql_and_redis, sqlite_alone

Row = tuple[str, str, str, str]
_SINGLE, _PAUSE = 40, 0.25
_A_SECOND, _SECONDS = 10, 30
_QUEUED = 300
_CLOCK_TICKS = 100


@dataclass(frozen=True)
class _Placed:
    """An order, and the POSIX time at which the shop received its answer."""

    id: str
    code: str
    answered_at: float


def rows() -> list[Row]:
    """Return what was measured, median and p95 (or orders a second), and the median as a ratio to a bare POS call."""
    measured = []
    for name, stack in (("SQLite alone", sqlite_alone), ("PostgreSQL and Redis", postgresql_and_redis)):
        with stack() as up:
            _warm_up(up)
            measured.append(_row(f"order to till, {name}, one at a time", up, _one_at_a_time(up)))
            if stack is postgresql_and_redis:
                cpu = _Cpu(up)
                measured.append(_row(f"order to till, {name}, {_A_SECOND}/s for {_SECONDS} s", up, _steadily(up)))
                measured.append(("  cores used", *cpu.taken()))
    return [*measured, *_one_worker()]


def _row(what: str, up: Stack, placed: Sequence[_Placed]) -> Row:
    seconds = _seconds_to_the_till(up, placed)
    floor = statistics.median(
        _timed(lambda: requests.get(f"{up.pos_url}/sandbox/health", timeout=5)) for _ in range(50)
    )
    median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    return what, f"{median * 1000:.0f} ms", f"{p95 * 1000:.0f} ms", f"{median / floor:.1f}"


# --- One at a time, and steadily -------------------------------------------------------------------------------------


def _warm_up(up: Stack) -> None:
    _seconds_to_the_till(up, [_place(up, _order(up)) for _ in range(5)])


def _one_at_a_time(up: Stack) -> list[_Placed]:
    order = _order(up)
    placed = []
    for _ in range(_SINGLE):
        placed.append(_place(up, order))
        time.sleep(_PAUSE)
    return placed


def _steadily(up: Stack) -> list[_Placed]:
    order = _order(up)
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=16) as shops:
        placing = []
        for number in range(_A_SECOND * _SECONDS):
            time.sleep(max(0.0, begun + number / _A_SECOND - time.monotonic()))
            placing.append(shops.submit(_place, up, order))
        return [each.result() for each in placing]


def _order(up: Stack) -> dict[str, Any]:
    return story.pickup_order(story.read_menu(url=up.url, venue=up.venue))


def _place(up: Stack, order: dict[str, Any]) -> _Placed:
    placed = story.place_order(url=up.url, venue=up.venue, api_key=up.api_key, order=order)
    return _Placed(placed["id"], placed["collection_code"], time.time())


def _seconds_to_the_till(up: Stack, placed: Sequence[_Placed]) -> list[float]:
    """Return the seconds of each order; negative if the till was faster than the answer to the shop."""
    at = _when_on_the_till(up, placed)
    return [at[each.code] - each.answered_at for each in placed]


def _when_on_the_till(up: Stack, placed: Sequence[_Placed]) -> dict[str, float]:
    """Wait until all orders are on the till; return the POSIX times by collection code."""

    def all_of_them() -> dict[str, float]:
        found = {
            order["body"]["collectionCode"]: datetime.fromisoformat(order["decidedAt"]).timestamp()
            for order in SandboxPos(up.pos_url).orders_on_the_till()
        }
        time.sleep(0.3)
        return found if all(each.code in found for each in placed) else {}

    return eventually(all_of_them, seconds=120)


# --- One worker ------------------------------------------------------------------------------------------------------


def _one_worker() -> list[Row]:
    """Measure how fast one worker sends orders that are waiting when it starts."""
    with postgresql_and_redis(has_worker=False) as up:
        order = _order(up)
        with ThreadPoolExecutor(max_workers=8) as shops:
            placed = list(shops.map(lambda _: _place(up, order), range(_QUEUED)))
        worker = Worker(up.environment)
        try:
            at = sorted(_when_on_the_till(up, placed).values())
            eventually(lambda: all(_is_confirmed(up, each) for each in reversed(placed)), seconds=120)
            confirmed_after = time.time() - at[0]
        finally:
            worker.kill()
    on_the_till = (len(at) - 1) / (at[-1] - at[0])
    return [
        ("one worker, PostgreSQL and Redis, orders onto the till", f"{on_the_till:.0f}/s", "", ""),
        ("  and confirmed", f"{len(at) / confirmed_after:.0f}/s", "", ""),
    ]


def _is_confirmed(up: Stack, placed: _Placed) -> bool:
    headers = {"Authorization": f"Bearer {up.api_key}"}
    url = f"{up.url}/api/v1/venues/{up.venue}/orders/{placed.id}"
    return bool(requests.get(url, headers=headers, timeout=30).json()["status"] == "confirmed")


# --- What it costs ---------------------------------------------------------------------------------------------------


class _Cpu:
    """How many cores the processes use, from now on."""

    def __init__(self, up: Stack) -> None:
        self._up = up
        self._before = self._ticks()
        self._begun = time.monotonic()

    def taken(self) -> tuple[str, str, str]:
        """Return the cores used by the web server, the worker and the sandbox POS, as texts."""
        seconds = time.monotonic() - self._begun
        after = self._ticks()
        cores = {name: (after[name] - self._before[name]) / _CLOCK_TICKS / seconds for name in after}
        return f"web {cores['web']:.2f}", f"worker {cores['worker']:.2f}", f"POS {cores['sandbox']:.2f}"

    def _ticks(self) -> dict[str, int]:
        return {name: _ticks_of(pid) for name, pid in self._up.process_ids.items()}


def _ticks_of(pid: int) -> int:
    """Return the ticks of processor time that a process and its living descendants have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(fields[11]) + int(fields[12]) + sum(_ticks_of(int(child)) for child in children)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
