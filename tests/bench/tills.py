"""Tills that are slow or silent: how many orders a second get onto them, and who has to wait for whom.

The POS is a stand-in that takes half a second for an order, or never answers. storekit runs as in production on one
machine, with one worker host, and is measured from outside only: so the same rows can be measured of an older commit.
"""

import contextlib
import json
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import requests

from storekit.demo import story
from tests.bench.slow_pos import SlowPos, running_slow_pos
from tests.support.processes import CODE, Worker
from tests.support.sandbox import eventually
from tests.support.stack import Stack, postgresql_and_redis

Row = tuple[str, str, str, str]
_VENUES, _ORDERS_EACH, _SECONDS_A_CALL = 6, 40, 0.5
_SILENT_ORDERS, _OTHER_ORDERS = 20, 20
_NOTIFICATIONS = 300
_REFUSALS = 21
_LARGE_MENU = 5000

# Runs inside storekit: links the venues to locations of the stand-in, with tokens that last.
_LINK = """
import json, sys
from datetime import timedelta
from django.utils import timezone
from integrations.models import Connection, LightspeedSettings, TokenPair
from storekit.models import Venue
now, found = timezone.now(), []
for number, slug in enumerate({slugs!r}):
    connection, _ = Connection.objects.update_or_create(venue=Venue.objects.get(slug=slug), defaults=dict(
        environment="sandbox", status="connected", business_location_id=str(1000 + number), connected_at=now,
        webhook_registered_at=now, webhook_checked_at=now))
    LightspeedSettings.objects.get_or_create(connection=connection)
    TokenPair.objects.update_or_create(connection=connection, defaults=dict(
        access_token="token", refresh_token="refresh", expires_at=now + timedelta(days=1)))
    found.append([str(connection.public_id), connection.webhook_username, connection.webhook_password])
print(json.dumps(found))
"""


@dataclass(frozen=True)
class _Venue:
    slug: str
    location: int
    api_key: str
    webhook: str
    credentials: tuple[str, str]


def rows() -> list[Row]:
    """Return what was measured of slow and silent tills, of notifications and of refusals."""
    return [
        *_slow_tills(),
        *_silent_pos(),
        *_notifications(),
        *_notifications_in_a_rush(),
        *_refusals(),
        *_beside_a_comparison(),
    ]


def _slow_tills() -> list[Row]:
    with _linked(_VENUES) as (up, pos, venues):
        pos.delay = _SECONDS_A_CALL
        with ThreadPoolExecutor(max_workers=8) as shops:
            list(shops.map(lambda venue: _place(up, venue), venues * _ORDERS_EACH))
        with _worker(up):
            eventually(lambda: len(pos.orders) == _VENUES * _ORDERS_EACH, seconds=300)
        times = sorted(pos.orders.values())
    rate = (len(times) - 1) / (times[-1] - times[0])
    what = f"tills that take {_SECONDS_A_CALL} s, {_VENUES} venues: orders onto the till"
    return [
        (what, f"{rate:.1f}/s", "", ""),
        ("  most calls at once of a venue", f"{max(pos.most_at_once.values())}", "", ""),
    ]


def _silent_pos() -> list[Row]:
    with _linked(2) as (up, pos, (silent, other)):
        pos.delay, pos.silent = _SECONDS_A_CALL, {silent.location}
        with _worker(up):
            _warm_up(up, pos, other)
            with ThreadPoolExecutor(max_workers=8) as shops:
                list(shops.map(lambda _: _place(up, silent), range(_SILENT_ORDERS)))
            placed = []
            for _ in range(_OTHER_ORDERS):
                placed.append((_place(up, other), time.time()))
                time.sleep(0.25)
            eventually(lambda: all(each in pos.orders for each, _ in placed), seconds=300)
    seconds = [pos.orders[reference] - at for reference, at in placed]
    what = f"another venue's order while {_SILENT_ORDERS} wait for a silent POS"
    return [(what, f"{statistics.median(seconds):.2f} s", f"{statistics.quantiles(seconds, n=20)[-1]:.2f} s", "")]


def _notifications() -> list[Row]:
    with _linked(1) as (up, _, (venue,)):
        with ThreadPoolExecutor(max_workers=8) as shops:
            references = list(shops.map(lambda _: _place(up, venue), range(_NOTIFICATIONS)))
        with _worker(up):
            eventually(lambda: _count(up, "accepted") == _NOTIFICATIONS, seconds=300)
        for reference in references:
            _notify(up, venue, {"status": "SUCCESS", "thirdPartyReference": reference, "type": "ORDER"})
        with _worker(up):
            eventually(lambda: _count(up, "confirmed") == _NOTIFICATIONS, seconds=300)
        first, last = _span(up)
    rate = (_NOTIFICATIONS - 1) / (last - first)
    return [("notifications processed, confirmations", f"{rate:.0f}/s", "", "")]


def _notifications_in_a_rush() -> list[Row]:
    """Confirmations of earlier orders arrive while as many new ones wait for tills that take their time."""
    with _linked(_VENUES) as (up, pos, venues):
        with ThreadPoolExecutor(max_workers=8) as shops:
            references = list(shops.map(lambda venue: _place(up, venue), venues * _ORDERS_EACH))
        with _worker(up):
            eventually(lambda: _count(up, "accepted") == len(references), seconds=300)
        pos.delay = _SECONDS_A_CALL
        with ThreadPoolExecutor(max_workers=8) as shops:
            rush = list(shops.map(lambda venue: _place(up, venue), venues * _ORDERS_EACH))
        for reference, venue in zip(references, venues * _ORDERS_EACH, strict=True):
            _notify(up, venue, {"status": "SUCCESS", "thirdPartyReference": reference, "type": "ORDER"})
        with _worker(up):
            eventually(lambda: _count(up, "confirmed") == len(references), seconds=300)
            first, last = _span(up)
            sent = [at for reference, at in pos.orders.items() if reference in set(rush) and at <= last]
    seconds = last - min(first, *sent)
    return [
        ("confirmations while orders go onto tills that take 0.5 s", f"{len(references) / seconds:.1f}/s", "", ""),
        ("  orders sent meanwhile", f"{len(sent) / seconds:.1f}/s", "", ""),
    ]


def _refusals() -> list[Row]:
    # Three at each venue: from the fourth on, a rush's failures are told together.
    with _linked(_REFUSALS // 3) as (up, pos, venues), _worker(up):
        _warm_up(up, pos, venues[0])
        mail, seconds = up.folder / "mail", []
        for venue in venues * 3:
            reference = _place(up, venue)
            eventually(lambda reference=reference: reference in pos.orders, seconds=60)  # type: ignore[misc]
            before, refused_at = set(_mails(mail)), time.time()
            _notify(
                up, venue, {"type": "ORDER", "status": "FAILURE", "thirdPartyReference": reference, "reason": "No."}
            )
            written = eventually(lambda before=before: set(_mails(mail)) - before, seconds=120)  # type: ignore[misc]
            seconds.append(min(path.stat().st_mtime for path in written) - refused_at)
    median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    return [("refused by the till to the venue's e-mail", f"{median:.2f} s", f"{p95:.2f} s", "")]


def _beside_a_comparison() -> list[Row]:
    with _linked(1, products=_LARGE_MENU) as (up, pos, (venue,)), _worker(up):
        _warm_up(up, pos, venue)
        pos.delay = 0.3
        _run(
            up,
            "shell",
            "-c",
            "from integrations.models import *; from django_q.tasks import async_task; "
            "from menus.models import StockWatch; from django.utils import timezone; "
            "from storekit.models import Venue; v = Venue.objects.get(slug='venue0'); "
            "StockWatch.objects.update_or_create(venue=v, defaults={'due_at': timezone.now(), 'lease_until': None}); "
            "async_task('menus.tasks.reconcile', v.pk)",
        )
        before = pos.availability_calls
        eventually(lambda: pos.availability_calls > before, seconds=60)
        placed = [(_place(up, venue), time.time()) for _ in range(_OTHER_ORDERS)]
        eventually(lambda: all(each in pos.orders for each, _ in placed), seconds=300)
    seconds = [pos.orders[reference] - at for reference, at in placed]
    what = f"order to till while {_LARGE_MENU} items are compared with it"
    return [(what, f"{statistics.median(seconds):.2f} s", f"{statistics.quantiles(seconds, n=20)[-1]:.2f} s", "")]


# --- storekit --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _linked(count: int, *, products: int = 20) -> Iterator[tuple[Stack, SlowPos, list[_Venue]]]:
    """Run storekit without a worker, and with so many venues linked to the slow POS, their menus synced."""
    with (
        running_slow_pos(products=products) as pos,
        postgresql_and_redis(has_worker=False, connects=False, settings={"LIGHTSPEED_API_URL": pos.url}) as up,
    ):
        slugs = [f"venue{number}" for number in range(count)]
        keys = [_create(up, slug) for slug in slugs]
        links = json.loads(_run(up, "shell", "-v", "0", "-c", _LINK.format(slugs=slugs)).splitlines()[-1])
        for slug in slugs:
            _run(up, "sync_menu", slug)
        yield (
            up,
            pos,
            [
                _Venue(
                    slug, 1000 + number, keys[number], f"{up.url}/webhooks/lightspeed/{link[0]}/", (link[1], link[2])
                )
                for number, (slug, link) in enumerate(zip(slugs, links, strict=True))
            ],
        )


def _create(up: Stack, slug: str) -> str:
    options = ("--timezone", "Europe/London", "--country", "GB", "--currency", "GBP", "--email", "bench@example.com")
    printed = _run(up, "create_venue", "--slug", slug, "--name", slug, *options)
    return str(json.loads(printed.splitlines()[-1])["api_key"])


def _run(up: Stack, *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=CODE, env=dict(up.environment), capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[:2])} failed:\n{done.stderr[-2000:]}")
    return done.stdout


@contextlib.contextmanager
def _worker(up: Stack) -> Iterator[None]:
    worker = Worker(up.environment)
    try:
        yield
    finally:
        worker.kill()


def _warm_up(up: Stack, pos: SlowPos, venue: _Venue) -> None:
    first = _place(up, venue)
    eventually(lambda: first in pos.orders, seconds=60)


def _place(up: Stack, venue: _Venue) -> str:
    """Place a paid pickup order; return the reference under which the POS gets it."""
    order = _order_for(up, venue)
    placed = story.place_order(url=up.url, venue=venue.slug, api_key=venue.api_key, order=order)
    return str(placed["pos"]["reference"])


_orders: dict[str, dict[str, object]] = {}


def _order_for(up: Stack, venue: _Venue) -> dict[str, object]:
    key = f"{up.url} {venue.slug}"
    if key not in _orders:
        menu = story.read_menu(url=up.url, venue=venue.slug)
        product = next(each for each in menu["products"] if each["kind"] == "item" and _asks_nothing(menu, each))
        _orders[key] = {
            "type": "pickup",
            "customer": {"first_name": "Ada"},
            "items": [{"product": product["id"], "quantity": 1}],
            "payment": {"status": "paid", "reference": "bench", "amount": product["price"]},
        }
    return _orders[key]


def _asks_nothing(menu: dict[str, list[dict[str, object]]], product: dict[str, object]) -> bool:
    required = {group["id"] for group in menu["modifier_groups"] if group["min"]}
    return not required & set(product["modifier_groups"])  # type: ignore[call-overload]


def _notify(up: Stack, venue: _Venue, body: dict[str, str]) -> None:
    body |= {"businessLocationId": str(venue.location), "ikentooAccountIdentifier": f"A{uuid.uuid4().int % 10**9}.1"}
    requests.post(venue.webhook, json=body, auth=venue.credentials, timeout=30).raise_for_status()


def _count(up: Stack, state: str) -> int:
    (found,) = _query(up, "SELECT count(*) FROM orders_injection WHERE state = %s", state)
    assert isinstance(found, int)
    return found


def _span(up: Stack) -> tuple[float, float]:
    """Return when the first and the last notification were processed, in POSIX seconds."""
    first, last = _query(up, "SELECT min(processed_at), max(processed_at) FROM integrations_notification")
    return _posix(first), _posix(last)


def _posix(moment: object) -> float:
    assert isinstance(moment, datetime)
    return moment.timestamp()


def _query(up: Stack, sql: str, *values: object) -> Sequence[object]:
    with psycopg.connect(up.environment["DATABASE_URL"]) as connection:
        found = connection.execute(sql, values).fetchone()
        assert found is not None
        return found


def _mails(folder: Path) -> list[Path]:
    return list(folder.glob("*")) if folder.exists() else []
