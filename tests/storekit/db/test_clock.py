"""The clock that all hosts share: what one host queues is due on every other, whatever its own clock says."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import DatabaseError, connection

from orders.injection import send
from orders.models import Injection
from storekit.db import clock, due_rows
from tests import factories

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)


class Database:
    """Says how far this host is ahead of it."""

    def __init__(self) -> None:
        self.host_is_ahead, self.asked = 0.0, 0

    def seconds_ahead(self) -> float:
        self.asked += 1
        if self.host_is_ahead == float("inf"):
            raise DatabaseError("away")
        return self.host_is_ahead


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    found = Database()
    monkeypatch.setattr(settings, "FOLLOW_DATABASE_CLOCK", True)
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(clock, "_difference", clock._Difference())
    monkeypatch.setattr(clock, "seconds_ahead_of_database", found.seconds_ahead)
    return found


def test_the_database_decides_and_is_asked_seldom(database: Database) -> None:
    database.host_is_ahead = 60.0
    with time_machine.travel(NOW, tick=False):
        assert {clock.now() for _ in range(3)} == {NOW - timedelta(minutes=1)}
    assert database.asked == 1


def test_a_clock_that_is_set_while_the_process_runs_is_compared_at_once(database: Database) -> None:
    with time_machine.travel(NOW, tick=False) as wall:
        assert clock.now() == NOW
        database.host_is_ahead = 7200.0
        wall.shift(7200)
        assert clock.now() == NOW


@pytest.mark.parametrize("found", [0.4, float("inf")])
def test_noise_and_a_database_that_is_away_change_nothing(database: Database, found: float) -> None:
    database.host_is_ahead = found
    with time_machine.travel(NOW, tick=False):
        assert (clock.now(), clock.now()) == (NOW, NOW)
    assert database.asked == 1


@pytest.mark.django_db
def test_an_order_from_a_web_host_a_minute_ahead_is_due_on_a_worker_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.host_is_ahead = 60.0
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        factories.OrderFactory()
        Injection.objects.update(next_attempt_at=due_rows.due_now())
    monkeypatch.setattr(clock, "_difference", clock._Difference())
    database.host_is_ahead = -60.0
    with time_machine.travel(NOW - timedelta(minutes=1), tick=False):
        assert send.enqueue_due() == 1
