"""A clock that was two hours ahead for a minute: nothing that was written in that minute waits for two hours."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.cache import cache
from django.db.models import DateTimeField
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule

from integrations import moments as integrations_moments
from integrations.models import Connection, Notification, SyncRun, TokenPair
from integrations.syncs import schedules
from menus import moments as menus_moments
from menus.models import ImageFetch, StockLevel, StockWatch
from orders import moments as orders_moments
from orders.alert_outbox import queue_alert
from orders.alerts import delivery
from orders.injection import send
from orders.injection.claims import claim_injection
from orders.injection.confirmation_checks import unconfirmed
from orders.models import Alert, Injection, Order
from storekit import moments as storekit_moments
from storekit.db import clock as shared_clock
from storekit.models import AccountMail, Venue
from storekit.queue import clock_steps
from storekit.queue.registry import PERIODIC_TASKS
from storekit.queue.schedules import name_of
from tables import moments as tables_moments
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
AHEAD = timedelta(hours=2)
A_MINUTE = timedelta(minutes=1)
SWEEP = name_of("orders.tasks.sweep_injections")


@pytest.fixture
def clock(db: None) -> Any:
    Schedule.objects.update(next_run=NOW)
    with time_machine.travel(NOW + AHEAD, tick=False) as clock:
        yield clock


@pytest.fixture
def put_right(clock: time_machine.Traveller) -> Callable[[], int]:
    """Sets the clock right, a minute after it began to be wrong, and lets the ticker look."""

    def later() -> int:
        clock.move_to(NOW + A_MINUTE)
        return clock_steps.put_right()

    return later


@pytest.fixture
def order(clock: time_machine.Traveller, connection: Connection) -> Order:
    """A paid order that came while the clock was ahead."""
    order: Order = factories.OrderFactory(venue=connection.venue)
    moment = shared_clock.now()
    Injection.objects.update(next_attempt_at=moment, due_since=moment)
    order.refresh_from_db()
    return order


def test_every_schedule_that_lies_further_ahead_than_its_interval_is_due(put_right: Callable[[], int]) -> None:
    Schedule.objects.update(next_run=NOW + AHEAD + A_MINUTE)
    put_right()
    late = [name_of(task) for task, minutes in PERIODIC_TASKS.items() if minutes < 60]
    assert set(Schedule.objects.filter(name__in=late).values_list("next_run", flat=True)) == {NOW + A_MINUTE}


def test_a_schedule_within_its_interval_stays(put_right: Callable[[], int]) -> None:
    Schedule.objects.update(next_run=NOW + A_MINUTE * 2)
    put_right()
    assert set(Schedule.objects.values_list("next_run", flat=True)) == {NOW + A_MINUTE * 2}


def test_a_new_order_is_sent_at_once_and_its_deadline_counts_from_now(
    order: Order, put_right: Callable[[], int]
) -> None:
    put_right()
    assert send.enqueue_due() == 1
    injection = Injection.objects.get()
    assert injection.due_since == NOW + A_MINUTE


def test_an_order_whose_worker_was_killed_is_sent_when_the_lease_is_over(
    order: Order, clock: time_machine.Traveller, put_right: Callable[[], int]
) -> None:
    assert claim_injection(order.injection.pk) is not None
    put_right()
    assert send.enqueue_due() == 0, "its worker may still be sending it"
    clock.move_to(NOW + A_MINUTE * 2)
    assert send.enqueue_due() == 1


def test_an_order_that_waits_for_its_next_attempt_is_due(order: Order, put_right: Callable[[], int]) -> None:
    Injection.objects.update(
        attempts=2, error_code="unreachable", due_since=NOW, next_attempt_at=NOW + AHEAD + timedelta(seconds=12)
    )
    put_right()
    assert send.enqueue_due() == 1


def test_an_order_for_tonight_keeps_the_wait_that_its_time_allows(order: Order, put_right: Callable[[], int]) -> None:
    in_time = NOW + timedelta(hours=1)
    Order.objects.update(scheduled_for=NOW + timedelta(hours=4))
    Injection.objects.update(attempts=1, error_code="unreachable", due_since=NOW, next_attempt_at=in_time)
    put_right()
    assert Injection.objects.get().next_attempt_at == in_time


def test_an_accepted_order_is_looked_for_after_the_time_that_its_till_has(
    order: Order, clock: time_machine.Traveller, put_right: Callable[[], int]
) -> None:
    Injection.objects.update(
        state=Injection.State.ACCEPTED, accepted_at=NOW + AHEAD, deliver_by=NOW + AHEAD + timedelta(minutes=10)
    )
    put_right()
    clock.move_to(NOW + timedelta(minutes=13))
    assert unconfirmed(shared_clock.now()).count() == 1


def test_an_unpaid_order_keeps_its_items_no_longer_than_it_may(order: Order, put_right: Callable[[], int]) -> None:
    Order.objects.update(status="awaiting_payment", placed_at=NOW + AHEAD, pay_by=NOW + AHEAD + timedelta(minutes=15))
    put_right()
    assert Order.objects.get().pay_by == NOW + timedelta(minutes=16)


@pytest.mark.parametrize("attempts", [0, 3])
def test_a_failure_mail_is_sent_at_once(order: Order, attempts: int, put_right: Callable[[], int]) -> None:
    queue_alert(order_id=order.pk, about=Alert.About.FAILED, channels=[Alert.Channel.EMAIL])
    Alert.objects.update(attempts=attempts)
    assert delivery.enqueue_due() == 1
    OrmQ.objects.all().delete()
    put_right()
    assert delivery.enqueue_due() == 1


SIBLINGS: list[tuple[str, dict[str, Any], str, timedelta]] = [
    ("integrations.Notification", {"attempts": 0}, "next_attempt_at", timedelta(0)),
    ("integrations.Notification", {"attempts": 4}, "next_attempt_at", timedelta(0)),
    ("integrations.SyncRun", {"state": "running"}, "lease_until", timedelta(minutes=5)),
    ("integrations.SyncRun", {"state": "failed"}, "next_alert_at", timedelta(0)),
    ("integrations.Connection", {}, "breaker_open_until", timedelta(0)),
    ("integrations.Connection", {"consent_alerts": 1}, "next_consent_alert_at", timedelta(0)),
    ("integrations.Connection", {}, "readiness_at", timedelta(0)),
    ("integrations.Connection", {}, "connected_at", timedelta(0)),
    ("integrations.Connection", {}, "webhook_registered_at", timedelta(0)),
    ("integrations.Connection", {}, "webhook_checked_at", timedelta(0)),
    ("integrations.TokenPair", {}, "refreshing_until", timedelta(seconds=30)),
    ("menus.StockWatch", {}, "due_at", timedelta(0)),
    ("menus.StockWatch", {}, "lease_until", timedelta(minutes=4)),
    ("menus.StockWatch", {}, "compared_at", timedelta(0)),
    ("menus.StockLevel", {"taken": 1}, "taken_at", timedelta(0)),
    ("menus.StockLevel", {}, "heard_at", timedelta(0)),
    ("storekit.AccountMail", {"attempts": 0}, "next_attempt_at", timedelta(0)),
    ("storekit.AccountMail", {"attempts": 5}, "next_attempt_at", timedelta(0)),
    ("django_q.OrmQ", {}, "lock", timedelta(0)),
]


def test_every_other_moment_that_lies_too_far_ahead_is_put_right(
    connection: Connection, put_right: Callable[[], int]
) -> None:
    venue = connection.venue
    Notification.objects.create(connection=connection, type="ORDER", body={}, fingerprint="1")
    SyncRun.objects.create(connection=connection, kind="menu", state="failed", lease_until=NOW)
    StockWatch.objects.create(venue=venue)
    factories.StockLevelFactory(venue=venue)
    AccountMail.objects.create(kind="password_reset", email="a@b.example", next_attempt_at=NOW)
    OrmQ.objects.create(key="storekit", payload="", lock=NOW)
    Connection.objects.update(webhook_registered_at=NOW)
    TokenPair.objects.update(refreshed_at=NOW)
    StockLevel.objects.update(heard_at=NOW)
    for model, columns, column, then in SIBLINGS:
        rows = apps.get_model(model)._default_manager.all()
        rows.update(**columns, **{column: NOW + AHEAD + A_MINUTE})
        assert put_right() == 1, (model, column)
        assert rows.values_list(column, flat=True).get() == NOW + A_MINUTE + then, (model, column)


def test_an_access_token_got_while_the_clock_was_ahead_is_renewed_in_time(
    connection: Connection, put_right: Callable[[], int]
) -> None:
    TokenPair.objects.update(refreshed_at=NOW + AHEAD, expires_at=NOW + AHEAD + timedelta(minutes=25))
    put_right()
    assert TokenPair.objects.get().expires_at == NOW + timedelta(minutes=26)


def test_a_scheduled_sync_is_reckoned_again(connection: Connection, clock: time_machine.Traveller) -> None:
    schedule = factories.SyncScheduleFactory(connection=connection)
    tomorrow = schedule.next_run_at
    # The clock was a day ahead.
    type(schedule).objects.update(next_run_at=tomorrow + timedelta(days=1))
    schedules.enqueue_due()
    schedule.refresh_from_db()
    assert schedule.next_run_at == tomorrow


def test_what_was_cached_while_the_clock_was_ahead_is_forgotten(clock: time_machine.Traveller) -> None:
    clock_steps.forget_cached_if_set_back(monotonic=100.0)
    cache.set("price", "old", timeout=10)
    clock.move_to(NOW)
    assert cache.get("price") == "old", "it would live for two hours"
    assert clock_steps.forget_cached_if_set_back(monotonic=130.0)
    assert cache.get("price") is None
    clock.shift(30)
    assert not clock_steps.forget_cached_if_set_back(monotonic=160.0)


def test_a_task_is_taken_by_a_worker_whose_clock_is_behind(venue: Venue, clock: time_machine.Traveller) -> None:
    broker = get_broker()
    broker.enqueue("signed")
    clock.move_to(NOW)
    assert [payload for _, payload in broker.dequeue()] == ["signed"]


def test_every_column_that_looks_like_a_moment_ahead_is_listed() -> None:
    """A new lease, next attempt or expiry has a row in its app's `moments.py`, or a reason here why it needs none."""
    needs_none = {
        "menus.Product.snoozed_until": "people say when a snooze ends",
        "menus.Modifier.snoozed_until": "people say when a snooze ends",
        "menus.Snooze.until": "people say when a snooze ends",
        "integrations.SyncSchedule.next_run_at": "reckoned again by its sweep",
    }
    listed = set()
    for module in (orders_moments, integrations_moments, menus_moments, tables_moments, storekit_moments):
        for moment in module._MOMENTS:
            columns = {getattr(moment, name, None) for name in ("column", "since", "until")}
            listed |= {f"{moment.model}.{column}" for column in columns}
    ahead = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in ("orders", "integrations", "menus", "tables", "storekit")
        for field in model._meta.get_fields()
        if isinstance(field, DateTimeField)
        and any(word in field.name for word in ("until", "next_", "due_", "_by", "expires", "lease"))
    }
    assert ahead - listed - needs_none.keys() == set()


def test_an_image_that_is_tried_again_tomorrow_stays(venue: Venue, put_right: Callable[[], int]) -> None:
    product = factories.ProductFactory(venue=venue)
    tomorrow = NOW + timedelta(hours=20)
    ImageFetch.objects.create(product=product, source="x", next_attempt_at=tomorrow)
    assert put_right() == 0
    assert ImageFetch.objects.get().next_attempt_at == tomorrow
