"""Processing stored notifications: once, again after a failure, and replayed by staff."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ

from integrations import tasks
from integrations.models import Connection, Notification
from integrations.pos import OrderEvent, OrderUpdate
from integrations.webhooks import ledger
from storekit.models import Venue
from tests.integrations.webhooks.notifications import DRAIN_TASK, order_body, queued


@pytest.fixture
def notification(connection: Connection) -> Notification:
    receipt = ledger.receive(connection=connection, body=order_body(connection))
    return Notification.objects.get(pk=receipt.notification_id)


class Handler:
    """A handler that records the facts it is given and fails on demand."""

    def __init__(self) -> None:
        self.facts: list[tuple[Venue, OrderUpdate]] = []
        self.failing = False

    def __call__(self, venue: Venue, update: OrderUpdate) -> str:
        self.facts.append((venue, update))
        if self.failing:
            raise LookupError("no such order yet")
        return "confirmed"


@pytest.fixture
def handler() -> Handler:
    return Handler()


def process(notification: Notification, handler: Handler) -> str:
    result = ledger.process(notification_id=notification.pk, handle=handler)
    notification.refresh_from_db()
    return result


def test_the_handler_gets_the_venue_and_the_fact_and_its_result_is_stored(
    notification: Notification, handler: Handler, venue: Venue
) -> None:
    assert process(notification, handler) == "confirmed"
    assert handler.facts == [
        (venue, OrderUpdate(event=OrderEvent.CONFIRMED, reference="SK-7-1", account="A78094.48", reason=""))
    ]
    assert (notification.result, notification.error, notification.next_attempt_at) == ("confirmed", "", None)
    assert notification.processed_at is not None


@pytest.mark.parametrize(
    ("currency", "paid", "event"), [("KWD", "19.700", "CHECK_UPDATED"), ("HUF", "17", "COMPLETED")]
)
def test_whether_a_closed_check_is_covered_is_judged_in_the_venues_currency(
    connection: Connection, handler: Handler, currency: str, paid: str, event: str
) -> None:
    """Three tenths of a dinar are missing from the one; three forint are what the till rounds off the other."""
    Venue.objects.update(currency=currency)
    check = {"ikaccountId": "A78094.48", "currentAmount": "20", "paidAmount": paid}
    body = order_body(connection, status="CLOSED", account=check)
    connection.venue.refresh_from_db()
    receipt = ledger.receive(connection=connection, body=body)
    process(Notification.objects.get(pk=receipt.notification_id), handler)
    assert [update.event for _, update in handler.facts] == [OrderEvent[event]]


def test_a_processed_notification_is_not_processed_again(notification: Notification, handler: Handler) -> None:
    process(notification, handler)
    assert process(notification, handler) == "nothing to do"
    assert len(handler.facts) == 1


def test_a_notification_claimed_by_another_worker_is_left_alone(notification: Notification, handler: Handler) -> None:
    def overtaken(venue: Venue, update: OrderUpdate) -> str:
        assert ledger.process(notification_id=notification.pk, handle=handler) == "nothing to do"
        return "confirmed"

    assert ledger.process(notification_id=notification.pk, handle=overtaken) == "confirmed"
    assert handler.facts == []


def test_a_notification_whose_worker_died_is_processed_again(notification: Notification, handler: Handler) -> None:
    def die(venue: Venue, update: OrderUpdate) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.process(notification_id=notification.pk, handle=die)
    OrmQ.objects.all().delete()
    assert tasks.sweep_notifications() == "0 queued"
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert tasks.sweep_notifications() == "1 queued"
        assert process(notification, handler) == "confirmed"


def test_a_failure_is_recorded_and_tried_again_later(notification: Notification, handler: Handler) -> None:
    handler.failing = True
    assert process(notification, handler) == "error"
    assert notification.error == "LookupError: no such order yet"
    assert notification.processed_at is None
    assert notification.next_attempt_at is not None
    assert timedelta(seconds=25) < notification.next_attempt_at - timezone.now() <= timedelta(seconds=30)

    handler.failing = False
    assert process(notification, handler) == "nothing to do", "it is not due yet"
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert process(notification, handler) == "confirmed"
    assert (notification.error, notification.attempts) == ("", 2)


def test_after_eight_failures_it_is_given_up_with_its_error(notification: Notification, handler: Handler) -> None:
    handler.failing = True
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(8):
            assert process(notification, handler) == "error"
            clock.shift(timedelta(hours=2))
        assert process(notification, handler) == "nothing to do"
        assert tasks.sweep_notifications() == "0 queued"
    assert (notification.attempts, notification.next_attempt_at) == (8, None)
    assert notification.error == "LookupError: no such order yet"


def test_a_notification_that_kills_its_worker_each_time_is_given_up(notification: Notification) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Notification.objects.update(attempts=ledger.MAX_ATTEMPTS, next_attempt_at=past)
    assert tasks.sweep_notifications() == "0 queued"
    notification.refresh_from_db()
    assert notification.next_attempt_at is None
    assert "stopped on every attempt" in notification.error


def test_a_late_outcome_does_not_overwrite_that_of_a_later_claim(notification: Notification, handler: Handler) -> None:
    def slow(venue: Venue, update: OrderUpdate) -> str:
        with time_machine.travel(timezone.now() + timedelta(minutes=3)):
            assert ledger.process(notification_id=notification.pk, handle=handler) == "confirmed"
        raise LookupError("too late")

    ledger.process(notification_id=notification.pk, handle=slow)
    notification.refresh_from_db()
    assert (notification.result, notification.error) == ("confirmed", "")


# --- Replaying


@pytest.mark.django_db(transaction=True)
def test_a_replayed_notification_is_processed_like_a_new_one(notification: Notification, handler: Handler) -> None:
    process(notification, handler)
    OrmQ.objects.all().delete()
    assert ledger.replay(notification_ids=[notification.pk]) == 1
    assert queued() == [(DRAIN_TASK, notification.connection.venue_id)]
    assert process(notification, handler) == "confirmed"
    assert len(handler.facts) == 2


def test_another_locations_notification_is_not_replayed(connection: Connection) -> None:
    foreign = ledger.receive(connection=connection, body=order_body(connection, businessLocationId=999))
    unused = ledger.receive(connection=connection, body={"type": "SOMETHING_NEW"})
    ids = [foreign.notification_id, unused.notification_id]
    assert ledger.replay(notification_ids=ids) == 0
    assert Notification.objects.filter(processed_at=None).count() == 0


def test_processed_notifications_are_deleted_after_ninety_days_and_others_kept(connection: Connection) -> None:
    now = timezone.now()
    for number, processed_at in enumerate([now, now - timedelta(days=91), None]):
        Notification.objects.create(connection=connection, fingerprint=str(number), body={}, processed_at=processed_at)
    assert tasks.forget_old_notifications() == "1 deleted"
    assert set(Notification.objects.values_list("fingerprint", flat=True)) == {"0", "2"}
