"""Every order carries a deadline for the POS, which follows from when it has to be settled."""

import json
from datetime import timedelta

import pytest
import responses
import time_machine
from django.utils import timezone

from integrations.models import TokenPair
from orders.injection.send import inject
from orders.models import Injection, Order
from orders.staff_actions import send_again
from tests.orders.sending import NOW, TO_GO, alerts, takes_orders

MS = timedelta(milliseconds=1)


def given_to_the_pos(pos: responses.RequestsMock) -> timedelta:
    return timedelta(milliseconds=json.loads(pos.calls[-1].request.body or b"")["maxTimeToAttemptOrderDeliverToPos"])


@pytest.mark.parametrize(
    ("wanted_in", "given"),
    [
        (None, timedelta(minutes=10)),
        (timedelta(minutes=20), timedelta(minutes=10)),
        (timedelta(minutes=30), timedelta(minutes=15)),
        (timedelta(hours=3), timedelta(hours=2, minutes=45)),
        (timedelta(days=3), timedelta(hours=24)),
    ],
)
def test_the_pos_is_given_until_the_order_has_to_be_settled(
    waiting: Injection, pos: responses.RequestsMock, wanted_in: timedelta | None, given: timedelta
) -> None:
    takes_orders(pos)
    Injection.objects.update(next_attempt_at=NOW)
    Order.objects.update(scheduled_for=NOW + wanted_in if wanted_in else None)
    inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert given_to_the_pos(pos) == given
    assert waiting.deliver_by == NOW + given


def test_a_retry_is_given_what_is_left(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    Injection.objects.update(next_attempt_at=NOW)
    pos.post(TO_GO, status=503)
    for _ in range(6):
        inject(injection_id=waiting.pk)
        waiting.refresh_from_db()
        assert waiting.next_attempt_at is not None
        assert waiting.deliver_by is None
        clock.move_to(waiting.next_attempt_at)
    pos.replace(responses.POST, TO_GO, json={"status": "ok"})
    assert inject(injection_id=waiting.pk) == "accepted"
    waiting.refresh_from_db()
    assert waiting.deliver_by == NOW + timedelta(minutes=10)
    assert given_to_the_pos(pos) == (NOW + timedelta(minutes=10) - timezone.now()) // MS * MS


def test_an_order_that_is_late_still_has_the_minute_that_the_pos_asks_for(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    clock.shift(timedelta(minutes=40))
    assert inject(injection_id=waiting.pk) == "accepted", "the queue was down, and nobody has tried it yet"
    assert given_to_the_pos(pos) == timedelta(minutes=1)


def test_an_order_whose_turn_came_late_is_still_tried_for_two_minutes(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, status=503)
    clock.shift(timedelta(minutes=40))
    began, tries = timezone.now(), 0
    while inject(injection_id=waiting.pk) == "waiting":
        tries += 1
        waiting.refresh_from_db()
        assert waiting.next_attempt_at is not None
        clock.move_to(waiting.next_attempt_at)
    assert tries >= 5
    assert timezone.now() - began >= timedelta(minutes=2)


def test_a_held_order_counts_as_due_from_its_release(waiting: Injection, pos: responses.RequestsMock) -> None:
    takes_orders(pos)
    Order.objects.update(placed_at=NOW - timedelta(days=2), scheduled_for=NOW + timedelta(minutes=20))
    Injection.objects.update(state=Injection.State.SCHEDULED, next_attempt_at=NOW)
    assert inject(injection_id=waiting.pk) == "accepted"
    waiting.refresh_from_db()
    assert (waiting.due_since, waiting.deliver_by) == (NOW, NOW + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("for_in", "late", "word"),
    [
        (None, timedelta(minutes=69), "accepted"),
        (None, timedelta(minutes=71), "failed"),
        (timedelta(hours=2), timedelta(minutes=164), "accepted"),
        (timedelta(hours=2), timedelta(minutes=166), "failed"),
    ],
)
def test_an_order_far_too_late_alerts_the_venue_instead_of_being_sent(
    waiting: Injection,
    pos: responses.RequestsMock,
    clock: time_machine.Traveller,
    for_in: timedelta | None,
    late: timedelta,
    word: str,
) -> None:
    takes_orders(pos)
    TokenPair.objects.update(expires_at=NOW + timedelta(days=1))
    Order.objects.update(scheduled_for=NOW + for_in if for_in else None)
    Injection.objects.update(due_since=NOW)
    clock.shift(late)
    assert inject(injection_id=waiting.pk) == word, "no worker was running until now"
    waiting.refresh_from_db()
    told = word == "failed"
    assert (waiting.error_code, len(pos.calls)) == (("too_late", 0) if told else ("", 1))
    assert bool(alerts()) is told


def test_an_order_that_is_too_late_can_still_be_sent_by_staff(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    TokenPair.objects.update(expires_at=NOW + timedelta(days=1))
    clock.shift(timedelta(hours=3))
    assert inject(injection_id=waiting.pk) == "failed"
    send_again(order=Order.objects.get(), by="Ben")
    assert inject(injection_id=waiting.pk) == "accepted"
