"""Rows that become due between two sweeps are queued within two seconds, once; nothing is written while none is due."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.module_loading import import_string

from integrations.models import Connection, Notification
from integrations.webhooks.ledger import enqueue_newly_due as enqueue_due_notifications
from menus.snoozes.service import enqueue_newly_due as enqueue_due_snoozes
from orders import polling
from orders.injection.confirmation_checks import GRACE
from orders.models import Alert, Injection
from orders.polling import enqueue_newly_due
from storekit.queue.clock_steps import put_right_now_and_then
from storekit.queue.heartbeat import enqueue_beat
from storekit.queue.registry import TICKS
from tables.payments.polling import enqueue_newly_due as enqueue_due_payments
from tests import factories
from tests.orders.sending import NOW, queued

State = Injection.State
SECOND = timedelta(seconds=1)
WINDOW: dict[str, Any] = {"since": NOW - 2 * SECOND, "until": NOW}


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ({"next_attempt_at": NOW}, "inject"),
        ({"next_attempt_at": NOW - SECOND}, "inject"),
        ({"next_attempt_at": NOW - 2 * SECOND}, None),
        ({"next_attempt_at": NOW + SECOND}, None),
        ({"next_attempt_at": None}, None),
        ({"state": State.SCHEDULED, "next_attempt_at": NOW}, "inject"),
        ({"state": State.SENDING, "next_attempt_at": None, "lease_until": NOW}, "inject"),
        ({"state": State.SENDING, "next_attempt_at": None, "lease_until": NOW + SECOND}, None),
        ({"state": State.FAILED, "next_attempt_at": NOW}, None),
        ({"state": State.ACCEPTED, "next_attempt_at": None, "deliver_by": NOW - GRACE}, "look_for_order"),
        ({"state": State.ACCEPTED, "next_attempt_at": None, "deliver_by": NOW - GRACE + SECOND}, None),
        ({"state": State.ACCEPTED, "next_attempt_at": None, "deliver_by": NOW - timedelta(hours=1)}, None),
        (
            {
                "state": State.ACCEPTED,
                "next_attempt_at": None,
                "deliver_by": NOW - timedelta(hours=1),
                "lease_until": NOW,
            },
            "look_for_order",
        ),
        ({"state": State.CONFIRMED, "next_attempt_at": None, "deliver_by": NOW - GRACE}, None),
    ],
)
def test_rows_that_became_due_since_the_last_poll_are_queued(
    waiting: Injection, columns: dict[str, Any], task: str | None
) -> None:
    Injection.objects.update(**columns)
    assert enqueue_newly_due(**WINDOW) == (1 if task else 0)
    assert queued() == ([(f"orders.tasks.{task}", waiting.pk)] if task else [])


def test_due_alerts_are_queued(waiting: Injection) -> None:
    Injection.objects.update(next_attempt_at=None)
    due = Alert.objects.create(order=waiting.order, channel="email", about="failed", next_attempt_at=NOW)
    Alert.objects.create(order=waiting.order, channel="till", about="failed", next_attempt_at=NOW + SECOND)
    Alert.objects.create(order=waiting.order, channel="till", about="cancelled", next_attempt_at=None)
    assert enqueue_newly_due(**WINDOW) == 1
    assert queued() == [("orders.tasks.send_alert", due.pk)]


def test_due_notifications_are_queued(connection: Connection) -> None:
    received = {"type": "ORDER", "status": "SUCCESS", "next_attempt_at": NOW, "body": {}}
    others: list[dict[str, Any]] = [
        {"next_attempt_at": NOW + SECOND},
        {"next_attempt_at": None},
        {"processed_at": NOW},
        {"type": "SOMETHING_NEW"},
    ]
    for number, columns in enumerate([{}, *others]):
        Notification.objects.create(connection=connection, fingerprint=str(number), **{**received, **columns})
    assert enqueue_due_notifications(**WINDOW) == 1
    assert queued() == [("integrations.tasks.drain_notifications", connection.venue_id)]


def test_consecutive_windows_queue_a_row_once(waiting: Injection) -> None:
    Injection.objects.update(next_attempt_at=NOW)
    for step in range(-3, 4):
        enqueue_newly_due(since=NOW + (step - 1) * SECOND, until=NOW + step * SECOND)
    assert len(queued()) == 1


def test_a_poll_is_bounded(waiting: Injection, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        factories.OrderFactory(venue=waiting.order.venue)
    Injection.objects.update(next_attempt_at=NOW)
    monkeypatch.setattr(polling, "_MOST_PER_POLL", 2)
    assert enqueue_newly_due(**WINDOW) == 2


def test_a_poll_only_reads_while_nothing_is_due(waiting: Injection, django_assert_num_queries: Any) -> None:
    Injection.objects.update(next_attempt_at=None)
    with django_assert_num_queries(4) as asked:
        enqueue_newly_due(**WINDOW)
    with django_assert_num_queries(1) as asked_of_notifications:
        enqueue_due_notifications(**WINDOW)
    queries = [query["sql"] for query in [*asked.captured_queries, *asked_of_notifications.captured_queries]]
    assert all(sql.startswith("SELECT") for sql in queries)


def test_the_registered_polls_exist() -> None:
    polls = [import_string(poll) for poll in TICKS]
    assert polls == [
        put_right_now_and_then,
        enqueue_beat,
        enqueue_newly_due,
        enqueue_due_payments,
        enqueue_due_notifications,
        enqueue_due_snoozes,
    ]
