"""Anna follows the floor on her phone, and opens a bill, a payment and the settings from there."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from storekit.models import User, Venue
from tables.models import Bill, PayAtTable, Payment, PaymentAttempt, Reconciliation
from tests import factories
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def evening(venue: Venue) -> Bill:
    """Eight tables, a bill in every state, and a payment that needs a person; returns the bill of table 5."""
    row = PayAtTable.objects.create(venue=venue, enabled=True, payments_enabled=True)
    assert row.pk
    bills: dict[int, Bill] = {}
    for name, numbers in (("Main room", range(1, 6)), ("Terrace", range(11, 14))):
        area = factories.AreaFactory(venue=venue, name=name, position=len(bills))
        for number in numbers:
            factories.TableFactory(venue=venue, area=area, number=number, name="Corner" if number == 13 else "")
    for number in (2, 3, 4, 5, 13):
        bills[number] = factories.BillFactory(venue=venue, table_number=number, account=f"A{number}.1", name="Ada")
    Bill.objects.filter(pk=bills[3].pk).update(status=Bill.Status.PAID, paid=Decimal("10.00"))
    factories.BillFactory(venue=venue, table_number=None)
    factories.PaymentFactory(bill=bills[4], state=Payment.State.SENT, amount=Decimal("4.00"))
    factories.PaymentFactory(bill=bills[13], state=Payment.State.HELD, amount=Decimal("10.00"))
    payment = factories.PaymentFactory(
        bill=bills[5], state=Payment.State.SENT, needs_staff=True, error="The till has not said whether it took it."
    )
    step, outcome = PaymentAttempt.Step, PaymentAttempt.Outcome
    payment.attempt_rows.create(step=step.AUTHORISE, outcome=outcome.DONE)
    payment.attempt_rows.create(step=step.SEND, outcome=outcome.UNREACHABLE, detail="HTTP 503")
    return bills[5]


def test_the_floor_follows_by_itself_and_leads_to_bills_and_payments(visit: Visit, anna: User, evening: Bill) -> None:
    page = visit.page
    visit.log_in(anna)
    visit.open("/admin/tables/payattable/floor/")
    tile = page.locator(".floor-tile").filter(has_text="Needs you")
    expect(tile).to_contain_text("£10.00 due")
    expect(page.locator("#floor-status")).to_have_text("1 payment needs you")
    visit.screenshot("floor")
    visit.assert_in_order("#floor")

    tile.get_by_role("link").focus()
    Bill.objects.filter(pk=evening.pk).update(paid=Decimal("7.00"))
    expect(tile).to_contain_text("£3.00 due")
    expect(tile.get_by_role("link")).to_be_focused()

    tile.get_by_role("link").click()
    expect(page.get_by_role("heading", name="£3.00 due")).to_be_visible()
    visit.screenshot("bill")
    visit.assert_in_order("#bill")
    page.locator(".sk-payments").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Needs you: sent to the till")).to_be_visible()
    visit.screenshot("payment")
    visit.assert_in_order("#payment")


def test_the_lists_the_comparison_and_the_settings(visit: Visit, anna: User, evening: Bill) -> None:
    visit.log_in(anna)
    for name in ("bill", "payment"):
        visit.open(f"/admin/tables/{name}/")
        visit.screenshot(f"{name}s")
        visit.assert_in_order(".sk-filter")
    sums = {"method": "card", "payments": 2, "captured": "20.00", "tips": "1.00", "refunded": "0", "till": "10.00"}
    row = Reconciliation.objects.create(
        venue=evening.venue, day="2026-05-01", state="done", difference_count=1, totals=[sums], next_attempt_at=None
    )
    payment = evening.guest_payments.get()
    row.differences.create(payment=payment, bill=evening, cause="not_on_till", account="A5.1", captured=10, till=0)
    visit.open(f"/admin/tables/reconciliation/{row.pk}/change/")
    visit.screenshot("reconciliation")
    visit.assert_in_order("#reconciliation")
    visit.open("/admin/tables/reconciliation/compare/")
    visit.screenshot("reconciliation-compare")
    visit.assert_in_order(".sk")
    visit.open(f"/admin/tables/payattable/{PayAtTable.objects.get().pk}/change/")
    visit.screenshot("pay-at-table")
    visit.assert_in_order("#payattable_form")
