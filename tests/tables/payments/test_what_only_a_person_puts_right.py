"""The till and the money disagree: what staff were called for stays on their list until one of them has seen to it."""

import pytest

from integrations.pos import PaymentRefusal
from tables.models import Bill, BillIdentifier, Payment, PaymentAlert, PaymentAttempt, SandboxCharge, Table
from tables.payments import decide, steps
from tables.payments.leasing import claim_payment, move, record
from tables.payments.providers.port import ProviderRefused, ProviderUnreachable
from tables.payments.providers.sandbox import SandboxProvider
from tests.tables.payments.tables import Till, go_on, pay, says

State = Payment.State


def test_a_till_that_takes_a_refused_payment_keeps_calling_staff_after_its_release(table: Table, till: Till) -> None:
    payment = pay(table)
    go_on(payment)
    says(payment, applied=False, refusal=PaymentRefusal.NO_STAFF)

    assert says(payment) == "too late: the guest was not charged"
    assert go_on(payment) == State.RELEASED

    assert payment.needs_staff
    assert "on the check, and the guest was not charged" in payment.error


def test_a_payment_that_is_on_the_till_twice_keeps_calling_staff_once_it_is_captured(table: Table, till: Till) -> None:
    payment = pay(table)
    go_on(payment)
    says(payment)

    assert says(payment, reference=f"pay-{payment.pk.hex}-2") == "on the till twice"
    assert go_on(payment) == State.CAPTURED

    assert payment.needs_staff
    assert payment.alerts.filter(about=PaymentAlert.About.TWICE, channel="email").count() == 1


def test_a_refused_repeat_releases_nothing_that_an_earlier_attempt_may_have_authorised(
    table: Table, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(table, "lost_answer")
    go_on(payment)
    assert SandboxCharge.objects.get().state == "authorised"

    def refuse(*args: object, **options: object) -> None:
        raise ProviderRefused("This key was used for another request.", code="idempotency_error")

    monkeypatch.setattr(SandboxProvider, "begin", refuse)
    Payment.objects.update(next_attempt_at=payment.created_at)
    go_on(payment)

    assert payment.state == State.REFUSED
    assert payment.next_attempt_at is not None


def test_a_payment_that_moved_during_a_step_stays_on_its_new_bill(table: Table, till: Till) -> None:
    payment = pay(table)
    other = Bill.objects.create(venue=table.venue, table_number=8, account="A2.1", total=1, paid=0)
    BillIdentifier.objects.create(venue=table.venue, bill=other, identifier="A2.1")
    claim = claim_payment(payment.pk)
    assert claim is not None

    move(payment.pk, bill=payment.bill_id, to=other.pk)
    record(claim, lambda row: None)

    payment.refresh_from_db()
    assert payment.bill == other


def test_what_staff_have_dealt_with_does_not_call_them_again(
    table: Table, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(table)
    go_on(payment)
    says(payment, applied=False, refusal=PaymentRefusal.NO_STAFF)

    def silent(*args: object, **options: object) -> None:
        raise ProviderUnreachable("No answer.")

    monkeypatch.setattr(SandboxProvider, "cancel", silent)
    Payment.objects.update(attempts=20)
    assert go_on(payment) == State.REFUSED
    assert payment.needs_staff
    decide.mark_settled(payment=payment, by="Anna")
    Payment.objects.update(next_attempt_at=payment.created_at)

    go_on(payment)

    assert not payment.needs_staff
    assert payment.next_attempt_at is not None


def test_a_payment_whose_step_ends_its_processes_frees_the_bill(table: Table, till: Till) -> None:
    payment = pay(table)
    Payment.objects.update(state=State.AUTHORISED, attempts=steps._MOST_ATTEMPTS)
    PaymentAttempt.objects.all().delete()

    go_on(payment)

    assert payment.state == State.RELEASED
    assert pay(table).amount == payment.amount
