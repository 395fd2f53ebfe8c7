"""A worker's heartbeat, by the database's clock: read by /readyz, the home page and the storefront's menu."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from integrations.models import Connection
from menus.storefront.published import find_edition, find_in_memory
from orders import tasks as orders_tasks
from orders.models import Injection
from storekit import tasks
from storekit.models import User, Venue, WorkerBeat
from storekit.queue import heartbeat
from storekit.queue.heartbeat import worker_health
from tests.integrations.connect.test_readiness import URL
from tests.menus.snapshots import BURGER_MENU, sync_snapshot
from tests.storekit.rows import make_order

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOTHING_IS_SENT = {"ready": False, "reason": "Online ordering is not available at the moment."}


def let_workers_be_away(**since: float) -> None:
    WorkerBeat.objects.update(beat_at=Now() - timedelta(**since), swept_at=Now() - timedelta(**since))


@pytest.fixture
def menu(venue: Venue, connection: Connection, client: Client) -> Callable[[], Any]:
    """Reads the menu's `ordering`, twice: built, and from memory."""
    cache.clear()
    sync_snapshot(venue, BURGER_MENU)

    def ordering() -> Any:
        built, remembered = client.get(URL).json()["ordering"], client.get(URL).json()["ordering"]
        assert built == remembered
        return built

    return ordering


def queued() -> list[str]:
    broker = get_broker()
    found = []
    while package := broker.dequeue():
        ((identifier, task),) = package
        broker.acknowledge(identifier)
        found.append(SignedPackage.loads(task)["func"])
    return found


def test_a_beat_says_that_a_worker_runs(db: None) -> None:
    WorkerBeat.objects.all().delete()
    assert not worker_health().alive

    tasks.beat()
    tasks.beat()
    orders_tasks.sweep_injections()

    health = worker_health()
    assert (health.alive, health.sweeps, health.clock_is_right) == (True, True, True)
    assert WorkerBeat.objects.count() == 1


@pytest.mark.parametrize(("seconds", "alive"), [(0, True), (55, True), (61, False), (-55, True), (-61, False)])
def test_a_worker_that_has_not_beaten_for_a_minute_counts_as_gone(seconds: int, alive: bool, menu: Any) -> None:
    let_workers_be_away(seconds=seconds)

    assert worker_health().alive is alive
    assert menu()["ready"] is alive


def test_a_host_whose_clock_is_wrong_is_alive_and_said_to_be_wrong(client: Client) -> None:
    with time_machine.travel(LONG_AGO, tick=False):
        tasks.beat()
        assert worker_health().alive
    WorkerBeat.objects.update(clock_ahead=-61.4)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    words = answer.json()
    assert words["worker"] == "ok"
    assert words["clock"] == "not in order: the clock of a host is 61 s behind the database's"
    assert client.get("/readyz/figures").json()["worker_clock_ahead"] == -61.4


def test_the_ticker_queues_a_beat_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [1000.0]
    monkeypatch.setattr(heartbeat, "_last_queued", [])
    monkeypatch.setattr("storekit.queue.heartbeat.time.monotonic", lambda: seconds[0])
    queued()
    for _ in range(10):
        heartbeat.enqueue_beat(since=timezone.now(), until=timezone.now())
        seconds[0] += 2

    assert queued() == ["storekit.tasks.beat"] * 2


def test_hosts_that_have_had_no_worker_for_a_day_are_forgotten(db: None) -> None:
    let_workers_be_away(hours=25)
    tasks.beat()

    tasks.forget_old_rows()

    assert worker_health().alive
    assert WorkerBeat.objects.count() == 1


def test_the_menu_says_that_ordering_is_off_while_no_worker_runs(menu: Any, client: Client) -> None:
    before = client.get(URL)
    assert menu() == {"ready": True, "reason": None}

    let_workers_be_away(seconds=61)
    away = client.get(URL, headers={"if-none-match": before["ETag"]})
    assert (away.status_code, away.json()["ordering"]) == (200, NOTHING_IS_SENT)
    assert menu() == NOTHING_IS_SENT

    tasks.beat()
    assert client.get(URL, headers={"if-none-match": before["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "change",
    [
        {"status": Connection.Status.RECONNECT_NEEDED},
        {"status": Connection.Status.DISCONNECTED},
        {"status": Connection.Status.CHOOSING_LOCATION},
        {"enabled": False},
    ],
)
def test_the_menu_says_that_ordering_is_off_while_orders_could_not_be_sent(menu: Any, change: dict[str, Any]) -> None:
    Connection.objects.update(**change)
    assert menu() == NOTHING_IS_SENT


def test_the_fast_query_and_the_other_one_agree(venue: Venue, menu: Any) -> None:
    options: dict[str, Any] = {"slug": venue.slug, "lang": "", "accept_language": ""}
    for seconds in (0, 61):
        let_workers_be_away(seconds=seconds)
        fast, _ = find_in_memory(type=find_edition(slug=venue.slug).type, **options)
        assert fast == find_edition(slug=venue.slug)
        assert bool(fast.not_ready_reason) is bool(seconds)


def test_readyz_says_for_how_long_no_worker_has_run(client: Client, venue: Venue) -> None:
    let_workers_be_away(seconds=330)
    make_order(venue, state=Injection.State.WAITING, next_attempt_at=timezone.now() - timedelta(seconds=300))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        **dict.fromkeys(("database", "migrations", "cache", "queue", "clock"), "ok"),
        "worker": (
            "not in order: no worker has run for 330 s, so orders are not being sent. Run: python manage.py qcluster"
        ),
        "sweep": "not in order: no worker has looked for due orders for 330 s",
        "orders": "not in order: an order has been due for 300 s, and no worker has tried to send it",
    }
    figures = client.get("/readyz/figures").json()
    assert figures["last_beat"] == pytest.approx(330, abs=2)
    assert figures["last_sweep"] == pytest.approx(330, abs=2)
    assert figures["oldest_due_order"] == pytest.approx(300, abs=2)
    assert figures["worker_clock_ahead"] == 0
    assert abs(figures["web_clock_ahead"]) < 1


def test_orders_of_a_killed_worker_are_among_those_that_wait(client: Client, venue: Venue) -> None:
    assert client.get("/readyz/figures").json()["oldest_due_order"] is None
    lease = timezone.now() - timedelta(seconds=200)
    make_order(venue, state=Injection.State.SENDING, lease_until=lease)
    make_order(venue, state=Injection.State.WAITING, next_attempt_at=timezone.now() + timedelta(hours=1))

    assert client.get("/readyz/figures").json()["oldest_due_order"] == pytest.approx(200, abs=2)
    assert "due for 200 s" in client.get("/readyz").json()["orders"]


def test_home_says_in_red_that_nothing_is_sent_and_claims_no_retries(
    annas_browser: Client, anna: User, venue: Venue, connection: Connection
) -> None:
    make_order(venue, state=Injection.State.WAITING, next_attempt_at=timezone.now() - timedelta(minutes=5))
    said = annas_browser.get("/admin/").content.decode()
    assert "Sending orders" in said
    assert "Its clock is right" in said
    assert "Its next attempt has been due since" in said
    assert "keeps trying automatically" in said

    let_workers_be_away(seconds=330)

    said = annas_browser.get("/admin/").content.decode()
    assert "Orders are not being sent: the worker is not running" in said
    assert "It was last seen 5 minutes ago" in said
    assert "1 thing needs attention" in said
    assert "automatically" not in said
    assert "Sending orders" not in said


def test_home_says_that_due_orders_are_not_looked_for(annas_browser: Client, venue: Venue) -> None:
    WorkerBeat.objects.update(swept_at=Now() - timedelta(minutes=4))
    assert "Due orders are not being looked for" in annas_browser.get("/admin/").content.decode()


def test_home_says_that_a_workers_clock_is_wrong(annas_browser: Client, venue: Venue) -> None:
    WorkerBeat.objects.update(clock_ahead=7200)
    assert "Its clock is 7200 seconds ahead" in annas_browser.get("/admin/").content.decode()
