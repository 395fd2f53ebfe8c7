"""The usual way of a payment: held, authorised, sent, applied, captured; or refused by the card or by the till."""

from decimal import Decimal

import pytest
import time_machine

from integrations.pos import PaymentRefusal
from tables.models import Payment, SandboxCharge, Table
from tables.payments.providers.sandbox import SLOW_FOR
from tests.tables.payments.tables import Till, go_on, money_of, pay, says, steps

State = Payment.State


def test_a_payment_is_authorised_then_on_the_till_and_only_then_captured(table: Table, till: Till) -> None:
    payment = pay(table, tip=Decimal("4.00"))

    assert go_on(payment) == State.SENT
    charge = SandboxCharge.objects.get()
    assert (charge.state, charge.amount, charge.captured) == ("authorised", Decimal("41.50"), 0)
    (body,) = till.asked
    assert body["thirdPartyPaymentReference"] == f"pay-{payment.pk.hex}-1"
    assert (body["iKaccountIdentifier"], body["paymentMethod"]) == ("A1.1", "APM")
    assert (body["paymentAmount"], body["tipAmount"], body["taskTtlInMs"]) == (37.5, 4.0, 60_000)

    assert says(payment) == "on the till"
    assert go_on(payment) == State.CAPTURED

    assert money_of(payment) == ("captured", Decimal("41.50"), Decimal(0))
    charge.refresh_from_db()
    assert (charge.state, charge.captured) == ("captured", Decimal("41.50"))
    assert steps(payment) == [("authorise", "done"), ("look", "done"), ("send", "done"), ("capture", "done")]
    assert payment.next_attempt_at is None
    assert payment.posted_card == ""


@pytest.mark.parametrize("card", ["declined", "insufficient_funds"])
def test_a_declined_card_is_not_charged_and_the_bill_is_free_at_once(table: Table, till: Till, card: str) -> None:
    payment = pay(table, card)

    assert go_on(payment) == State.RELEASED
    assert payment.error_code == ("card_declined" if card == "declined" else card)
    assert till.asked == []
    assert pay(table).amount == Decimal("37.50")


def test_a_slow_card_is_looked_at_again(table: Table, clock: time_machine.Traveller) -> None:
    payment = pay(table, "slow")
    assert go_on(payment) == State.HELD

    clock.shift(SLOW_FOR)
    assert go_on(payment) == State.SENT


def test_a_payment_that_the_till_refuses_is_not_charged(table: Table) -> None:
    payment = pay(table)
    go_on(payment)

    assert says(payment, applied=False, refusal=PaymentRefusal.OVERPAID) == "refused: overpaid"
    assert go_on(payment) == State.RELEASED
    assert SandboxCharge.objects.get().state == "cancelled"
    assert pay(table).amount == Decimal("37.50")


def test_what_was_captured_first_is_refunded_if_the_till_refuses_it(table: Table) -> None:
    payment = pay(table, "captures_first")
    go_on(payment)

    says(payment, applied=False, refusal=PaymentRefusal.NO_STAFF)
    assert go_on(payment) == State.REFUNDED
    assert money_of(payment) == ("refunded", Decimal("37.50"), Decimal("37.50"))
    assert SandboxCharge.objects.get().refunded == Decimal("37.50")
