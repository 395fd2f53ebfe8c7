"""A guest pays with a gift card: a part of the bill with the card, the rest otherwise; the till has the last word."""

from decimal import Decimal

import pytest

from integrations.models import LightspeedSettings
from integrations.pos import PaymentRefusal
from tables.bills.splitting import Amount
from tables.gift_cards.service import block
from tables.models import PayAtTable, PaymentAlert, Table
from tables.payments.document import payment_document
from tests.tables.gift_cards.cards import a_card, balance_of
from tests.tables.payments.tables import Till, go_on, money_of, pay, says

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _gift_cards_are_taken(table: Table) -> None:
    PayAtTable.objects.update(gift_cards=True)
    LightspeedSettings.objects.update(gift_card_payment_method="GIFT")


def test_a_part_is_paid_with_the_card_and_the_rest_otherwise(table: Table, till: Till) -> None:
    issued = a_card(table.venue, "20.00")

    first = pay(table, gift_card=issued.code, choice=Amount(Decimal(20)))
    second = pay(table)
    for payment in (first, second):
        go_on(payment)
        says(payment)
        go_on(payment)

    assert (first.amount, second.amount) == (Decimal(20), Decimal("17.50"))
    assert [money_of(each)[0] for each in (first, second)] == ["captured"] * 2
    assert [body["paymentMethod"] for body in till.asked] == ["GIFT", "APM"]
    assert first.card == f"Gift card …{issued.code[-4:]}"
    assert balance_of(issued.card) == 0


def test_what_the_till_refuses_is_on_the_card_again(table: Table) -> None:
    issued = a_card(table.venue)
    payment = pay(table, gift_card=issued.code)

    go_on(payment)
    assert balance_of(issued.card) == Decimal("12.50")
    says(payment, applied=False, refusal=PaymentRefusal.OVERPAID)
    go_on(payment)

    assert money_of(payment) == ("released", Decimal(0), Decimal(0))
    assert balance_of(issued.card) == 50


def test_a_card_with_too_little_says_what_is_left_and_holds_nothing(table: Table) -> None:
    issued = a_card(table.venue, "12.00")
    payment = pay(table, gift_card=issued.code, language="fr")

    assert go_on(payment) == "released"

    shown = payment_document(payment)
    assert (shown["status"], shown["error"]["code"]) == ("failed", "not_enough_balance")
    assert shown["provider"] == {"name": "gift_card", "balance": "12.00"}
    assert (shown["due_after"], balance_of(issued.card)) == ("37.50", Decimal(12))
    assert not PaymentAlert.objects.exists()


def test_a_blocked_card_is_as_unknown_to_guests_as_a_code_that_nobody_has(table: Table) -> None:
    issued = a_card(table.venue)
    block(card=issued.card, by="Anna", key="form")
    payment = pay(table, gift_card=issued.code)

    go_on(payment)

    assert payment_document(payment)["error"]["code"] == "unknown_gift_card"
    assert payment.error_code == "gift_card_blocked"


def test_a_code_that_nobody_has_calls_no_staff(table: Table) -> None:
    payment = pay(table, gift_card="7000 0000 0000 0000")

    assert go_on(payment) == "released"

    assert payment_document(payment)["error"]["code"] == "mistyped_gift_card"
    assert (payment.needs_staff, payment.posted_card, PaymentAlert.objects.count()) == (False, "", 0)
