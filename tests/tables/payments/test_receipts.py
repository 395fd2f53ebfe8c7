"""Receipts: a page to print, and an e-mail that goes out once."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from tables.bills.splitting import EqualShares, Items
from tables.models import Payment, Table
from tables.payments import receipts
from tables.payments.receipts import send_receipt
from tests.tables.payments.tables import go_on, pay, queued, says


def paid(table: Table, **more: Any) -> Payment:
    payment = pay(table, **more)
    go_on(payment)
    says(payment)
    go_on(payment)
    payment.refresh_from_db()
    assert payment.state == Payment.State.CAPTURED
    return payment


def page_of(payment: Payment, token: str | None, query: str = "") -> Any:
    return Client().get(f"/t/{token}/payments/{payment.pk}/{query}")


def test_a_paid_guest_has_a_receipt_to_print(table: Table) -> None:
    half = Items({"line-Soup": Fraction(1), "line-Wine": Fraction(1, 3)})
    text = page_of(paid(table, choice=half, tip=Decimal("2.00")), table.token).content.decode()

    assert "The Copper Pot" in text
    assert "By the door" in text
    assert "1 May 2026" in text
    assert "<li>Soup</li><li>1/3 × Wine</li>" in text
    assert all(amount in text for amount in ("£17.50", "£2.00", "£19.50"))
    assert "Card: Test card ok" in text


def test_a_payment_that_is_not_paid_has_no_receipt(table: Table) -> None:
    answer = page_of(pay(table), table.token)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/{table.token}/")


def test_a_receipt_is_found_only_with_the_code_of_its_own_table(table: Table) -> None:
    other = Table.objects.create(venue=table.venue, area=table.area, pos_id="8", number=8)

    assert page_of(paid(table), other.token).status_code == 302


def test_the_receipt_is_mailed_once_in_the_guests_language(
    table: Table, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        payment = paid(table, email="ada@example.com", language="fr", choice=EqualShares(2, 5))

    assert ("tables.tasks.send_receipt", str(payment.pk)) in queued()
    assert send_receipt(payment_id=payment.pk) == "sent"
    assert send_receipt(payment_id=payment.pk) == "not due"
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert message.subject == "Votre reçu de The Copper Pot"
    assert "15,00\N{NO-BREAK SPACE}£GB" in str(message.body)
    assert "2/5" in str(message.body)
    payment.refresh_from_db()
    assert payment.receipt_sent_at is not None


def test_without_an_address_nothing_is_mailed(table: Table) -> None:
    payment = paid(table)

    assert send_receipt(payment_id=payment.pk) == "not due"
    assert receipts.enqueue_due() == 0


def test_while_the_mail_server_is_away_the_receipt_waits_ever_longer_and_is_given_up_after_two_days(
    table: Table, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(table, email="ada@example.com")

    def away(*args: Any, **kwargs: Any) -> None:
        raise OSError

    tried = 0
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.message.EmailMessage.send", away)
        while payment.receipt_due_at is not None:
            assert receipts.enqueue_due() == 1
            assert send_receipt(payment_id=payment.pk) == "OSError"
            tried += 1
            payment.refresh_from_db()
            if payment.receipt_due_at is not None:
                clock.move_to(payment.receipt_due_at)

    assert 8 < tried < 20
    assert send_receipt(payment_id=payment.pk) == "not due"
    assert mail.outbox == []


def test_a_process_that_dies_after_sending_leaves_the_receipt_for_another(
    table: Table, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(table, email="ada@example.com")
    with monkeypatch.context() as patched:
        patched.setattr(receipts, "_mail", lambda payment: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            send_receipt(payment_id=payment.pk)

    assert send_receipt(payment_id=payment.pk) == "not due"
    clock.shift(receipts.LEASE)
    assert send_receipt(payment_id=payment.pk) == "sent"
    assert len(mail.outbox) == 1
