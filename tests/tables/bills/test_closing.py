"""A paid bill is looked for on the till some minutes later: closed, closed for guests only, or open again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import responses
import time_machine
from django_q.models import OrmQ

from integrations.models import Connection, LightspeedSettings, TokenPair
from integrations.pos import CheckPayment, OpenCheck, OrderEvent, OrderUpdate
from storekit.models import Venue
from tables.bills.closing import KEEP_LOOKING_FOR, LOOK_AGAIN_AFTER, TRY_AGAIN_AFTER, check_settled_bill, enqueue_due
from tables.bills.pos_events import check_changed
from tables.bills.recording import SETTLED_AFTER
from tables.bills.refreshing import refresh_bills
from tables.models import Bill, PayAtTable, Payment
from tables.payments.till.references import reference_of
from tests import factories
from tests.tables.bills.tills import Json, asked_by_identifier, check, line, till_has

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOUP, WINE = line("Soup", "7.50"), line("Wine", "30.00")
DELAY = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    with responses.mock, time_machine.travel(NOON, tick=False) as traveller:
        TokenPair.objects.update(expires_at=NOON + timedelta(days=9))
        PayAtTable.objects.create(venue=connection.venue, enabled=True)
        yield traveller


@pytest.fixture
def bill(venue: Venue) -> Bill:
    """Paid at noon."""
    return read(venue, paid_check())


def paid_check(*lines: Json, paid: str = "7.50", **more: Any) -> Json:
    return check("A1.1", *(lines or (SOUP,)), paidAmount=paid, **more)


def read(venue: Venue, *checks: Json) -> Bill:
    """The bill once the till has been read, which has these checks open."""
    till_has(*checks)
    venue.refresh_from_db()
    refresh_bills(venue=venue, patience=0)
    return Bill.objects.get()


def state(bill: Bill) -> tuple[str, bool, datetime | None]:
    bill.refresh_from_db()
    return bill.status, bill.open_on_till, bill.check_at


def test_a_paid_bill_is_looked_for_after_the_venues_delay(venue: Venue) -> None:
    LightspeedSettings.objects.update(auto_close_delay=20)
    assert state(read(venue, check("A1.1", SOUP))) == ("open", False, None)

    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        paid = read(venue, paid_check())
    assert state(paid) == ("paid", False, NOON + timedelta(minutes=21))


def test_a_bill_is_closed_once_its_check_is_gone(bill: Bill, clock: time_machine.Traveller) -> None:
    till_has()
    assert check_settled_bill(bill_id=bill.pk) == "not due"
    assert asked_by_identifier() == []

    clock.shift(DELAY)
    assert check_settled_bill(bill_id=bill.pk) == "closed"
    assert state(bill) == ("closed", False, None)
    assert check_settled_bill(bill_id=bill.pk) == "not due"


def test_a_check_that_stays_open_and_paid_is_closed_for_guests(
    venue: Venue, bill: Bill, clock: time_machine.Traveller
) -> None:
    clock.shift(DELAY)
    version = bill.version

    assert check_settled_bill(bill_id=bill.pk) == "still open on the till"
    assert state(bill) == ("closed", True, NOON + DELAY + LOOK_AGAIN_AFTER)
    assert bill.version > version

    # It stays closed while the till lists it as it is, until the till has closed it, too.
    clock.shift(timedelta(minutes=1))
    read(venue, paid_check())
    assert state(bill)[:2] == ("closed", True)
    till_has()
    clock.shift(LOOK_AGAIN_AFTER)
    assert check_settled_bill(bill_id=bill.pk) == "closed"
    assert state(bill) == ("closed", False, None)


def test_the_till_is_not_asked_for_ever(bill: Bill, clock: time_machine.Traveller) -> None:
    clock.shift(DELAY)
    check_settled_bill(bill_id=bill.pk)
    clock.shift(KEEP_LOOKING_FOR + LOOK_AGAIN_AFTER)

    assert check_settled_bill(bill_id=bill.pk) == "still open on the till"
    assert state(bill) == ("closed", True, None)


@pytest.mark.parametrize("closed_for_guests", [False, True])
def test_a_check_that_is_owed_again_is_open_again(
    venue: Venue, bill: Bill, clock: time_machine.Traveller, closed_for_guests: bool
) -> None:
    clock.shift(DELAY)
    if closed_for_guests:
        check_settled_bill(bill_id=bill.pk)
        clock.shift(LOOK_AGAIN_AFTER)
    till_has(paid_check(SOUP, WINE))

    assert check_settled_bill(bill_id=bill.pk) == "open"
    assert state(bill) == ("open", False, None)
    assert bill.closed_at is None


def test_while_the_pos_cannot_be_asked_nothing_is_decided(bill: Bill, clock: time_machine.Traveller) -> None:
    till_has()
    responses.reset()
    clock.shift(DELAY)

    assert check_settled_bill(bill_id=bill.pk) == "the POS cannot be asked"
    assert state(bill) == ("paid", False, NOON + DELAY + TRY_AGAIN_AFTER)


def test_due_bills_are_queued(bill: Bill, clock: time_machine.Traveller) -> None:
    factories.BillFactory(venue=bill.venue)
    assert enqueue_due() == 0
    clock.shift(DELAY + timedelta(seconds=6))

    assert enqueue_due() == 1
    task = OrmQ.objects.get()
    assert (task.func(), task.args()) == ("tables.tasks.check_settled_bill", (str(bill.pk),))


# --- Guests' payments and the till's ---------------------------------------------------------------------------------


def entry(payment: Payment, amount: str = "7.50") -> Json:
    return {"amountPaid": amount, "externalReference": payment.pos_reference, "active": True, "paymentMethodCode": "A"}


@pytest.mark.parametrize(
    ("on_till", "said"),
    [
        (["7.50"], ""),
        (["7.00"], "Another amount on the till"),
        ([], "Not on the till"),
        (["4", "3.50"], "Twice on the till"),
    ],
)
def test_a_bill_says_how_guests_payments_differ_from_the_tills(
    bill: Bill, clock: time_machine.Traveller, on_till: list[str], said: str
) -> None:
    payment = factories.PaymentFactory(bill=bill, amount=Decimal("7.50"), applied_at=NOON)
    till_has(paid_check(paymentEntries=[entry(payment, amount) for amount in on_till]))
    clock.shift(DELAY)

    check_settled_bill(bill_id=bill.pk)

    bill.refresh_from_db()
    assert bill.disagreement == said


def test_a_notification_of_the_close_has_the_last_word_about_payments(
    bill: Bill, clock: time_machine.Traveller
) -> None:
    payment = factories.PaymentFactory(bill=bill, amount=Decimal("7.50"), applied_at=NOON)
    other = reference_of(payment_id=bill.pk, revision=1)
    final = OpenCheck(
        account="A1.1", name="", table=7, amount=Decimal("7.50"), paid=Decimal("7.50"), opened_at=None, uuid="uuid-A1",
        payments=(CheckPayment(Decimal("7.50"), "APM", other, NOON),),
    )  # fmt: skip
    update = OrderUpdate(event=OrderEvent.COMPLETED, reference="", account="A1.1", check_uuid="uuid-A1", check=final)

    check_changed(venue=bill.venue, update=update)

    assert state(bill) == ("closed", False, NOON + SETTLED_AFTER)
    assert (bill.payments_are_final, [row["reference"] for row in bill.payments]) == (True, [other])
    clock.shift(SETTLED_AFTER)
    assert check_settled_bill(bill_id=bill.pk) == "closed"
    bill.refresh_from_db()
    assert bill.disagreement == "Not on the till; On the till, but the guest was not charged"
    assert asked_by_identifier() == []
    assert payment.pos_reference != other
