"""Payments and messages about them are queued on time, and a minute's sweep finds what the queue has lost."""

from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.core import mail

from storekit.models import Venue
from tables.models import Payment, PaymentAlert, Table
from tables.moments import put_right
from tables.payments import alerts
from tables.payments.leasing import LEASE, claim_payment
from tables.payments.polling import enqueue_newly_due
from tables.payments.provider_events import provider_changed
from tables.payments.providers.sandbox import SandboxProvider
from tables.tasks import advance_payment, send_payment_alert, sweep_payments
from tests.tables.payments.tables import MESSAGE, NOON, go_on, pay, queued, says

SECOND = timedelta(seconds=1)
State = Payment.State


def test_the_sweep_finds_what_is_due(table: Table) -> None:
    payment = pay(table)

    assert sweep_payments() == "1 due"
    assert queued() == [("tables.tasks.advance_payment", str(payment.pk))]
    assert advance_payment(str(payment.pk)) == "sent"
    assert advance_payment(str(payment.pk)) == "not due"


def test_what_has_just_become_due_is_queued_until_somebody_takes_it(table: Table) -> None:
    payment = pay(table)
    Payment.objects.update(next_attempt_at=NOON)

    found = [enqueue_newly_due(since=NOON + (step - 1) * SECOND, until=NOON + step * SECOND) for step in (-1, 0, 1)]
    assert found == [0, 1, 1]

    go_on(payment)
    assert enqueue_newly_due(since=NOON + SECOND, until=NOON + 2 * SECOND) == 0
    assert {args for _, args in queued()} == {str(payment.pk)}


def test_a_payment_that_another_process_works_on_is_left_alone(table: Table, clock: time_machine.Traveller) -> None:
    payment = pay(table)
    assert claim_payment(payment.pk) is not None

    assert advance_payment(str(payment.pk)) == "not due"
    clock.shift(LEASE)
    assert advance_payment(str(payment.pk)) == "sent"


def test_news_during_a_step_is_followed_by_another(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = pay(table, "confirm")
    go_on(payment)
    news = {"provider": "sandbox", "reference": payment.provider_reference}
    provider_changed(**news)
    reads = []

    def read(*args: Any, **options: Any) -> Any:
        reads.append(args)
        if len(reads) == 1:
            provider_changed(**news)
        return original(*args, **options)

    original = SandboxProvider.read
    monkeypatch.setattr(SandboxProvider, "read", read)
    assert go_on(payment) == State.HELD
    assert len(reads) == 2


def test_a_message_that_cannot_be_sent_is_tried_again(
    table: Table, venue: Venue, clock: time_machine.Traveller, settings: Any
) -> None:
    payment = pay(table, "capture_fails")
    go_on(payment)
    says(payment)
    go_on(payment)
    responses.upsert(responses.POST, MESSAGE, status=503)
    settings.EMAIL_BACKEND = "tests.tables.payments.test_payments_queue.NoServer"
    sent = {alert.channel: alert.pk for alert in PaymentAlert.objects.all()}

    assert sweep_payments() == "0 due, 2 messages"
    assert {send_payment_alert(pk) for pk in sent.values()} == {"retry"}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for _ in range(8):
        clock.shift(alerts.LONGEST_DELAY)
        results = {channel: send_payment_alert(pk) for channel, pk in sent.items()}
        if results["till"] == "given up":
            break

    assert len(mail.outbox) == 1
    assert PaymentAlert.objects.get(channel="till").error != ""
    assert PaymentAlert.objects.get(channel="email").sent_at is not None


class NoServer:
    def __init__(self, **options: object) -> None: ...

    def send_messages(self, messages: object) -> int:
        raise OSError("no route")


def test_moments_that_a_wrong_clock_set_are_put_right(table: Table, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(hours=3))
    payment = pay(table, "confirm")
    go_on(payment)
    clock.move_to(NOON)

    assert put_right(now=NOON) > 0
    payment.refresh_from_db()
    assert payment.held_until == NOON + timedelta(minutes=2)
    assert payment.next_attempt_at is not None
    assert payment.next_attempt_at <= NOON + timedelta(minutes=2)
