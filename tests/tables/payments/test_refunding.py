"""Staff refund a payment, whole or in part: the money is given back once, and the till prints a message."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import responses
import time_machine

from tables.gift_cards.service import set_expiry
from tables.models import (
    GiftCardEntry,
    PayAtTable,
    Payment,
    PaymentAlert,
    PaymentAttempt,
    PaymentRefund,
    SandboxCharge,
    Table,
)
from tables.payments import refunding
from tables.payments.refunding import RefundNotPossible, carry_out, refundable
from tables.tasks import sweep_refunds
from tests.tables.gift_cards.cards import a_card, balance_of
from tests.tables.payments.refunds import captured, printed, refund_of
from tests.tables.payments.tables import MESSAGE, go_on, money_of, pay, queued, says

pytestmark = pytest.mark.django_db
Traveller = time_machine.Traveller


def charge_refunded() -> Decimal:
    return SandboxCharge.objects.get().refunded


def test_a_whole_payment_is_refunded_and_the_till_prints_why(table: Table) -> None:
    payment = captured(table, tip=Decimal("2.50"))

    refund = refund_of(payment, "40.00")
    assert refundable(payment) == 0
    assert carry_out(refund_id=refund.pk) == "done"

    assert money_of(payment) == ("refunded", Decimal(40), Decimal(40))
    assert charge_refunded() == 40
    (message,) = printed()
    assert message.startswith("REFUNDED: £40.00 of a guest’s payment of £40.00.")
    for words in ("correct the day’s report by hand", "Table: 7", "Check: A1.1", "Refunded by: Anna", "Cold soup"):
        assert words in message
    refund.refresh_from_db()
    assert refund.done_at == refund.printed_at
    assert (refund.next_attempt_at, refund.lease, carry_out(refund_id=refund.pk)) == (None, None, "not due")


def test_parts_are_refunded_until_nothing_is_left(table: Table) -> None:
    payment = captured(table)

    first = refund_of(payment, "7.50", key="1")
    with pytest.raises(RefundNotPossible, match=r"£30\.00 at most"):
        refund_of(payment, "30.01", key="2")
    second = refund_of(payment, "20.00", key="3")
    for refund in (first, second):
        carry_out(refund_id=refund.pk)

    assert money_of(payment) == ("captured", Decimal("37.50"), Decimal("27.50"))
    third = refund_of(payment, "10.00", key="4")
    with pytest.raises(RefundNotPossible, match="Nothing of this payment"):
        refund_of(payment, "0.01", key="5")
    carry_out(refund_id=third.pk)
    assert money_of(payment) == ("refunded", Decimal("37.50"), Decimal("37.50"))
    assert charge_refunded() == Decimal("37.50")


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_what_is_not_an_amount_is_not_refunded(table: Table, amount: str) -> None:
    payment = captured(table)

    with pytest.raises(RefundNotPossible, match=r"multiple of £0\.01"):
        refund_of(payment, amount)
    assert not PaymentRefund.objects.exists()


def test_what_was_not_captured_is_not_refunded(table: Table) -> None:
    payment = pay(table)
    go_on(payment)

    with pytest.raises(RefundNotPossible, match="Nothing of this payment"):
        refund_of(payment)


def test_a_second_click_is_the_same_refund(table: Table) -> None:
    payment = captured(table)

    assert refund_of(payment, "10.00") == refund_of(payment, "10.00")
    refund = refund_of(payment, "37.50")
    carry_out(refund_id=refund.pk)

    assert refund_of(payment, "10.00") == refund
    assert (PaymentRefund.objects.count(), charge_refunded()) == (1, Decimal(10))


def test_a_worker_that_is_killed_between_the_call_and_the_record_gives_back_once(
    table: Table, clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = refund_of(captured(table), "10.00")

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(refunding, "settle", die)
        with pytest.raises(Killed):
            carry_out(refund_id=refund.pk)
    assert (charge_refunded(), carry_out(refund_id=refund.pk)) == (Decimal(10), "not due")
    clock.shift(timedelta(minutes=1))
    assert sweep_refunds() == "1 due"
    assert ("tables.tasks.refund_payment", str(refund.pk)) in queued()
    assert carry_out(refund_id=refund.pk) == "done"

    assert money_of(refund.payment) == ("captured", Decimal("37.50"), Decimal(10))
    assert (charge_refunded(), len(printed())) == (Decimal(10), 1)


def test_a_lost_answer_is_asked_for_again_with_the_same_key(table: Table, clock: Traveller) -> None:
    payment = captured_with_lost_answers(table, clock)
    refund = refund_of(payment, "10.00")

    assert carry_out(refund_id=refund.pk) == "waiting"
    assert (refundable(payment), money_of(payment)[2]) == (Decimal("27.50"), Decimal(0))
    clock.shift(timedelta(seconds=6))
    assert carry_out(refund_id=refund.pk) == "done"

    assert (charge_refunded(), money_of(payment)[2]) == (Decimal(10), Decimal(10))
    attempts = payment.attempt_rows.filter(step=PaymentAttempt.Step.REFUND)
    assert list(attempts.values_list("outcome", flat=True)) == ["unreachable", "done"]
    assert len(set(attempts.values_list("reference", flat=True))) == 1


def captured_with_lost_answers(table: Table, clock: Traveller) -> Payment:
    payment = pay(table, "lost_answer")
    go_on(payment)
    for _ in range(3):
        clock.shift(timedelta(seconds=8))
        go_on(payment)
        if payment.state == "sent":
            says(payment)
    assert (go_on(payment), payment.captured) == ("captured", payment.amount)
    return payment


def test_a_refusal_is_told_to_the_venue_and_leaves_the_amount_refundable(table: Table) -> None:
    payment = captured(table)
    refund = refund_of(payment, "10.00")
    SandboxCharge.objects.update(refunded=Decimal("37.50"))

    assert carry_out(refund_id=refund.pk) == "failed"

    refund.refresh_from_db()
    assert refund.error == "More than was captured cannot be refunded."
    assert (refund.next_attempt_at, refundable(payment)) == (None, Decimal("37.50"))
    payment.refresh_from_db()
    assert (payment.needs_staff, payment.refunded) == (True, Decimal(0))
    alerts = PaymentAlert.objects.filter(about="refund_failed")
    assert set(alerts.values_list("channel", flat=True)) == {"email", "till"}
    assert "£10.00 could not be refunded" in alerts[0].text
    assert printed() == []


@pytest.mark.parametrize(("given_back", "state"), [("0", "failed"), ("10.00", "done")])
def test_after_a_day_the_provider_is_only_asked_whether_it_was_done(
    table: Table, clock: Traveller, given_back: str, state: str
) -> None:
    payment = captured(table)
    refund = refund_of(payment, "10.00")
    SandboxCharge.objects.update(refunded=Decimal(given_back))

    clock.shift(timedelta(hours=21))

    assert carry_out(refund_id=refund.pk) == state
    assert charge_refunded() == money_of(payment)[2] == Decimal(given_back)


def test_a_till_that_is_silent_prints_later_and_is_given_up_after_an_hour(table: Table, clock: Traveller) -> None:
    payment = captured(table)
    responses.upsert(responses.POST, MESSAGE, json={"message": "down"}, status=503)

    refund = refund_of(payment)
    carry_out(refund_id=refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refund.printed_at) == ("done", None)
    assert "has not printed the message yet" in refund.error
    clock.shift(timedelta(hours=1))
    carry_out(refund_id=refund.pk)

    refund.refresh_from_db()
    assert refund.next_attempt_at is None
    assert "did not print the message" in refund.error
    assert money_of(payment)[0] == "refunded"


def test_a_gift_cards_payment_goes_back_onto_the_card_even_if_it_has_expired(table: Table) -> None:
    PayAtTable.objects.update(gift_cards=True)
    issued = a_card(table.venue)
    payment = captured(table, gift_card=issued.code)
    assert balance_of(issued.card) == Decimal("12.50")
    set_expiry(card=issued.card, expires_on=date(2020, 1, 1), by="Anna", key="form")

    carry_out(refund_id=refund_of(payment).pk)

    assert balance_of(issued.card) == 50
    assert "set a later date" in GiftCardEntry.objects.get(kind="refunded").note
    assert money_of(payment) == ("refunded", Decimal("37.50"), Decimal("37.50"))


def test_the_tills_word_after_a_refund_changes_nothing_and_calls_nobody(table: Table) -> None:
    payment = captured(table)
    carry_out(refund_id=refund_of(payment).pk)

    assert says(payment) == "on the till already"
    assert not PaymentAlert.objects.exists()
