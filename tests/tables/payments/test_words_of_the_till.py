"""The till's word about a payment: twice, late, early, never; and checks that have another name by now."""

from datetime import timedelta

import pytest
import time_machine

from integrations.pos import PaymentRefusal, PaymentUpdate
from tables.models import Payment, PaymentAlert, SandboxCharge, Table
from tables.payments import decide
from tables.payments.till.handing_over import DELIVER_WITHIN, FIRST_LOOK_AFTER, MARGIN
from tables.payments.till.pos_events import apply_payment_update
from tests.tables.bills.tills import check
from tests.tables.payments.tables import SOUP, WINE, Till, go_on, is_silent, on_check, pay, says, steps

State = Payment.State
NO_WORD = DELIVER_WITHIN + MARGIN


@pytest.fixture
def sent(table: Table) -> Payment:
    payment = pay(table)
    assert go_on(payment) == State.SENT
    return payment


def alerts() -> list[tuple[str, str]]:
    return sorted(PaymentAlert.objects.values_list("about", "channel"))


def test_a_word_that_comes_twice_captures_once(sent: Payment) -> None:
    assert says(sent) == "on the till"
    assert says(sent) == "on the till already"
    assert go_on(sent) == State.CAPTURED
    assert says(sent) == "on the till already"
    assert go_on(sent) == State.CAPTURED
    assert steps(sent).count(("capture", "done")) == 1


def test_a_word_that_comes_before_the_call_returns_is_the_later_information(table: Table, till: Till) -> None:
    payment = pay(table)
    till.during = lambda: says(payment)

    assert go_on(payment) == State.CAPTURED
    assert len(till.asked) == 1


def test_a_failure_after_the_success_changes_nothing(sent: Payment) -> None:
    says(sent)
    assert says(sent, applied=False, refusal=PaymentRefusal.TIMED_OUT) == "nothing to change: applied"
    assert go_on(sent) == State.CAPTURED


def test_already_been_used_means_applied(sent: Payment) -> None:
    word = PaymentUpdate(reference=sent.pos_reference, applied=False, reason="reference has already been used for it")

    assert apply_payment_update(sent.venue, word) == "on the till"
    assert go_on(sent) == State.CAPTURED


@pytest.mark.parametrize("refused", [PaymentRefusal.CHECK_NOT_FOUND, PaymentRefusal.CHECK_CLOSED])
def test_a_check_with_another_name_gets_the_payment_under_that(
    sent: Payment, till: Till, refused: PaymentRefusal
) -> None:
    till.shows(check("A1.2", SOUP, WINE))

    assert says(sent, applied=False, refusal=refused) == "refused, so the table is read again"
    assert go_on(sent) == State.SENT
    assert till.references() == [f"pay-{sent.pk.hex}-1", f"pay-{sent.pk.hex}-2"]
    assert till.asked[-1]["iKaccountIdentifier"] == "A1.2"
    assert says(sent, applied=False, refusal=refused, reference=till.references()[0]) == (
        "of an earlier revision, so nothing to change"
    )
    says(sent)
    assert go_on(sent) == State.CAPTURED


def test_a_check_that_is_gone_is_not_charged(sent: Payment, till: Till) -> None:
    till.shows()
    says(sent, applied=False, refusal=PaymentRefusal.CHECK_CLOSED)

    assert go_on(sent) == State.RELEASED
    assert (sent.error_code, SandboxCharge.objects.get().state) == ("bill_gone", "cancelled")


def test_a_till_that_never_finds_the_check_is_believed_after_three_times(sent: Payment, till: Till) -> None:
    for _ in range(3):
        says(sent, applied=False, refusal=PaymentRefusal.CHECK_NOT_FOUND)
        go_on(sent)

    assert (sent.state, sent.error_code) == (State.RELEASED, "check_not_found")
    assert len(till.asked) == 3


def test_a_success_after_it_was_given_up_is_told_to_the_venue(sent: Payment) -> None:
    says(sent, applied=False, refusal=PaymentRefusal.OVERPAID)
    go_on(sent)

    assert says(sent) == "too late: the guest was not charged"
    assert alerts() == [("not_captured", "email"), ("not_captured", "till")]
    sent.refresh_from_db()
    assert (sent.state, sent.needs_staff) == (State.RELEASED, True)


def test_a_payment_that_is_on_the_till_twice_is_told_to_the_venue(sent: Payment, till: Till) -> None:
    till.shows(check("A1.2", SOUP, WINE))
    says(sent, applied=False, refusal=PaymentRefusal.CHECK_NOT_FOUND)
    go_on(sent)
    says(sent)

    assert says(sent, reference=till.references()[0]) == "on the till twice"
    assert alerts() == [("twice", "email"), ("twice", "till")]


@pytest.mark.parametrize("reference", ["pay-1", "0" * 32 + "-1", f"pay-{'0' * 32}-1", ""])
def test_a_word_about_no_payment_of_ours_changes_nothing(sent: Payment, reference: str) -> None:
    assert apply_payment_update(sent.venue, PaymentUpdate(reference=reference, applied=True)) == "unknown reference"


# --- No word ---------------------------------------------------------------------------------------------------------


def test_without_a_word_the_payment_is_found_on_its_check(
    sent: Payment, till: Till, clock: time_machine.Traveller
) -> None:
    till.shows(on_check(sent))

    clock.shift(FIRST_LOOK_AFTER)
    assert go_on(sent) == State.CAPTURED


def test_a_split_may_take_the_payment_to_another_check(
    sent: Payment, till: Till, clock: time_machine.Traveller
) -> None:
    till.shows(check("A1.1", SOUP, WINE), on_check(sent, "A2.1", table=8))

    clock.shift(NO_WORD)
    assert go_on(sent) == State.CAPTURED


def test_a_payment_that_is_not_on_the_check_when_its_time_is_over_is_released(
    sent: Payment, clock: time_machine.Traveller
) -> None:
    clock.shift(FIRST_LOOK_AFTER)
    assert go_on(sent) == State.SENT
    clock.shift(NO_WORD)

    assert go_on(sent) == State.RELEASED
    assert sent.error_code == "no_word"


@pytest.mark.parametrize("on_till", [True, False])
def test_a_person_decides_when_the_check_cannot_be_read(
    sent: Payment, till: Till, clock: time_machine.Traveller, on_till: bool
) -> None:
    till.shows()
    for _ in range(10):
        clock.shift(timedelta(minutes=1))
        assert go_on(sent) == State.SENT
    assert sent.needs_staff
    assert sent.next_attempt_at is not None
    assert alerts() == [("no_word", "email"), ("no_word", "till")]

    (decide.mark_applied if on_till else decide.mark_not_applied)(payment=sent, by="anna@example.com")

    assert go_on(sent) == (State.CAPTURED if on_till else State.RELEASED)
    assert (sent.settled_by, sent.needs_staff) == ("anna@example.com", False)
    with pytest.raises(decide.NotUndecided):
        decide.mark_applied(payment=sent, by="anna@example.com")


def test_a_pos_that_is_down_is_asked_again_until_it_says(
    sent: Payment, till: Till, clock: time_machine.Traveller
) -> None:
    is_silent()
    for _ in range(6):
        clock.shift(timedelta(minutes=3))
        assert go_on(sent) == State.SENT

    till.shows(on_check(sent))
    clock.shift(timedelta(minutes=15))
    assert go_on(sent) == State.CAPTURED
    assert not sent.needs_staff


# --- Handing over ----------------------------------------------------------------------------------------------------


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_reference(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    till.answer = (503, "{}")
    payment = pay(table)
    assert go_on(payment) == State.SENT
    clock.shift(timedelta(seconds=2))
    go_on(payment)

    assert till.references() == [payment.pos_reference] * 2
    assert steps(payment)[-2:] == [("send", "unreachable"), ("send", "done")]
    says(payment)
    assert go_on(payment) == State.CAPTURED


def test_a_payment_that_the_pos_refuses_at_once_is_released(table: Table, till: Till) -> None:
    till.answer = (400, '{"message": "Payment type not found"}')
    payment = pay(table)

    assert go_on(payment) == State.RELEASED
    assert "Payment type not found" in payment.error


def test_a_pos_that_cannot_be_asked_gets_nothing_and_the_guest_is_not_charged(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    payment = pay(table)
    is_silent()
    for _ in range(8):
        go_on(payment)
        clock.shift(timedelta(seconds=40))

    assert (payment.state, payment.error_code) == (State.RELEASED, "till_unreachable")
    assert till.asked == []
