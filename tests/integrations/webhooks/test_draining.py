"""A venue's notifications are processed in batches, in the order in which they came, without a task for each."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from integrations.models import Connection, Notification
from integrations.pos import OrderUpdate
from integrations.webhooks import ledger
from storekit.models import Venue
from storekit.queue.registry import NOTIFICATION_HANDLERS
from tests import factories
from tests.integrations.webhooks.notifications import DRAIN_TASK, order_body, queued


class Handlers:
    """Stands for what handles orders: remembers the references in order, and fails for those it is told."""

    def __init__(self) -> None:
        self.references: list[str] = []
        self.failing: set[str] = set()

    def __call__(self, venue: Venue, update: OrderUpdate) -> str:
        self.references.append(update.reference)
        if update.reference in self.failing:
            raise LookupError("no such order yet")
        return "confirmed"


handlers = Handlers()


@pytest.fixture
def drained(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    handlers.__init__()  # type: ignore[misc]
    monkeypatch.setitem(NOTIFICATION_HANDLERS, "ORDER", f"{__name__}.handlers")
    return handlers


def arrive(connection: Connection, *references: str) -> None:
    for reference in references:
        ledger.receive(connection=connection, body=order_body(connection, thirdPartyReference=reference))


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_notifications_needs_one_task(connection: Connection) -> None:
    arrive(connection, "first", "second", "third")
    assert queued() == [(DRAIN_TASK, connection.venue_id)]


@pytest.mark.django_db(transaction=True)
def test_notifications_whose_task_died_are_queued_with_the_next_tick(connection: Connection) -> None:
    arrive(connection, "first")
    OrmQ.objects.all().delete()
    arrive(connection, "second")
    assert queued() == []
    now = timezone.now()
    ledger.enqueue_newly_due(since=now - timedelta(seconds=2), until=now)
    assert queued() == [(DRAIN_TASK, connection.venue_id)]


def test_draining_processes_everything_in_the_order_in_which_it_came(
    connection: Connection, drained: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_BATCH", 2)
    arrive(connection, "a", "b", "c", "d", "e")
    assert ledger.drain(venue_id=connection.venue_id) == 5
    assert drained.references == ["a", "b", "c", "d", "e"]
    assert Notification.objects.filter(result="confirmed", next_attempt_at=None).count() == 5
    assert ledger.drain(venue_id=connection.venue_id) == 0


def test_one_that_fails_holds_up_no_other(connection: Connection, drained: Handlers) -> None:
    drained.failing.add("b")
    arrive(connection, "a", "b", "c")
    ledger.drain(venue_id=connection.venue_id)
    assert drained.references == ["a", "b", "c"]
    assert Notification.objects.get(processed_at=None).reference == "b"


def test_draining_one_venue_leaves_the_others_alone(connection: Connection, drained: Handlers) -> None:
    other = factories.ConnectionFactory()
    arrive(connection, "ours")
    arrive(other, "theirs")
    ledger.drain(venue_id=connection.venue_id)
    assert drained.references == ["ours"]


def test_what_another_worker_has_claimed_is_left_to_it(connection: Connection, drained: Handlers) -> None:
    arrive(connection, "a")
    assert ledger._claim([Notification.objects.get().pk])
    assert ledger.drain(venue_id=connection.venue_id) == 0
