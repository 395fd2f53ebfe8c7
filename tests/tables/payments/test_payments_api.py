"""`POST /api/v1/tables/TOKEN/bills/ID/payments` and `GET …/payments/ID`, for guests who have the token."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from tables.bills.refreshing import refresh_bills
from tables.guest.payments import PaymentsByTable
from tables.models import Bill, PayAtTable, Payment, SandboxCharge, Table
from tests.tables.bills.tills import till_is_silent
from tests.tables.payments.tables import Till, go_on, queued, says

FULL = {"split": {"mode": "full"}, "card": {"token": "ok"}}


def bill_of(table: Table) -> Bill:
    refresh_bills(venue=table.venue, patience=0)
    return Bill.objects.get(table_number=table.number)


def post(table: Table, body: Any = FULL, *, key: str = "", bill: Any = None) -> Any:
    address = f"/api/v1/tables/{table.token}/bills/{bill or bill_of(table).pk}/payments"
    return APIClient().post(address, body, format="json", headers={"Idempotency-Key": key or uuid4().hex})


def get(table: Table, payment: Any) -> Any:
    return APIClient().get(f"/api/v1/tables/{table.token}/payments/{payment}")


def problem(answer: Any) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error["attr"]


def test_a_guest_pays_and_follows_the_payment(table: Table, django_capture_on_commit_callbacks: Any) -> None:
    body = {**FULL, "tip": "3.75", "email": "ada@example.com"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(table, body)

    assert answer.status_code == 201, answer.content
    payment = Payment.objects.get()
    expected = {"id": str(payment.pk), "amount": "37.50", "tip": "3.75", "due_after": "0.00", "error": None}
    assert answer.json() == {
        **expected,
        "status": "pending",
        "stage": "processing",
        "provider": {"name": "sandbox"},
    }
    assert queued() == [("tables.tasks.advance_payment", str(payment.pk))]

    go_on(payment)
    assert get(table, payment.pk).json()["stage"] == "settling"
    says(payment)
    go_on(payment)
    answer = get(table, payment.pk)
    assert answer.json() == {**expected, "status": "succeeded", "stage": "paid", "provider": {"name": "sandbox"}}
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_same_request_again_starts_nothing(table: Table) -> None:
    first, again = post(table, key="k-1"), post(table, key="k-1")

    assert (again.status_code, again.json()) == (201, first.json())
    assert Payment.objects.count() == 1
    assert problem(post(table, {**FULL, "tip": "1.00"}, key="k-1")) == (409, "conflict", None)


@pytest.mark.parametrize(
    ("split", "amount", "due_after"),
    [
        ({"mode": "items", "lines": [{"line": "line-Wine", "quantity": "1/3"}]}, "10.00", "27.50"),
        ({"mode": "items", "lines": [{"line": "line-Soup", "quantity": 1}]}, "7.50", "30.00"),
        ({"mode": "shares", "shares": 2, "of": 5}, "15.00", "22.50"),
        ({"mode": "amount", "amount": "12.34"}, "12.34", "25.16"),
    ],
)
def test_a_guest_pays_a_part(table: Table, split: Any, amount: str, due_after: str) -> None:
    body = post(table, {**FULL, "split": split}).json()

    assert (body["amount"], body["due_after"]) == (amount, due_after)
    (bill,) = APIClient().get(f"/api/v1/tables/{table.token}").json()["bills"]
    assert (bill["totals"]["pending"], bill["totals"]["due"]) == (amount, due_after)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"split": {"mode": "items"}}, (400, "required", "split.lines")),
        ({"split": {"mode": "items", "lines": [{"line": "x", "quantity": "-1"}]}}, (400, "invalid", None)),
        ({"split": {"mode": "items", "lines": [{"line": "x", "quantity": "1"}]}}, (409, "unknown_line", None)),
        ({"split": {"mode": "shares", "shares": 3, "of": 2}}, (400, "invalid", "split")),
        ({"split": {"mode": "amount", "amount": "37.51"}}, (409, "more_than_due", None)),
        ({"split": {"mode": "amount", "amount": "0.001"}}, (400, "max_decimal_places", "split.amount")),
        ({"tip": "40.00"}, (400, "invalid_tip", "tip")),
        ({"tip": "-1.00"}, (400, "min_value", "tip")),
        ({"method": "gift_card"}, (400, "required", "gift_card")),
        ({"method": "gift_card", "gift_card": "ABCD"}, (409, "gift_cards_off", None)),
        ({"email": "ada"}, (400, "invalid", "email")),
    ],
)
def test_what_cannot_be_paid_is_refused(table: Table, change: Any, expected: Any) -> None:
    status, code, attr = problem(post(table, {**FULL, **change}))

    assert (status, code) == expected[:2]
    assert expected[2] in (attr, None)
    assert not Payment.objects.exists()


def test_a_gift_cards_code_is_stored_encrypted_until_it_was_used(table: Table) -> None:
    PayAtTable.objects.update(gift_cards=True)

    assert post(table, {"split": {"mode": "full"}, "method": "gift_card", "gift_card": "ABCD-2345"}).status_code == 201

    payment = Payment.objects.get()
    assert (payment.provider, payment.posted_card) == ("gift_card", '{"code": "ABCD-2345"}')
    with connection.cursor() as cursor:
        cursor.execute("SELECT posted_card FROM tables_payment")
        (stored,) = cursor.fetchone()
    assert "ABCD" not in stored


@pytest.mark.parametrize("off", ["enabled", "payments_enabled"])
def test_no_payment_is_taken_unless_the_venue_wants_it(table: Table, off: str) -> None:
    bill = bill_of(table).pk
    PayAtTable.objects.update(**{off: False})

    assert post(table, bill=bill).status_code == (404 if off == "enabled" else 409)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("bill", ["00000000-0000-0000-0000-000000000000", "7"])
def test_only_bills_of_the_table_can_be_paid(table: Table, bill: str) -> None:
    other = Table.objects.create(venue=table.venue, area=table.area, pos_id="8", number=8)
    own = bill_of(table).pk

    assert problem(post(other, bill=own))[:2] == (404, "unknown_bill")
    assert problem(post(table, bill=bill))[:2] == (404, "unknown_bill")


def test_a_payment_is_shown_at_its_own_table_only(table: Table) -> None:
    other = Table.objects.create(venue=table.venue, area=table.area, pos_id="8", number=8)
    payment = post(table).json()["id"]

    assert get(table, payment).status_code == 200
    assert problem(get(other, payment))[:2] == (404, "not_found")
    assert get(table, "x").status_code == 404


def test_a_refused_guest_reads_why_in_their_own_language(table: Table) -> None:
    payment = Payment.objects.get(pk=post(table, {**FULL, "card": {"token": "declined"}}).json()["id"])
    go_on(payment)

    body = get(table, payment.pk).json()
    assert (body["status"], body["stage"], body["due_after"]) == ("failed", "not_charged", "37.50")
    assert body["error"] == {"code": "card_declined", "detail": "Your card was declined. Try another one."}


def test_a_flood_of_payments_at_one_table_is_stopped(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PaymentsByTable, "rate", "1/minute")
    bill = bill_of(table).pk

    assert [post(table, bill=bill).status_code for _ in range(2)] == [201, 429]


def test_nothing_is_paid_while_the_till_cannot_be_asked(table: Table, till: Till) -> None:
    till_is_silent()

    assert problem(post(table, bill=uuid4()))[:2] == (503, "pos_unavailable")


@pytest.mark.parametrize(("answer", "state"), [("confirm", "sent"), ("decline", "released")])
def test_a_guest_confirms_a_card_on_the_providers_page(table: Table, answer: str, state: str) -> None:
    payment = Payment.objects.get(pk=post(table, {**FULL, "card": {"token": "confirm"}}).json()["id"])
    go_on(payment)
    body = get(table, payment.pk).json()
    assert body["stage"] == "needs_guest"
    page = body["provider"]["confirm_at"]

    browser = Client(enforce_csrf_checks=True)
    shown = browser.get(page)
    assert b"\xc2\xa337.50" in shown.content
    assert browser.post(page, {"answer": answer}).status_code == 403
    token = browser.cookies["csrftoken"].value
    assert browser.post(page, {"answer": answer, "csrfmiddlewaretoken": token}).status_code == 200

    assert go_on(payment) == state
    assert SandboxCharge.objects.get().state == ("authorised" if answer == "confirm" else "declined")
