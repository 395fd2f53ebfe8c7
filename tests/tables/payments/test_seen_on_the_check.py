"""The till's word is lost, and its check lists the payment: that is its word too."""

from datetime import timedelta
from decimal import Decimal

import time_machine

from integrations.lightspeed.mapping.checks import to_open_check
from integrations.pos import OrderEvent, OrderUpdate
from tables.bills.pos_events import check_changed
from tables.bills.refreshing import refresh_bills
from tables.bills.splitting import Amount
from tables.models import Bill, Payment, PaymentAlert, Table
from tables.payments.claims import claims_on
from tests.tables.bills.tills import check
from tests.tables.payments.tables import SOUP, WINE, Till, go_on, on_check, pay, says, steps

State = Payment.State


def test_a_payment_that_the_list_shows_is_captured_without_the_tills_word(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    payment = pay(table)
    go_on(payment)
    till.shows(on_check(payment))
    clock.shift(timedelta(seconds=2))

    refresh_bills(venue=table.venue)

    assert go_on(payment) == State.CAPTURED
    assert [step for step, _ in steps(payment)] == ["authorise", "look", "send", "capture"]


def test_a_check_that_is_closed_with_the_payment_on_it_is_its_word(table: Table, till: Till) -> None:
    payment = pay(table)
    go_on(payment)
    closed = to_open_check(on_check(payment), "GBP")

    check_changed(
        venue=table.venue,
        update=OrderUpdate(event=OrderEvent.COMPLETED, reference="", account="A1.1", check=closed),
    )

    assert go_on(payment) == State.CAPTURED


def test_a_payment_that_was_given_up_and_is_on_the_check_is_told_once(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    payment = pay(table)
    go_on(payment)
    says(payment, applied=False)
    assert go_on(payment) == State.RELEASED
    till.shows(on_check(payment))

    for _ in range(2):
        clock.shift(timedelta(seconds=2))
        refresh_bills(venue=table.venue)

    payment.refresh_from_db()
    assert payment.needs_staff
    assert PaymentAlert.objects.filter(about=PaymentAlert.About.NOT_CAPTURED, channel="email").count() == 1


def test_a_check_without_payments_of_ours_changes_nothing(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    payment = pay(table)
    go_on(payment)
    entry = {"paymentMethodCode": "CASH", "amountPaid": "7.50", "externalReference": "S-1", "active": True}
    till.shows(check("A1.1", SOUP, paidAmount="7.50", paymentEntries=[entry]))
    clock.shift(timedelta(seconds=2))

    refresh_bills(venue=table.venue)

    payment.refresh_from_db()
    assert payment.state == State.SENT


def test_a_payment_that_a_merge_took_along_counts_on_the_other_check(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    payment = pay(table, choice=Amount(Decimal("10.00")))
    go_on(payment)
    says(payment)
    go_on(payment)
    first = payment.bill
    till.shows(check("A1.1", WINE), on_check(payment, "A2.1", name="merged"))
    clock.shift(timedelta(seconds=5))
    refresh_bills(venue=table.venue)
    versions = dict(Bill.objects.values_list("account", "version"))
    clock.shift(timedelta(seconds=5))
    refresh_bills(venue=table.venue)

    payment.refresh_from_db()
    assert payment.bill.account == "A2.1"
    assert {claim.amount for claim in claims_on(payment.bill)} == {Decimal("10.00")}
    assert claims_on(first) == []
    assert dict(Bill.objects.values_list("account", "version")) == versions
