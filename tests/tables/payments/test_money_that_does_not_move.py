"""The provider fails: at capture, at release, at refund. Nothing hangs silently, and the venue is told."""

from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.core import mail

from integrations.pos import PaymentRefusal
from tables.models import Payment, PaymentAlert, SandboxCharge, Table
from tables.payments import alerts, decide
from tables.payments.document import payment_document
from tables.payments.hooks import ON_CAPTURED
from tables.payments.providers.port import ProviderRefused, ProviderUnreachable
from tables.payments.providers.sandbox import SandboxProvider
from tests.tables.payments.tables import MESSAGE, Till, go_on, money_of, pay, says

State = Payment.State


def raising(error: Exception) -> Any:
    def call(*args: object, **options: object) -> None:
        raise error

    return call


def sent(table: Table, card: str = "ok") -> Payment:
    payment = pay(table, card)
    assert go_on(payment) == State.SENT
    return payment


def test_a_capture_that_fails_is_told_at_once_with_amount_and_table(table: Table) -> None:
    payment = sent(table, "capture_fails")
    says(payment)

    assert go_on(payment) == State.APPLIED
    assert (payment.needs_staff, payment.next_attempt_at, payment.error_code) == (True, None, "not_captured")
    for alert in PaymentAlert.objects.all():
        assert alerts.send(alert_id=alert.pk) == "sent"
        assert alerts.send(alert_id=alert.pk) == "not due"
    (message,) = mail.outbox
    assert message.subject == ("The Copper Pot: £37.50 at table 7 is on the till, but the money was not taken")
    assert "The bank refused the capture." in message.body
    assert f"Reference: {payment.pos_reference}" in message.body
    (printed,) = [call.request for call in responses.calls if str(call.request.url).startswith(MESSAGE)]
    assert "37.50 AT TABLE 7 IS ON THE TILL" in str(printed.body)
    shown = payment_document(payment)
    assert (shown["status"], shown["stage"]) == ("failed", "not_charged")
    assert shown["error"]["detail"] == "You were not charged. Please pay the staff."


def test_staff_can_have_it_captured_again(table: Table) -> None:
    payment = sent(table, "capture_fails")
    says(payment)
    go_on(payment)
    SandboxCharge.objects.update(card="ok")
    with pytest.raises(decide.NotUndecided):
        decide.mark_not_applied(payment=payment, by="anna@example.com")

    decide.capture_again(payment=payment, by="anna@example.com")
    # The key of the first try may be remembered as refused by a company; a refusal took no money here.
    assert go_on(payment) == State.CAPTURED
    assert not payment.needs_staff


def test_a_provider_that_is_away_at_capture_is_asked_until_it_answers_and_the_venue_is_told(
    table: Table, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = sent(table)
    says(payment)
    with monkeypatch.context() as away:
        away.setattr(SandboxProvider, "capture", raising(ProviderUnreachable("No answer.")))
        for _ in range(12):
            assert go_on(payment) == State.APPLIED
            clock.shift(timedelta(minutes=15))
    assert payment.needs_staff
    assert set(PaymentAlert.objects.values_list("about", flat=True)) == {"not_captured"}

    assert go_on(payment) == State.CAPTURED
    assert not payment.needs_staff


@pytest.mark.parametrize(
    ("card", "call", "ends"), [("ok", "cancel", State.RELEASED), ("captures_first", "refund", State.REFUNDED)]
)
@pytest.mark.parametrize("error", [ProviderUnreachable("No answer."), ProviderRefused("Not today.")])
def test_money_that_cannot_be_given_back_yet_is_told_and_tried_on(
    table: Table,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    card: str,
    call: str,
    ends: str,
    error: Exception,
) -> None:
    payment = sent(table, card)
    says(payment, applied=False, refusal=PaymentRefusal.OVERPAID)
    with monkeypatch.context() as away:
        away.setattr(SandboxProvider, call, raising(error))
        for _ in range(12):
            assert go_on(payment) == State.REFUSED
            clock.shift(timedelta(minutes=15))
    assert payment.needs_staff
    assert set(PaymentAlert.objects.values_list("about", flat=True)) == {"not_released"}

    assert go_on(payment) == ends
    charge = SandboxCharge.objects.get()
    assert charge.captured == charge.refunded


def test_a_guest_who_paid_in_the_last_moment_of_a_cancel_is_refunded(table: Table) -> None:
    payment = sent(table)
    SandboxCharge.objects.update(state="captured", captured=payment.amount)
    says(payment, applied=False, refusal=PaymentRefusal.OVERPAID)

    assert go_on(payment) == State.REFUNDED
    assert money_of(payment)[1:] == (payment.amount, payment.amount)


def test_what_is_lost_by_a_program_error_is_tried_again(
    table: Table, till: Till, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(table)
    with monkeypatch.context() as broken:
        broken.setattr(SandboxProvider, "begin", raising(RuntimeError("a bug")))
        with pytest.raises(RuntimeError):
            go_on(payment)
    assert list(payment.attempt_rows.values_list("outcome", "detail")) == [("error", "a bug")]

    clock.shift(timedelta(seconds=2))
    assert go_on(payment) == State.SENT


def test_who_wants_to_know_of_a_paid_payment_is_called_once(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tables.payments.transitions.ON_CAPTURED", (*ON_CAPTURED, f"{__name__}.note"))
    told.clear()
    payment = sent(table)
    says(payment)
    says(payment)
    go_on(payment)

    assert told == [payment.pk]


told: list[Any] = []


def note(payment: Payment) -> None:
    told.append(payment.pk)
