"""When a venue's stock is due to be reconciled with its POS."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from integrations.models import Connection, Notification, SyncRun
from menus.models import StockWatch
from menus.stock.reconciliation import enqueue_due, reconcile, request
from menus.stock.reservations import take_stock
from storekit.models import Venue
from tests import factories
from tests.menus.stock.conftest import EVENING, StockedPos
from tests.menus.stocked import orderable

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def menu(connected_menu: Venue) -> Venue:
    return connected_menu


def queued() -> int:
    return OrmQ.objects.count()


def compared(venue: Venue, *, minutes_ago: float) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    StockWatch.objects.update_or_create(venue=venue, defaults={"compared_at": at, "due_at": None})


def test_a_newly_connected_venue_is_due(menu: Venue) -> None:
    assert enqueue_due() == 1
    compared(menu, minutes_ago=1)
    assert enqueue_due() == 0
    Connection.objects.update(connected_at=EVENING)
    assert enqueue_due() == 1


def test_a_venue_is_due_after_a_menu_sync(menu: Venue, connection: Connection) -> None:
    compared(menu, minutes_ago=5)
    run = {"connection": connection, "kind": "menu", "lease_until": EVENING}
    SyncRun.objects.create(**run, state="failed", finished_at=EVENING)
    SyncRun.objects.create(**run, state="succeeded", finished_at=EVENING - timedelta(minutes=6))
    assert enqueue_due() == 0
    SyncRun.objects.create(**run, state="succeeded", finished_at=EVENING)
    assert enqueue_due() == 1


@pytest.mark.parametrize(
    ("compared_ago", "notified_ago", "ready", "due"),
    [
        (16, None, True, 1),
        (16, 16, True, 1),
        (16, 3, True, 0),
        (14, None, True, 0),
        (16, 16, False, 1),
        (16, 16, None, 1),
    ],
)
def test_a_venue_is_due_after_a_silent_quarter_of_an_hour_even_if_its_pos_is_not_ready(
    menu: Venue, connection: Connection, compared_ago: int, notified_ago: int | None, ready: bool | None, due: int
) -> None:
    compared(menu, minutes_ago=compared_ago)
    Connection.objects.update(pos_ready=ready)
    if notified_ago is not None:
        Notification.objects.create(connection=connection, type="ORDER", fingerprint="1", body={})
        Notification.objects.update(received_at=EVENING - timedelta(minutes=notified_ago))

    assert enqueue_due() == due


def test_a_venue_is_due_if_an_order_never_reached_the_pos_count_despite_other_notifications(
    menu: Venue, pos: StockedPos, connection: Connection, clock: time_machine.Traveller
) -> None:
    pos.left = {"SALAD": 5}
    reconcile(venue=menu)
    take_stock(venue=menu, quantities={"SALAD": 5})
    clock.shift(timedelta(minutes=9))
    Notification.objects.create(connection=connection, type="ORDER", fingerprint="1", body={})
    assert (enqueue_due(), orderable(menu)["SALAD"]) == (0, False)

    clock.shift(timedelta(minutes=1))
    assert enqueue_due() == 1
    reconcile(venue=menu)
    assert (enqueue_due(), orderable(menu)["SALAD"]) == (0, True)


def test_a_venue_is_due_once_its_webhook_is_registered_again(
    menu: Venue, pos: StockedPos, connection: Connection, clock: time_machine.Traveller
) -> None:
    reconcile(venue=menu)
    Notification.objects.create(connection=connection, type="ORDER", fingerprint="1", body={})
    assert enqueue_due() == 0
    clock.shift(timedelta(seconds=1))
    Connection.objects.update(webhook_registered_at=datetime.now(UTC))

    assert enqueue_due() == 1
    clock.shift(timedelta(seconds=1))
    reconcile(venue=menu)
    assert enqueue_due() == 0


def test_a_request_makes_a_venue_due_and_queues_it(menu: Venue, django_capture_on_commit_callbacks: Any) -> None:
    compared(menu, minutes_ago=1)
    with django_capture_on_commit_callbacks(execute=True):
        request(venue=menu)

    assert queued() == 1
    assert enqueue_due() == 1, "even if the task got lost"


def test_a_disabled_connection_is_never_due(menu: Venue) -> None:
    StockWatch.objects.create(venue=menu, due_at=EVENING)
    Connection.objects.update(enabled=False)
    assert enqueue_due() == 0


def test_finding_due_venues_takes_two_queries_however_many_there_are(menu: Venue) -> None:
    for _ in range(5):
        factories.ConnectionFactory()
    StockWatch.objects.bulk_create(StockWatch(venue=venue, compared_at=EVENING) for venue in Venue.objects.all())
    with CaptureQueriesContext(database) as queries:
        enqueue_due()
    assert len(queries) == 2
