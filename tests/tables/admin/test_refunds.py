"""The refund's page: managers give a payment back, whole or in part, once however often they click."""

import re
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from storekit.models import Venue
from tables.gift_cards.service import set_expiry
from tables.models import Payment, PaymentRefund
from tables.payments.providers.gift_cards import GiftCardProvider
from tests.tables.gift_cards.cards import a_card, a_payment, charge

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(venue: Venue) -> Payment:
    columns: dict[str, Any] = {"state": Payment.State.CAPTURED, "captured": Decimal("32.50"), "tip": Decimal("2.50")}
    return a_payment(venue, provider="sandbox", method=Payment.Method.CARD, card="Visa 4242", **columns)


def page(payment: Payment) -> str:
    return f"/admin/tables/payment/{payment.pk}/refund/"


def form(key: str = "", **fields: str) -> dict[str, str]:
    return {"form_key": key or uuid.uuid4().hex, "amount": "32.50", "reason": "Cold soup", **fields}


def test_a_manager_is_asked_and_then_refunds_once_however_often_they_click(
    payment: Payment, annas_browser: Client
) -> None:
    asked = annas_browser.get(page(payment)).content.decode()
    for words in ("Refund this payment of £32.50?", "Visa 4242", "£32.50 at most", 'value="32.50"'):
        assert words in asked
    found = re.search('name="form_key" value="([0-9a-f]{32})"', asked)
    assert found
    assert not PaymentRefund.objects.exists()

    for _ in range(2):
        answer = annas_browser.post(page(payment), form(found[1]), follow=True)
        assert "£32.50 is being refunded" in answer.content.decode()

    refund = PaymentRefund.objects.get()
    assert (refund.amount, refund.reason) == (Decimal("32.50"), "Cold soup")
    assert refund.requested_by == "Anna"
    again = annas_browser.get(page(payment), follow=True).content.decode()
    assert "Nothing of this payment can be refunded." in again


@pytest.mark.parametrize(
    ("amount", "words"), [("32.51", "£32.50 at most"), ("0", "multiple of"), ("1.001", "multiple of"), ("", "required")]
)
def test_an_amount_that_is_not_left_is_refused_with_the_reason(
    payment: Payment, annas_browser: Client, amount: str, words: str
) -> None:
    answer = annas_browser.post(page(payment), form(amount=amount))

    assert words in answer.content.decode()
    assert not PaymentRefund.objects.exists()


def test_staff_who_do_not_manage_the_venue_refund_nothing(
    payment: Payment, bens_browser: Client, zoes_browser: Client
) -> None:
    assert bens_browser.post(page(payment), form()).status_code == 403
    assert zoes_browser.post(page(payment), form()).status_code == 404
    assert not PaymentRefund.objects.exists()


def test_a_refund_to_a_gift_card_that_has_expired_says_what_to_do(venue: Venue, annas_browser: Client) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = GiftCardProvider().begin(charge(payment, issued.code), key="begin").reference
    taken = {"state": "captured", "captured": Decimal(30), "provider_reference": reference, "card": str(issued.card)}
    Payment.objects.filter(pk=payment.pk).update(**taken)
    set_expiry(card=issued.card, expires_on=date(2020, 1, 1), by="Anna", key="form")

    asked = annas_browser.get(page(payment)).content.decode()

    assert f"goes back to Gift card …{issued.card.last_digits}" in asked
    assert "expired on 1 January 2020: set a later date" in asked
