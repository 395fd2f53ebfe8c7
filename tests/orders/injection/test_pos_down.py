"""A POS that is down: its orders wait without being tried in vain, and the venue is alerted in time."""

from datetime import timedelta

import pytest
import requests
import responses
import time_machine
from django.utils import timezone

from integrations.models import Connection
from orders.injection.retry_policy import postponed_until
from orders.injection.send import inject
from orders.models import Alert, Injection, InjectionAttempt
from tests import factories
from tests.orders.sending import NOW, TO_GO, takes_orders


def down(seconds: int) -> None:
    Connection.objects.update(unanswered_calls=2, breaker_open_until=timezone.now() + timedelta(seconds=seconds))


def test_its_order_is_not_sent_and_the_attempt_does_not_count(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    down(10)
    assert inject(injection_id=waiting.pk) == "waiting"
    waiting.refresh_from_db()
    assert (len(pos.calls), waiting.attempts, InjectionAttempt.objects.count()) == (0, 0, 0)
    assert waiting.next_attempt_at is not None
    assert timedelta(seconds=10) <= waiting.next_attempt_at - timezone.now() <= timedelta(seconds=12)


def test_it_is_sent_when_the_pos_answers_again(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    down(10)
    inject(injection_id=waiting.pk)
    clock.shift(timedelta(seconds=13))
    takes_orders(pos)
    assert inject(injection_id=waiting.pk) == "accepted"
    assert Connection.objects.get().breaker_open_until is None


def test_at_its_deadline_the_venue_is_alerted(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    result = "waiting"
    while result == "waiting":
        down(30)
        result = inject(injection_id=waiting.pk)
        waiting.refresh_from_db()
        clock.move_to(waiting.next_attempt_at or timezone.now())
    assert result == "failed"
    assert (waiting.error_code, len(pos.calls)) == ("unreachable", 0)
    assert waiting.due_since is not None
    assert timezone.now() - waiting.due_since <= timedelta(minutes=10, seconds=1)
    assert Alert.objects.filter(channel=Alert.Channel.EMAIL).exists()


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 30.0), (1.0, 36.0)])
def test_orders_that_wait_for_one_pos_are_scattered(chance: float, seconds: float) -> None:
    again = postponed_until(
        now=NOW, settled_by=NOW + timedelta(minutes=10), retry_after=timedelta(seconds=30), chance=lambda: chance
    )
    assert again == NOW + timedelta(seconds=seconds)


def test_two_orders_without_an_answer_spare_the_third_its_time_out(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, body=requests.ConnectTimeout("no answer"))
    for _ in range(2):
        inject(injection_id=waiting.pk)
        waiting.refresh_from_db()
        clock.move_to(waiting.next_attempt_at or timezone.now())
    third = factories.OrderFactory(venue=waiting.order.venue).injection
    Connection.objects.update(breaker_open_until=timezone.now() + timedelta(seconds=5))
    assert inject(injection_id=third.pk) == "waiting"
    assert len(pos.calls) == 2
