"""A service day's payments are compared with what the till has: open checks, closed ones, and closed sales."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import responses
import time_machine
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from integrations.models import Connection, TokenPair
from orders.models import Injection
from storekit.models import Venue
from tables.models import Bill, Difference, PayAtTable, Payment, Reconciliation
from tables.reconciliation import alerts
from tables.reconciliation.queue import enqueue_due, request_reconciliation
from tables.reconciliation.report import reconciliation_csv
from tables.reconciliation.run import TRY_AGAIN_AFTER, carry_out
from tests import factories
from tests.tables.bills.tills import asked_by_identifier, check, line, till_has

EVENING = datetime(2026, 5, 1, 19, tzinfo=UTC)
DAY = date(2026, 5, 1)
SALE = f"{settings.LIGHTSPEED_API_URL}/f/finance/"
SOUP = line("Soup", "10.00")
Cause = Difference.Cause


@pytest.fixture(autouse=True)
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    with responses.mock, time_machine.travel(EVENING, tick=False) as traveller:
        TokenPair.objects.update(expires_at=EVENING + timedelta(days=9))
        till_has()
        yield traveller


def closed_bill(venue: Venue, **values: Any) -> Bill:
    made: Bill = factories.BillFactory(venue=venue, **{"status": "closed", "closed_at": EVENING, **values})
    return made


def paid(bill: Bill, **values: Any) -> Payment:
    defaults = {"created_at": EVENING, "captured_at": EVENING, "applied_at": EVENING}
    made: Payment = factories.PaymentFactory(bill=bill, **{**defaults, **values})
    return made


def has(bill: Bill, *payments: Payment, amount: str = "10.00") -> None:
    """Let the till's last word of the bill have these payments."""
    rows = [{"method": "APM", "amount": amount, "reference": one.pos_reference, "at": None} for one in payments]
    Bill.objects.filter(pk=bill.pk).update(payments=rows)


def compared(venue: Venue, day: date = DAY) -> Reconciliation:
    row = request_reconciliation(venue=venue, day=day, by="Anna")
    carry_out(reconciliation_id=row.pk)
    row.refresh_from_db()
    return row


def causes(row: Reconciliation) -> list[str]:
    return [difference.cause for difference in row.differences.all()]


def test_a_day_on_which_both_agree_has_its_sums_by_method(venue: Venue) -> None:
    bill = closed_bill(venue)
    by_card = paid(bill, tip=Decimal("1.00"))
    by_gift_card = paid(bill, method=Payment.Method.GIFT_CARD)
    has(bill, by_card, by_gift_card)
    factories.PaymentFactory(bill=bill, state=Payment.State.RELEASED, created_at=EVENING)

    row = compared(venue)

    assert (row.state, row.payments, causes(row)) == ("done", 3, [])
    assert [(one["method"], one["payments"], one["captured"], one["tips"], one["till"]) for one in row.totals] == [
        ("card", 1, "10.000", "1.000", "10.00"),
        ("gift_card", 1, "10.000", "0.000", "10.00"),
    ]
    assert asked_by_identifier() == []


def test_an_open_check_is_read_again(venue: Venue) -> None:
    bill = factories.BillFactory(venue=venue, account="A1.1", check_uuid="uuid-A1", status="paid")
    bill.identifiers.create(venue=venue, identifier="A1.1")
    bill.identifiers.create(venue=venue, identifier="uuid-A1")
    there, missing = paid(bill), paid(bill)
    entry = {"amountPaid": "9.00", "externalReference": there.pos_reference, "active": True}
    till_has(check("A1.1", SOUP, paidAmount="9.00", paymentEntries=[entry]))

    row = compared(venue)

    found = {difference.payment: difference for difference in row.differences.all()}
    assert {payment: one.cause for payment, one in found.items()} == {
        there: Cause.OTHER_AMOUNT,
        missing: Cause.NOT_ON_TILL,
    }
    assert (found[there].captured, found[there].till) == (Decimal("10.00"), Decimal("9.00"))
    assert (found[missing].account, found[missing].reference) == ("A1.1", missing.pos_reference)


def test_what_the_last_reading_of_a_closed_check_lacks_cannot_be_checked(venue: Venue) -> None:
    bill = closed_bill(venue)
    payment = paid(bill)

    (difference,) = compared(venue).differences.all()

    assert (difference.cause, difference.payment, difference.till) == (Cause.CANNOT_BE_CHECKED, payment, None)


def test_a_check_closed_with_other_payments_is_checked(venue: Venue) -> None:
    paid(closed_bill(venue, payments_are_final=True))
    assert causes(compared(venue)) == [Cause.NOT_ON_TILL]


@pytest.mark.parametrize(
    ("references", "cause"), [(["ours"], []), (["other"], [Cause.NOT_ON_TILL]), ([""], [Cause.CANNOT_BE_CHECKED])]
)
def test_the_closed_sale_of_an_order_on_the_check_is_looked_up(
    venue: Venue, references: list[str], cause: list[str]
) -> None:
    bill = closed_bill(venue, account="A9.1")
    payment = paid(bill)
    order = factories.OrderFactory(venue=venue, placed_at=EVENING)
    Injection.objects.filter(order=order).update(state=Injection.State.CONFIRMED, account="A9.1", reference="order-1")
    entry = {"code": "APM", "netAmountWithTax": "10.00", "type": "NORMAL"}
    names = [{"ours": payment.pos_reference}.get(one, one) for one in references]
    sale = {"accountFiscId": "A9.1", "payments": [entry | {"externalReference": name} for name in names]}
    responses.get(f"{SALE}{venue.connection.business_location_id}/saleByExternalReference", json=sale)

    assert causes(compared(venue)) == cause


def test_a_refund_that_the_pos_cannot_show_and_a_payment_that_nobody_was_charged_for(venue: Venue) -> None:
    bill = closed_bill(venue)
    refunded = paid(bill, refunded=Decimal("4.00"))
    released = paid(bill, state=Payment.State.RELEASED, captured_at=None, applied_at=None)
    has(bill, refunded, released)

    row = compared(venue)

    assert {one.cause: (one.captured, one.till) for one in row.differences.all()} == {
        Cause.REFUNDED: (Decimal("6.00"), Decimal("10.00")),
        Cause.NOT_CAPTURED: (Decimal("0.00"), Decimal("10.00")),
    }
    assert row.totals[0]["refunded"] == "4.000"


def test_a_payment_belongs_to_the_service_day_on_which_the_guest_was_charged(venue: Venue) -> None:
    bill = closed_bill(venue)
    late = datetime(2026, 5, 2, 0, 30, tzinfo=UTC)  # half past one in London
    has(
        bill,
        paid(bill),
        paid(bill, created_at=late, captured_at=late),
        paid(bill, captured_at=late + timedelta(hours=5)),
    )

    assert compared(venue).payments == 2
    assert compared(venue, DAY + timedelta(days=1)).payments == 1


def test_other_venues_payments_are_left_alone(venue: Venue, other_venue: Venue) -> None:
    paid(closed_bill(other_venue))
    assert compared(venue).payments == 0


# --- When the POS cannot be asked ------------------------------------------------------------------------------------


def test_it_is_tried_again_while_the_pos_cannot_be_asked_and_decided_in_the_end(
    venue: Venue, clock: time_machine.Traveller
) -> None:
    paid(factories.BillFactory(venue=venue))
    responses.reset()
    row = request_reconciliation(venue=venue, day=DAY, by="Anna")

    for _ in range(5):
        assert carry_out(reconciliation_id=row.pk).startswith("to be tried again")
        assert carry_out(reconciliation_id=row.pk) == "not due"
        clock.shift(TRY_AGAIN_AFTER)
    assert carry_out(reconciliation_id=row.pk) == "1 payments, 1 differences"

    row.refresh_from_db()
    assert (row.state, causes(row)) == ("done", [Cause.CANNOT_BE_CHECKED])
    assert row.error


# --- Every night -----------------------------------------------------------------------------------------------------


def nights() -> list[tuple[str, date]]:
    rows = Reconciliation.objects.filter(nightly=True).order_by("venue__slug", "day")
    return list(rows.values_list("venue__slug", "day"))


def test_each_venues_night_is_compared_once_after_its_service_day_has_ended(
    venue: Venue, other_venue: Venue, clock: time_machine.Traveller
) -> None:
    Venue.objects.filter(pk=other_venue.pk).update(timezone="America/New_York")
    for place in (venue, other_venue):
        PayAtTable.objects.create(venue=place, enabled=True, payments_enabled=True)
    enqueue_due()
    Reconciliation.objects.all().delete()

    clock.move_to(datetime(2026, 5, 2, 4, 29, tzinfo=UTC))
    enqueue_due()
    assert ("copper-pot", DAY) not in nights()
    clock.move_to(datetime(2026, 5, 2, 4, 31, tzinfo=UTC))
    enqueue_due()
    enqueue_due()
    assert nights().count(("copper-pot", DAY)) == 1
    assert ("blue-door", DAY) not in nights()

    clock.move_to(datetime(2026, 5, 2, 9, 31, tzinfo=UTC))
    assert enqueue_due() >= 2
    assert ("blue-door", DAY) in nights()
    assert {task.func() for task in OrmQ.objects.all()} == {"tables.tasks.reconcile"}


def test_a_venue_without_payments_has_no_nights(venue: Venue) -> None:
    PayAtTable.objects.create(venue=venue, enabled=True)
    enqueue_due()
    assert nights() == []


def test_a_nights_differences_are_mailed_to_the_venue_once(venue: Venue) -> None:
    paid(closed_bill(venue, payments_are_final=True, account="A7.1"))
    night = Reconciliation.objects.create(venue=venue, day=DAY, nightly=True)
    carry_out(reconciliation_id=night.pk)

    assert [alerts.send_due(), alerts.send_due()] == [1, 0]

    (message,) = mail.outbox
    assert message.to == [venue.email]
    assert message.subject == "The Copper Pot: 1 payment differs from the till on Friday 1 May"
    assert "Check A7.1: Not on the till. Guest £10.00, till £0.00." in message.body.replace("\N{NO-BREAK SPACE}", " ")
    assert f"/admin/tables/reconciliation/{night.pk}/change/" in message.body


def test_an_e_mail_that_could_not_be_sent_is_tried_again_and_given_up_after_a_day(
    venue: Venue, clock: time_machine.Traveller
) -> None:
    Venue.objects.update(email="")
    paid(closed_bill(venue, payments_are_final=True))
    night = Reconciliation.objects.create(venue=venue, day=DAY, nightly=True)
    carry_out(reconciliation_id=night.pk)

    assert alerts.send_due() == 0
    night.refresh_from_db()
    assert night.next_alert_at == EVENING + alerts.RETRY_AFTER
    clock.shift(timedelta(days=1, minutes=1))
    alerts.send_due()
    assert Reconciliation.objects.filter(pk=night.pk, next_alert_at=None, alerted_at=None).exists()


def test_what_a_manager_asked_for_is_not_mailed(venue: Venue) -> None:
    paid(closed_bill(venue, payments_are_final=True))
    compared(venue)
    assert (alerts.send_due(), mail.outbox) == (0, [])


# --- The command, and the file ---------------------------------------------------------------------------------------


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("reconcile_payments", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_prints_the_sums_and_fails_on_a_difference(venue: Venue) -> None:
    bill = closed_bill(venue)
    has(bill, paid(bill))
    said = command("copper-pot")
    assert "Card: 1 payments, captured 10.00 GBP, tips 0.00 GBP, refunded 0.00 GBP, till 10.00 GBP" in said
    assert "no difference" in said

    paid(closed_bill(venue, payments_are_final=True))
    with pytest.raises(CommandError, match="1 of 2 payments differ from the till"):
        command("copper-pot", "--day", "2026-05-01")
    assert "no difference" in command("copper-pot", "--day", "2026-04-01")
    with pytest.raises(CommandError, match="There is no venue called lost"):
        command("lost")


def test_the_file_has_the_sums_and_every_difference(venue: Venue) -> None:
    paid(closed_bill(venue, payments_are_final=True, account="=A7.1"), tip=Decimal("0.50"))

    answer: Any = reconciliation_csv(compared(venue))
    lines = b"".join(answer.streaming_content).decode().splitlines()

    assert answer["Content-Disposition"] == 'attachment; filename="payments-copper-pot-2026-05-01.csv"'
    assert lines[1] == "2026-05-01,total,Card,,,,10.00,0.50,0.00,0.00,1"
    assert lines[2].startswith("2026-05-01,Not on the till,Card,'=A7.1,,pay-")
