"""Two hundred phones on forty bills: what a poll costs, how often the till is asked, how soon a new line is seen."""

import asyncio
import itertools
import json
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.phones import Phones
from tests.support.postgres import free_port
from tests.support.processes import CODE
from tests.support.sandbox import SandboxPos
from tests.support.stack import Stack, postgresql_and_redis

Row = tuple[str, str, str, str]
_PHONES, _BILLS, _SECONDS = 200, 40, 60
_LINE_EVERY = 0.5
_ROUNDS, _ROUND_SECONDS, _CONNECTIONS = 5, 2.0, 8
_HIGH_STREET = 45454565682155
_CHECKS = ("GET /o/op/1/order/table/getCheck", "GET /o/op/1/order/table/{tableNumber}/getCheck")
_ONE_CHECK = "GET /o/op/1/order/accounts/{accountIdentifier}"

_OPEN = """
import json
from storekit.models import Venue
from tables.models import PayAtTable, Table
venue = Venue.objects.get()
PayAtTable.objects.update_or_create(venue=venue, defaults={"enabled": True})
print(json.dumps(dict(Table.objects.filter(archived_at=None).values_list("number", "token"))))
"""


@dataclass(frozen=True)
class _Added:
    """A line that the till has, and the POSIX time at which it had it."""

    id: str
    at: float


def rows() -> list[Row]:
    """Return what was measured: polls beside a bare view that reads one row, and a minute of phones."""
    with postgresql_and_redis() as up:
        up.processes.run("manage.py", "sync_floor_plan", up.venue)
        printed = up.processes.run("manage.py", "shell", "--no-imports", "-v", "0", "-c", _OPEN)
        tokens = {int(number): token for number, token in json.loads(printed.splitlines()[-1]).items()}
        till = SandboxPos(up.pos_url)
        checks = [_open(till, number) for number in (list(tokens) * _BILLS)[:_BILLS]]
        return [*_beside_the_floor(up, tokens), *asyncio.run(_a_minute(up, till, list(tokens.values()), checks))]


def _open(till: SandboxPos, table: int) -> str:
    items = [
        {"sku": "SOUP01", "quantity": 2},
        {"sku": "BURGER01", "quantity": 1, "modifiers": [{"modifierId": "1001"}]},
    ]
    opened = till.control("checks", businessLocationId=_HIGH_STREET, tableNumber=table, items=items)
    return str(opened["ikaccountId"])


# --- One poll --------------------------------------------------------------------------------------------------------


def _beside_the_floor(up: Stack, tokens: dict[int, str]) -> list[Row]:
    number, token = next(iter(tokens.items()))
    ours, floor = int(up.url.rpartition(":")[2]), free_port()
    gunicorn = ["-m", "gunicorn", "tests.bench.floor_row_app", "-c", "python:tests.bench.floor_gunicorn"]
    up.processes.start("floor", [*gunicorn, "--bind", f"127.0.0.1:{floor}"], log=up.folder / "floor.log")
    up.processes.wait_for("floor", f"http://127.0.0.1:{floor}/api/v1/tables/{token}")
    phones = Phones(ours)
    rounds = []
    for _ in range(_ROUNDS):
        etag = asyncio.run(_etag(phones, token))
        rounds.append((_rate(up, ours, token, etag), _rate(up, floor, token, f'"{number}"')))
    mine, bare = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(one / other for one, other in rounds)
    return [("polls of a table, PostgreSQL, 304", f"{mine:.0f}/s", f"floor {bare:.0f}/s", f"{ratio:.2f}")]


async def _etag(phones: Phones, token: str) -> str:
    streams = await asyncio.open_connection("127.0.0.1", phones.port)
    _, etag, _, _ = await phones._poll(*streams, token, "")
    streams[1].close()
    return etag


def _rate(up: Stack, port: int, token: str, etag: str) -> float:
    """Run one round of the load in a process of its own; return the answers per second."""
    request = Path(up.folder) / "request"
    head = f"GET /api/v1/tables/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: {etag}\r\n\r\n"
    request.write_bytes(head.encode())
    numbers = [str(port), str(_ROUND_SECONDS), str(_CONNECTIONS), "304"]
    command = [sys.executable, "-m", "tests.bench.load", *numbers, str(request)]
    done = subprocess.run(command, cwd=CODE, check=True, capture_output=True, text=True, timeout=60)
    return float(done.stdout)


# --- A minute of phones ----------------------------------------------------------------------------------------------


async def _a_minute(up: Stack, till: SandboxPos, tokens: list[str], checks: list[str]) -> list[Row]:
    phones = Phones(int(up.url.rpartition(":")[2]))
    before = _calls(till)
    following = asyncio.create_task(phones.follow((tokens * _PHONES)[:_PHONES], seconds=_SECONDS))
    added, calls = await asyncio.to_thread(_sell, till, checks)
    await following
    upstream = (_calls(till) - before) / _SECONDS
    busiest = max(later - sooner for sooner, later in itertools.pairwise(calls))
    seconds = [at - line.at for line in added for at in phones.seen.get(line.id, [])]
    unseen = sum(line.id not in phones.seen for line in added)
    refused = {status: number for status, number in phones.statuses.items() if status not in (200, 304)}
    what = f"{_PHONES} phones on {_BILLS} bills for {_SECONDS} s: a poll"
    return [
        (what, *_spread(phones.polls, "ms", 1000), f"{len(phones.polls) / _SECONDS:.0f}/s"),
        ("  from a line added on the till to the phone", *_spread(seconds, "s", 1), f"{unseen} unseen"),
        (
            "  calls to the till a second, and most in one",
            f"{upstream:.2f}",
            f"{busiest}",
            f"{refused or 'none'} refused",
        ),
    ]


def _spread(seconds: list[float], unit: str, times: int) -> tuple[str, str]:
    median, p95 = statistics.median(seconds) * times, statistics.quantiles(seconds, n=20)[-1] * times
    return f"{median:.2f} {unit}", f"{p95:.2f} {unit}"


def _sell(till: SandboxPos, checks: list[str]) -> tuple[list[_Added], list[int]]:
    """Add a line to one of the checks twice a second until the phones are almost done.

    Return the lines, and how many calls the till had had at each second.
    """
    added, calls, begun = [], [_calls(till)], time.monotonic()
    # All phones need a moment to see the last one.
    while (passed := time.monotonic() - begun) < _SECONDS - 5:
        path = f"checks/{random.choice(checks)}/lines"
        lines = till.control(path, sku="SOUP01", quantity=1)["salesEntries"]
        added.append(_Added(str(lines[-1].get("uuid") or lines[-1]["id"]), time.time()))
        if passed > len(calls):
            calls.append(_calls(till))
        time.sleep(max(begun + len(added) * _LINE_EVERY - time.monotonic(), 0))
    return added, calls


def _calls(till: SandboxPos) -> int:
    found = till.state()["calls"]
    return sum(found.get(route, 0) for route in (*_CHECKS, _ONE_CHECK))
