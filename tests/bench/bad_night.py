"""What a bad night costs, in real time: how soon orders settle after each trouble, and who is told how soon.

Everything runs as in production on one machine, with two workers, the sandbox POS and the task queue's own schedules. A
row's cells say what they hold.
"""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tests.faults.conditions import troubles_of_ours
from tests.faults.orders import at_a_table
from tests.faults.recovery import Night, bad_night, recover
from tests.faults.scenario import has_settled
from tests.support.sandbox import eventually

Row = tuple[str, str, str, str]
_TROUBLE_SECONDS = 6.0
_BASKETS = 40
_UNCONFIRMED = 30
_WEB_AWAY_SECONDS = 30.0
_OPEN_CHECKS = "GET /o/op/1/order/table/getCheck"
_ASKED = ("onlineOrderReadiness", "itemAvailability")


def rows() -> Iterator[Row]:
    """Return the seconds from each trouble's end to the last order settled, and what people saw of three others."""
    with tempfile.TemporaryDirectory() as folder, bad_night(Path(folder)) as night:
        yield from _recoveries(night)
        yield _web_away_while_tills_confirm(night)
        yield _baskets_that_ask(night)
        yield _no_worker(night)
        yield _consent_withdrawn(night)
        outcomes = night.outcomes()
        wrong = f"{len(outcomes.twice)} twice, {len(outcomes.unreported)} unreported, {len(outcomes.lost)} lost"
        once, failed = f"{len(outcomes.on_the_till)} once", f"{len(outcomes.failed_and_reported)} failed and reported"
        yield ("  all orders of this night", once, failed, wrong)


def _recoveries(night: Night) -> Iterator[Row]:
    """Row by row, and the longest: from a trouble's end until every order is settled."""
    longest = 0.0
    for trouble in troubles_of_ours(night.system.up):
        placed = len(night.shop.accepted)
        took = recover(night, trouble, seconds=_TROUBLE_SECONDS)
        longest = max(longest, took)
        orders = f"{len(night.shop.accepted) - placed} orders"
        yield (f"settled after: {trouble.name}", f"{took:.1f} s", orders, "")
    yield ("  the longest", f"{longest:.1f} s", "", "")


def _web_away_while_tills_confirm(night: Night) -> Row:
    """The till confirms while nobody hears it: how soon that is noticed, and how often the POS's list is asked for."""
    before = night.system.pos.calls(_OPEN_CHECKS)
    night.system.pos.switch_on(order_delay=5)
    for _ in range(_UNCONFIRMED):
        night.place(at_a_table)
    night.system.stop_web()
    time.sleep(_WEB_AWAY_SECONDS)
    night.system.start_web()
    night.system.calm()
    began = time.monotonic()
    eventually(lambda: has_settled(night.orders()), seconds=900)
    lists = night.system.pos.calls(_OPEN_CHECKS) - before
    what = f"web away for {_WEB_AWAY_SECONDS:.0f} s while {_UNCONFIRMED} orders are confirmed"
    return what, f"settled {time.monotonic() - began:.0f} s after", f"{lists} lists of checks", ""


def _baskets_that_ask(night: Night) -> Row:
    """Many guests at checkout at once: how often the POS is asked for what they ask."""
    before = _calls_that_ask(night)
    with ThreadPoolExecutor(max_workers=8) as pool:
        began = time.monotonic()
        answers = list(pool.map(lambda _: _ask(night), range(_BASKETS)))
    took = time.monotonic() - began
    assert set(answers) == {200}
    return (
        f"{_BASKETS} baskets with ask_pos",
        f"{_calls_that_ask(night) - before} calls to the POS",
        f"{took:.1f} s",
        "",
    )


def _no_worker(night: Night) -> Row:
    """Every worker dies and nobody starts another: how soon operators and guests can know."""
    night.system.kill_every_worker()
    began = time.monotonic()
    seen: dict[str, float] = {}
    while len(seen) < 2 and time.monotonic() - began < 300:
        if _readyz(night)["worker"] != "ok":
            seen.setdefault("readyz", time.monotonic() - began)
        if not _ordering(night)["ready"]:
            seen.setdefault("ordering", time.monotonic() - began)
        time.sleep(0.5)
    night.system.supervise()
    eventually(lambda: _ordering(night)["ready"], seconds=120)
    return ("no worker runs", *_said(seen, "readyz", "ordering"), "")


def _consent_withdrawn(night: Night) -> Row:
    """The venue ends its consent with a paid order waiting: how soon guests and venue can know."""
    night.system.revoke_tokens()
    began = time.monotonic()
    night.place()
    mails = night.system.up.folder / "mail"
    seen: dict[str, float] = {}
    while len(seen) < 2 and time.monotonic() - began < 300:
        if not _ordering(night)["ready"]:
            seen.setdefault("ordering", time.monotonic() - began)
        if any("reconnect Lightspeed" in path.read_text() for path in mails.glob("*")):
            seen.setdefault("mail", time.monotonic() - began)
        time.sleep(0.5)
    night.system.reconnect()
    eventually(lambda: has_settled(night.orders()), seconds=300)
    return ("the consent is withdrawn", *_said(seen, "ordering", "mail"), "")


def _said(seen: dict[str, float], first: str, second: str) -> tuple[str, str]:
    words = {"readyz": "/readyz", "ordering": "ready is false", "mail": "the venue's mail"}
    one, other = (
        f"{words[name]} {seen[name]:.0f} s" if name in seen else f"{words[name]} never" for name in (first, second)
    )
    return one, other


def _calls_that_ask(night: Night) -> int:
    calls: dict[str, int] = night.system.pos.state()["calls"]
    return sum(number for route, number in calls.items() if route.endswith(_ASKED))


def _ask(night: Night) -> int:
    up = night.system.up
    body = {"type": "pickup", "items": [{"sku": "FRIES01", "quantity": 1}], "ask_pos": True}
    headers = {"Authorization": f"Bearer {up.api_key}"}
    return requests.post(
        f"{up.url}/api/v1/venues/{up.venue}/basket", json=body, headers=headers, timeout=60
    ).status_code


def _ordering(night: Night) -> Any:
    up = night.system.up
    return requests.get(f"{up.url}/api/v1/venues/{up.venue}/menu", timeout=30).json()["ordering"]


def _readyz(night: Night) -> Any:
    return requests.get(f"{night.system.up.url}/readyz", timeout=30).json()
