"""With Redis stopped everything that guests and staff see goes on, slower; with Redis back it is used again."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache, caches
from django.core.cache.backends.base import BaseCache
from django.test import Client
from django_q.brokers import get_broker
from django_q.conf import Conf
from pytest_django import Settings

from integrations.connect.oauth_state import UnknownState, remember_consent, take_consent
from menus.storefront import published
from menus.versions import raise_version
from storekit.db.due_rows import enqueue
from storekit.models import User, Venue
from storekit.queue.redis_broker import PatientRedisBroker
from storekit.redis_client.cache import RedisCacheWithStandIn
from storekit.redis_client.options import STAND_IN, connection_options
from tests.menus.snapshots import BURGER_MENU, sync_snapshot
from tests.support.redis import RedisServer, redis_server

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
MENU = "/api/v1/venues/copper-pot/menu"
AVAILABILITY = "/api/v1/venues/copper-pot/availability"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture(autouse=True)
def redis(server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> RedisServer:
    """A running, empty Redis that storekit uses for cache and queue."""
    server.stop()
    server.start()
    in_database = settings.CACHES["default"]
    settings.REDIS_URL = server.url
    settings.CACHES = {
        "default": {
            "BACKEND": "storekit.redis_client.cache.RedisCacheWithStandIn",
            "LOCATION": server.url,
            "OPTIONS": connection_options(),
        },
        STAND_IN: in_database,
    }
    monkeypatch.setattr(Conf, "BROKER_CLASS", "storekit.queue.redis_broker.PatientRedisBroker")
    RedisCacheWithStandIn._away_until.clear()
    caches[STAND_IN].clear()
    return server


@pytest.fixture
def menu(venue: Venue) -> Venue:
    sync_snapshot(venue, BURGER_MENU)
    return venue


def log_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": "anna@copper-pot.example", "password": password})


def change_menu(venue: Venue) -> None:
    """Do what makes every copy of the menu out of date."""
    raise_version(menu=venue.menu)
    published.menu_cache.clear()


def test_the_menu_and_the_availability_are_read_without_redis_also_after_the_next_change(
    client: Client, menu: Venue, redis: RedisServer
) -> None:
    before = client.get(MENU).json()
    assert client.get(AVAILABILITY).status_code == 200
    redis.stop()

    for _ in range(2):
        change_menu(menu)
        answer = client.get(MENU)
        assert answer.status_code == 200
        assert answer.json()["products"] == before["products"]
        assert client.get(AVAILABILITY).json()["version"] == answer.json()["version"]


def test_staff_log_in_without_redis(client: Client, anna: User, redis: RedisServer) -> None:
    redis.stop()

    assert log_in(client).headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_wrong_passwords_are_counted_without_redis(client: Client, anna: User, redis: RedisServer) -> None:
    redis.stop()
    for _ in range(5):
        log_in(client, password="wrong")

    answer = log_in(client)

    assert answer.status_code == 200
    assert b"Too many failed" in answer.content


def test_a_consent_is_still_used_once_without_redis(redis: RedisServer) -> None:
    redis.stop()
    session = SessionStore()
    pending = remember_consent(session=session, venue_slug="copper-pot")
    at_the_same_moment = SessionStore()
    at_the_same_moment.update(dict(session.items()))

    assert take_consent(session=session, state=pending.state) == pending
    with pytest.raises(UnknownState):
        take_consent(session=at_the_same_moment, state=pending.state)


def test_every_operation_of_the_cache_goes_on_without_redis(redis: RedisServer) -> None:
    redis.stop()

    cache.set("a", 1)
    cache.set_many({"b": 2, "c": [3]})
    assert cache.get_many(["a", "b", "c", "d"]) == {"a": 1, "b": 2, "c": [3]}
    assert (cache.incr("a"), cache.decr("b"), cache.get_or_set("d", 4)) == (2, 1, 4)
    assert (cache.touch("a", 60), cache.has_key("a"), cache.delete("a"), "a" in cache) == (True, True, True, False)
    cache.delete_many(["b", "c"])
    assert cache.get("c") is None
    cache.clear()
    assert cache.get("d") is None
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")


def test_no_operation_of_a_cache_is_left_without_a_stand_in() -> None:
    inherited = {name for name in vars(RedisCacheWithStandIn.__mro__[1]) if not name.startswith("_")}

    assert inherited - set(vars(RedisCacheWithStandIn)) == {"get_backend_timeout"}
    assert issubclass(RedisCacheWithStandIn, BaseCache)


def test_redis_is_left_alone_for_a_few_seconds_after_it_failed_and_then_used_again(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("storekit.redis_client.cache.time", SimpleNamespace(monotonic=lambda: now))
    redis.stop()
    cache.set("greeting", "from the database")
    redis.start()

    now = 1004.9
    assert cache.get("greeting") == "from the database"
    now = 1005.1
    assert cache.get("greeting") is None
    cache.set("greeting", "from Redis")
    assert cache.get("greeting") == "from Redis"
    assert caches[STAND_IN].get("greeting") == "from the database"


def test_a_restart_of_redis_is_no_failed_command(redis: RedisServer) -> None:
    broker = get_broker()
    assert isinstance(broker, PatientRedisBroker)
    cache.set("greeting", "hello")
    broker.enqueue("a task")
    redis.stop()
    redis.start()

    cache.set("greeting", "hello again")
    broker.enqueue("another task")

    assert cache.get("greeting") == "hello again"
    assert broker.queue_size() == 1
    assert not RedisCacheWithStandIn._away_until, "the stand-in was used"


def test_queueing_a_task_without_redis_fails_soon_and_says_so(redis: RedisServer) -> None:
    redis.stop()

    assert enqueue("orders.tasks.sweep_alerts") is False


def test_a_redis_that_never_answers_is_given_up_like_one_that_is_stopped(
    client: Client, anna: User, menu: Venue, redis: RedisServer
) -> None:
    redis.freeze()
    begun = time.monotonic()

    assert client.get(MENU).status_code == 200
    assert client.get(AVAILABILITY).status_code == 200
    assert log_in(client).headers["Location"] == "/admin/"
    assert enqueue("orders.tasks.sweep_alerts") is False
    assert client.get("/readyz").json()["cache"].startswith("not in order: TimeoutError")

    # Two seconds each for the cache, the queue, and the two questions of /readyz; by itself redis-py waits for ever.
    assert time.monotonic() - begun < 20


def test_readyz_says_that_redis_is_away(client: Client, redis: RedisServer) -> None:
    assert client.get("/readyz").json()["cache"] == "ok"
    redis.stop()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        **dict.fromkeys(("database", "migrations", "worker", "sweep", "orders", "clock"), "ok"),
        "cache": "not in order: ConnectionError, so the database stands in for Redis, and pages are slower",
        "queue": "not in order: ConnectionError",
    }
    redis.start()
    assert client.get("/readyz").status_code == 200


def test_the_log_says_that_redis_is_away_without_its_address(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    redis.stop()

    cache.get("greeting")

    assert "Redis is away (ConnectionError): the database stands in as the cache" in caplog.text
    assert redis.url.rpartition("/")[0].rpartition(":")[2] not in caplog.text
