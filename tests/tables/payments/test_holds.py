"""What one guest holds nobody else can pay: until it is paid, or two minutes have passed, or it failed."""

import threading
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django.db import connection as database

from storekit.db import clock as shared_clock
from tables.bills.refreshing import FRESH_FOR
from tables.bills.splitting import Amount, Choice, EqualShares, Items
from tables.models import Bill, PayAtTable, Payment, SandboxCharge, Table
from tables.payments.providers import sandbox
from tables.payments.starting import HOLD, PaymentRefused, start_payment
from tests.tables.bills.tills import check, line
from tests.tables.payments.tables import SOUP, WINE, Till, go_on, pay, says

State = Payment.State
SOUP_ONLY = Items({"line-Soup": Fraction(1)})


def refusal(table: Table, choice: Choice | None = None, card: str = "ok", tip: str = "0") -> str:
    with pytest.raises(PaymentRefused) as refused:
        pay(table, card, choice=choice, tip=Decimal(tip))
    return refused.value.code


def test_an_item_that_one_guest_holds_cannot_be_paid_by_another(table: Table) -> None:
    pay(table, "confirm", choice=SOUP_ONLY)

    assert refusal(table, SOUP_ONLY) == "not_available"
    assert pay(table).amount == Decimal("30.00")
    assert refusal(table) == "nothing_due"


@pytest.mark.django_db(transaction=True)
def test_of_two_guests_who_pay_the_same_at_the_same_moment_one_does(table: Table) -> None:
    pay(table, choice=Amount(Decimal("1.00")))
    bill, start, results = Bill.objects.get(), threading.Barrier(2), list[str]()

    def guest() -> None:
        start.wait()
        try:
            start_payment(table=table, bill_id=bill.pk, choice=SOUP_ONLY)
            results.append("held")
        except PaymentRefused as refused:
            results.append(refused.code)
        finally:
            database.close()

    guests = [threading.Thread(target=guest) for _ in range(2)]
    for each in guests:
        each.start()
    for each in guests:
        each.join()

    assert sorted(results) == ["held", "not_available"]


def test_a_hold_that_nobody_pays_is_free_after_two_minutes_and_given_up_at_the_provider(
    table: Table, clock: time_machine.Traveller
) -> None:
    payment = pay(table, "confirm")
    assert go_on(payment) == State.HELD
    version = Bill.objects.get().version

    clock.shift(HOLD)
    assert pay(table, "confirm").amount == Decimal("37.50")
    assert go_on(payment) == State.RELEASED
    assert payment.error_code == "abandoned"
    assert SandboxCharge.objects.get().state == "cancelled"
    assert Bill.objects.get().version > version


@pytest.mark.parametrize(("card", "charges"), [("confirm", 0), ("lost_answer", 1)])
def test_a_hold_that_no_worker_came_to_in_time_is_given_up(
    table: Table, clock: time_machine.Traveller, card: str, charges: int
) -> None:
    payment = pay(table, card)
    if charges:
        # Begun, and the answer was lost.
        assert go_on(payment) == State.HELD
    clock.shift(HOLD)

    assert go_on(payment) == State.RELEASED if not charges else go_on(payment) in (State.SENT, State.REFUSED)
    assert SandboxCharge.objects.count() == charges


def test_a_confirmation_that_the_provider_never_tells_of_is_found(table: Table, clock: time_machine.Traveller) -> None:
    payment = pay(table, "confirm")
    go_on(payment)
    sandbox.confirm(payment.provider_reference, accepted=True)
    clock.shift(timedelta(seconds=20))

    assert go_on(payment) == State.SENT


def test_a_guest_who_confirms_just_too_late_pays_if_it_is_still_due(
    table: Table, clock: time_machine.Traveller
) -> None:
    payment = pay(table, "confirm")
    go_on(payment)
    sandbox.confirm(payment.provider_reference, accepted=True)
    clock.shift(HOLD)

    assert go_on(payment) == State.SENT


@pytest.mark.parametrize("others", [SOUP_ONLY, Amount(Decimal("31.00"))])
def test_a_guest_who_confirms_too_late_is_not_charged_for_what_others_pay_by_now(
    table: Table, clock: time_machine.Traveller, others: Choice
) -> None:
    payment = pay(table, "confirm", choice=SOUP_ONLY)
    go_on(payment)
    clock.shift(HOLD)
    pay(table, choice=others)
    sandbox.confirm(payment.provider_reference, accepted=True)

    assert go_on(payment) == State.RELEASED
    assert payment.error_code == "not_available"
    assert SandboxCharge.objects.get().state == "cancelled"


def test_a_bill_that_shrank_while_the_guest_confirmed_is_not_overpaid(table: Table, till: Till) -> None:
    payment = pay(table, "confirm")
    go_on(payment)
    till.shows(check("A1.1", SOUP))
    sandbox.confirm(payment.provider_reference, accepted=True)
    Payment.objects.update(next_attempt_at=shared_clock.now())

    assert go_on(payment) == State.RELEASED
    assert payment.error_code == "more_than_due"
    assert till.asked == []


def test_what_the_till_lists_already_does_not_count_twice(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    payment = pay(table, choice=Amount(Decimal("10.00")))
    go_on(payment)
    says(payment)
    go_on(payment)
    assert pay(table, choice=Amount(Decimal("27.50"))).amount == Decimal("27.50")
    Payment.objects.exclude(pk=payment.pk).update(state=State.RELEASED)

    entry = {"paymentMethodCode": "APM", "amountPaid": "10.00", "externalReference": payment.pos_reference}
    till.shows(check("A1.1", SOUP, WINE, paidAmount="10.00", paymentEntries=[{**entry, "active": True}]))
    clock.shift(FRESH_FOR)
    assert pay(table).amount == Decimal("27.50")


def test_shares_and_what_was_chosen_are_remembered(table: Table) -> None:
    shares, third = pay(table, choice=EqualShares(2, 5)), pay(table, choice=Items({"line-Wine": Fraction(1, 3)}))

    assert (shares.share, shares.amount, shares.choice) == ("2/5", 15, {"mode": "shares", "shares": 2, "of": 5})
    assert third.choice == {"mode": "items", "lines": [{"line": "line-Wine", "quantity": "1/3"}]}
    assert third.parts == {"line-Wine": {"quantity": "1/3", "amount": "10.00"}}


@pytest.mark.parametrize(("tips", "charge", "beside", "code"), [
    ("off", "0.00", True, "invalid_tip"),
    ("percentages", "3.00", False, "invalid_tip"),
    ("percentages", "3.00", True, ""),
    ("smart", "0.00", False, ""),
])  # fmt: skip
def test_a_tip_is_taken_where_the_venue_asks_for_one(
    table: Table, till: Till, tips: str, charge: str, beside: bool, code: str
) -> None:
    PayAtTable.objects.update(tips=tips, tips_beside_service_charge=beside)
    till.shows(check("A1.1", SOUP, WINE, serviceCharge=charge))

    if code:
        assert refusal(table, tip="1.00") == code
    else:
        assert pay(table, tip=Decimal("1.00")).tip == 1


def test_a_bill_without_any_line_can_be_paid_by_its_amount(table: Table, till: Till) -> None:
    till.shows(check("A1.1", line("Voided", "5.00", active=False), currentAmount="12.00"))

    assert pay(table).amount == Decimal("12.00")
