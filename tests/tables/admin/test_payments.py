"""Guests' payments in the back office: the list with its filters, and a payment's page with its timeline."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from storekit.models import Venue
from tables.models import Payment, PaymentAlert, PaymentAttempt, PaymentRefund
from tests import factories

LIST = "/admin/tables/payment/"
EVENING = datetime(2026, 5, 1, 18, 30, tzinfo=UTC)
State = Payment.State


def listed(browser: Client, **query: Any) -> list[str]:
    return sorted(payment.pos_reference for payment in browser.get(LIST, query).context["cl"].result_list)


def page(browser: Client, payment: Payment) -> Any:
    answer = browser.get(f"{LIST}{payment.pk}/change/")
    assert answer.status_code == 200
    return answer


def make_payment(venue: Venue, **values: Any) -> Payment:
    made: Payment = factories.PaymentFactory(bill=factories.BillFactory(venue=venue), **values)
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["held", "not known", "paid", "part", "sent"]),
        ({"state": "staff"}, ["not known"]),
        ({"state": "guest"}, ["held"]),
        ({"state": "till"}, ["not known", "sent"]),
        ({"state": "paid"}, ["paid", "part"]),
        ({"state": "refunded"}, ["part"]),
        ({"state": "released"}, []),
        ({"method": "gift_card"}, ["part"]),
        ({"q": "paid"}, ["paid"]),
    ],
)
def test_payments_are_found_by_what_became_of_them(
    venue: Venue, bens_browser: Client, query: dict[str, str], found: list[str]
) -> None:
    make_payment(venue, pos_reference="held", state=State.HELD)
    make_payment(venue, pos_reference="sent", state=State.SENT)
    make_payment(venue, pos_reference="not known", state=State.SENT, needs_staff=True)
    make_payment(venue, pos_reference="paid")
    make_payment(venue, pos_reference="part", refunded=Decimal("1.00"), method=Payment.Method.GIFT_CARD)

    assert listed(bens_browser, **query) == found


def test_payments_are_found_by_day(venue: Venue, bens_browser: Client) -> None:
    make_payment(venue, pos_reference="first", created_at=EVENING)
    make_payment(venue, pos_reference="second", created_at=EVENING + timedelta(days=1))

    assert listed(bens_browser, first="2026-05-02") == ["second"]
    assert listed(bens_browser, first="2026-05-01", last="2026-05-01") == ["first"]


def test_a_payment_that_needs_a_person_says_why(venue: Venue, bens_browser: Client) -> None:
    payment = make_payment(venue, state=State.SENT, needs_staff=True, error="The till never answered.")

    summary = page(bens_browser, payment).context["summary"]

    assert (summary.tone, summary.headline) == ("bad", "Needs you: sent to the till")
    assert summary.reason == "The till never answered."


@time_machine.travel(EVENING + timedelta(hours=1), tick=False)
def test_the_timeline_tells_everything_in_order(venue: Venue, bens_browser: Client) -> None:
    def at(seconds: int) -> datetime:
        return EVENING + timedelta(seconds=seconds)

    payment = make_payment(
        venue,
        tip=Decimal("1.00"),
        created_at=at(0),
        applied_at=at(4),
        captured_at=at(6),
        account="A1.1",
        captured=Decimal("11.00"),
    )
    step, outcome = PaymentAttempt.Step, PaymentAttempt.Outcome
    payment.attempt_rows.create(step=step.AUTHORISE, started_at=at(1), outcome=outcome.DONE)
    payment.attempt_rows.create(step=step.SEND, started_at=at(2), outcome=outcome.UNREACHABLE, detail="HTTP 503")
    payment.alerts.create(
        channel=PaymentAlert.Channel.TILL, about=PaymentAlert.About.NO_WORD, created_at=at(8), sent_at=at(9)
    )
    payment.refunds.create(
        key="1", amount=Decimal("3.00"), requested_by="Anna", requested_at=at(7), reason="Cold", done_at=at(8),
        state=PaymentRefund.State.DONE,
    )  # fmt: skip

    timeline = page(bens_browser, payment).context["timeline"]

    assert [(entry.what, entry.detail, entry.tone) for entry in timeline] == [
        ("Started", "", ""),
        ("Authorise: done", "", "good"),
        ("Send to the till: no answer", "HTTP 503", "warning"),
        ("On the till", "Check A1.1", "good"),
        ("Charged £11.00", "", "good"),
        ("Refund of £3.00 asked for by Anna", "Cold", ""),
        ("Refunded: £3.00", "", "good"),
        ("Message on the till: “Nobody knows whether it is on the till”, sent", "", "good"),
    ]
    assert timeline[0].when == "today, 19:30:00"


def test_amounts_say_what_the_guest_was_charged_in_the_end(venue: Venue, bens_browser: Client) -> None:
    payment = make_payment(venue, tip=Decimal("1.00"), refunded=Decimal("4.00"))

    amounts = [
        (name, text.replace("\N{MINUS SIGN}", "-")) for name, text in page(bens_browser, payment).context["amounts"]
    ]

    assert amounts[:2] == [("Of the bill", "£10.00"), ("Tip", "£1.00")]
    assert amounts[2:] == [("Charged", "£11.00"), ("Refunded", "-£4.00"), ("Net", "£7.00")]


def test_a_payments_page_leads_to_its_bill(venue: Venue, bens_browser: Client) -> None:
    payment = make_payment(venue)

    assert f"/admin/tables/bill/{payment.bill_id}/change/" in page(bens_browser, payment).content.decode()


# --- What staff decide -----------------------------------------------------------------------------------------------


def needing(venue: Venue, state: str = State.SENT, **values: Any) -> Payment:
    values = {"authorised_at": EVENING, "sent_at": EVENING, "answer_by": EVENING} | values
    return make_payment(venue, state=state, needs_staff=True, **values)


def labels(browser: Client, payment: Payment) -> list[str]:
    return [button.label for button in page(browser, payment).context["buttons"]]


def test_each_payment_that_needs_a_person_offers_what_can_be_decided(venue: Venue, bens_browser: Client) -> None:
    settled = "I have dealt with it"
    assert labels(bens_browser, needing(venue)) == ["It is on the till", "It is not on the till"]
    assert labels(bens_browser, needing(venue, State.APPLIED)) == ["Try to charge the guest again", settled]
    assert labels(bens_browser, needing(venue, State.REFUSED)) == [settled]
    assert labels(bens_browser, make_payment(venue, state=State.SENT)) == []


@pytest.mark.parametrize(
    ("page_name", "state", "after"),
    [
        ("on-till", State.SENT, State.APPLIED),
        ("not-on-till", State.SENT, State.REFUSED),
        ("settled", State.APPLIED, State.APPLIED),
    ],
)
def test_a_decision_is_asked_for_and_then_carried_out_once(
    venue: Venue, bens_browser: Client, page_name: str, state: str, after: str
) -> None:
    payment = needing(venue, state)
    url = f"{LIST}{payment.pk}/{page_name}/"
    assert "£10.00" in bens_browser.get(url).content.decode()
    payment.refresh_from_db()
    assert (payment.state, payment.needs_staff) == (state, True)

    bens_browser.post(url)
    again = bens_browser.post(url, follow=True)

    payment.refresh_from_db()
    assert (payment.state, payment.needs_staff, payment.settled_by) == (after, False, "Ben")
    assert "Nothing has changed." in again.content.decode()


def test_the_guest_is_charged_again_on_a_click(venue: Venue, bens_browser: Client) -> None:
    payment = needing(venue, State.APPLIED, attempts=9)

    bens_browser.post(f"{LIST}{payment.pk}/capture-again/")

    payment.refresh_from_db()
    assert (payment.attempts, payment.next_attempt_at is not None) == (0, True)
