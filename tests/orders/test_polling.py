"""What becomes due between two sweeps is nudged within two seconds, once, without writing anything while nothing is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.module_loading import import_string

from integrations.models import Connection, Notification
from integrations.webhooks.ledger import enqueue_newly_due as nudge_due_notifications
from menus.snoozes.service import enqueue_newly_due as nudge_due_snoozes
from orders import polling
from orders.injection.confirmation_checks import GRACE
from orders.models import Alert, Injection
from orders.polling import enqueue_newly_due
from storekit.queue.registry import TICKS
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
def test_what_became_due_since_the_last_look_is_nudged(
    waiting: Injection, columns: dict[str, Any], task: str | None
) -> None:
    Injection.objects.update(**columns)
    assert enqueue_newly_due(**WINDOW) == (1 if task else 0)
    assert queued() == ([(f"orders.tasks.{task}", waiting.pk)] if task else [])


def test_what_is_to_be_told_is_nudged(waiting: Injection) -> None:
    Injection.objects.update(next_attempt_at=None)
    due = Alert.objects.create(order=waiting.order, channel="email", about="failed", next_attempt_at=NOW)
    Alert.objects.create(order=waiting.order, channel="till", about="failed", next_attempt_at=NOW + SECOND)
    Alert.objects.create(order=waiting.order, channel="till", about="cancelled", next_attempt_at=None)
    assert enqueue_newly_due(**WINDOW) == 1
    assert queued() == [("orders.tasks.send_alert", due.pk)]


def test_notifications_are_nudged(connection: Connection) -> None:
    received = {"type": "ORDER", "status": "SUCCESS", "next_attempt_at": NOW, "body": {}}
    others: list[dict[str, Any]] = [
        {"next_attempt_at": NOW + SECOND},
        {"next_attempt_at": None},
        {"processed_at": NOW},
        {"type": "PAYMENT"},
    ]
    for number, columns in enumerate([{}, *others]):
        Notification.objects.create(connection=connection, fingerprint=str(number), **{**received, **columns})
    assert nudge_due_notifications(**WINDOW) == 1
    assert queued() == [("orders.tasks.handle_order_notification", Notification.objects.get(fingerprint="0").pk)]


def test_windows_that_follow_each_other_nudge_once(waiting: Injection) -> None:
    Injection.objects.update(next_attempt_at=NOW)
    for step in range(-3, 4):
        enqueue_newly_due(since=NOW + (step - 1) * SECOND, until=NOW + step * SECOND)
    assert len(queued()) == 1


def test_a_look_is_bounded(waiting: Injection, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        factories.OrderFactory(venue=waiting.order.venue)
    Injection.objects.update(next_attempt_at=NOW)
    monkeypatch.setattr(polling, "_MOST_PER_POLL", 2)
    assert enqueue_newly_due(**WINDOW) == 2


def test_a_look_only_reads_while_nothing_is_due(waiting: Injection, django_assert_num_queries: Any) -> None:
    Injection.objects.update(next_attempt_at=None)
    with django_assert_num_queries(4) as asked:
        enqueue_newly_due(**WINDOW)
    with django_assert_num_queries(1) as asked_of_notifications:
        nudge_due_notifications(**WINDOW)
    queries = [query["sql"] for query in [*asked.captured_queries, *asked_of_notifications.captured_queries]]
    assert all(sql.startswith("SELECT") for sql in queries)


def test_the_looks_that_the_settings_name_are_there() -> None:
    looks = [import_string(look) for look in TICKS]
    assert looks == [enqueue_newly_due, nudge_due_notifications, nudge_due_snoozes]
