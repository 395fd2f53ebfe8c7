"""Bills in the back office: the list with its filters, and a bill's page."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from storekit.models import Venue
from tables.models import Bill, Payment
from tests import factories

LIST = "/admin/tables/bill/"


def listed(browser: Client, **query: Any) -> list[str]:
    return sorted(bill.account for bill in browser.get(LIST, query).context["cl"].result_list)


def page(browser: Client, bill: Bill) -> str:
    answer = browser.get(f"{LIST}{bill.pk}/change/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture
def bills(venue: Venue) -> None:
    for account, status, table in (("A1.1", "open", 7), ("A2.1", "paid", 8), ("A3.1", "closed", 7)):
        factories.BillFactory(venue=venue, account=account, status=status, table_number=table)


@pytest.mark.parametrize(
    ("query", "accounts"),
    [
        ({}, ["A1.1", "A2.1", "A3.1"]),
        ({"state": "open"}, ["A1.1"]),
        ({"state": "closed"}, ["A3.1"]),
        ({"table": "7"}, ["A1.1", "A3.1"]),
        ({"table": "7", "state": "closed"}, ["A3.1"]),
        ({"table": "no number"}, ["A1.1", "A2.1", "A3.1"]),
        ({"q": "A2.1"}, ["A2.1"]),
    ],
)
def test_bills_are_found_by_state_and_table(
    bills: None, bens_browser: Client, query: dict[str, str], accounts: list[str]
) -> None:
    assert listed(bens_browser, **query) == accounts


def test_a_bill_after_midnight_belongs_to_the_evening_before(venue: Venue, bens_browser: Client) -> None:
    late = factories.BillFactory(venue=venue, account="A1.1")
    Bill.objects.filter(pk=late.pk).update(created_at=datetime(2026, 5, 1, 23, 30, tzinfo=UTC))  # half past midnight

    assert listed(bens_browser, first="2026-05-01", last="2026-05-01") == ["A1.1"]
    assert listed(bens_browser, first="2026-05-02") == []


def test_the_form_and_the_links_keep_each_others_choice(bills: None, bens_browser: Client) -> None:
    answer = bens_browser.get(LIST, {"table": "7", "state": "open"})

    assert answer.context["other_filters"] == [("state", "open")]
    assert "?table=7&state=closed" in [link.url for link in answer.context["filter_links"]]


def test_a_bills_page_shows_lines_totals_and_everyones_payments(venue: Venue, bens_browser: Client) -> None:
    extra = factories.bill_line("Extra cheese", "1.50")
    burger = factories.bill_line("Burger", "10.00", discount="2.00", sub_lines=[extra])
    burger["modifiers"] = [{"name": "No onions", "quantity": "1"}, {"name": "Ketchup", "quantity": "2"}]
    bill = factories.BillFactory(
        venue=venue, account="A7.2", total=Decimal("11.50"), paid=Decimal("8.00"), lines=[burger], name="Ada"
    )
    paid = factories.PaymentFactory(bill=bill, amount=Decimal("5.00"), tip=Decimal("0.50"))
    till = {"method": "Cash", "amount": "3.00", "reference": "", "at": "2026-05-01T19:00:00+00:00"}
    bill.payments = [till, till | {"amount": "5.00", "method": "APM", "reference": paid.pos_reference}]
    bill.save()
    factories.PaymentFactory(bill=bill, amount=Decimal("2.00"), state=Payment.State.RELEASED, card="")

    shown = page(bens_browser, bill)

    for text in ("£3.50 due", "Burger", "No onions, 2 × Ketchup, £2.00 off", "Extra cheese", "Ada", "£8.00"):
        assert text in shown
    # The till's list also has the guest's payment, which is shown once.
    assert [
        (one.what, one.amount, one.state) for one in bens_browser.get(f"{LIST}{bill.pk}/change/").context["payments"]
    ] == [
        ("Card", "£2.00", "Not charged"),
        ("Visa 4242", "£5.00 and a tip of £0.50", "Paid"),
        ("Cash", "£3.00", "On the till"),
    ]


def test_the_number_of_queries_does_not_grow_with_the_list(venue: Venue, annas_browser: Client) -> None:
    numbers = []
    for size in (2, 20):
        for _ in range(size):
            factories.PaymentFactory(bill=factories.BillFactory(venue=venue))
        with CaptureQueriesContext(database) as queries:
            assert annas_browser.get(LIST).status_code == 200
        with CaptureQueriesContext(database) as more:
            assert annas_browser.get("/admin/tables/payment/").status_code == 200
        numbers.append((len(queries), len(more)))

    assert numbers[0] == numbers[1]


def test_a_bill_that_the_till_keeps_open_or_has_otherwise_says_so(venue: Venue, bens_browser: Client) -> None:
    factories.BillFactory(venue=venue, account="A1.1", status="closed")
    on_till = factories.BillFactory(venue=venue, account="A2.1", status="closed", open_on_till=True)
    differs = factories.BillFactory(venue=venue, account="A3.1", status="closed", disagreement="Twice on the till")

    assert (listed(bens_browser, state="till"), listed(bens_browser, state="differs")) == (["A2.1"], ["A3.1"])
    assert "Closed for guests, and still open on the till" in page(bens_browser, on_till)
    assert "Guests’ payments differ from the till’s. Twice on the till." in page(bens_browser, differs)
