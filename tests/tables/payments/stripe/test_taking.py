"""Payments are authorised, declined and confirmed, with the official library over sockets."""

from decimal import Decimal
from typing import Any

import pytest

from tables.payments.providers.port import Money, ProviderRefused, ProviderUnreachable
from tests.support.stripe_stand_in import StandIn
from tests.tables.payments.stripe.guests import begin, capture, pay_on_the_page, provider


def test_a_card_is_authorised_and_charged_only_when_captured(stand_in: StandIn) -> None:
    held = begin("pm_card_visa", description="The Copper Pot", statement_descriptor="The Copper Pot")
    assert (held.money, held.captured, held.card) == (Money.AUTHORISED, Decimal(0), "Visa 4242")
    assert stand_in.charge(held.reference)["amount_captured"] == 0

    taken = capture(held)
    assert (taken.money, taken.captured, taken.captures_first) == (Money.CAPTURED, Decimal("12.50"), False)
    assert stand_in.charge(held.reference)["amount_captured"] == 1250
    assert provider.read(held.reference) == taken


def test_stripe_is_given_the_bill_and_nothing_of_the_guest(stand_in: StandIn) -> None:
    begin(description="The Copper Pot", statement_descriptor="The Copper Pot", email="ada@example.com")
    [made] = stand_in.intents()
    assert (made["amount"], made["currency"]) == (1250, "gbp")
    assert (made["description"], made["statement_descriptor_suffix"]) == ("The Copper Pot", "The Copper")
    assert made["metadata"] == {"storekit_payment": "p-1"}
    # The receipt is ours.
    assert made["receipt_email"] is None


def test_a_guest_enters_the_card_on_the_page(stand_in: StandIn) -> None:
    payment = begin()
    assert (payment.money, payment.code, payment.card) == (Money.NEEDS_GUEST, "", "")
    assert payment.client["type"] == "stripe"
    assert payment.client["publishable_key"] == stand_in.publishable_key

    pay_on_the_page(dict(payment.client), stand_in.url, payment_method="pm_card_mastercard")
    held = provider.read(payment.reference)
    assert (held.money, held.card) == (Money.AUTHORISED, "Mastercard 4444")
    assert held.client == {}


def test_what_the_payment_element_hands_over_is_confirmed_at_once(stand_in: StandIn) -> None:
    held = begin(card={"confirmation_token": stand_in.confirmation_token("pm_card_amex")})
    assert (held.money, held.card) == (Money.AUTHORISED, "American Express 8431")


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ],
)
def test_a_declined_card_is_an_answer_with_its_reason(stand_in: StandIn, card: str, code: str) -> None:
    payment = begin(card)
    assert (payment.money, payment.code, payment.captured, payment.card) == (Money.DECLINED, code, Decimal(0), "")
    # Asked again, it is not tried again.
    assert begin(card) == payment
    assert len(stand_in.intents()) == len(stand_in.accounts[""].charges) == 1


def test_a_guest_whose_card_is_declined_enters_another_one(stand_in: StandIn) -> None:
    payment = begin()
    client = dict(payment.client)
    shown = pay_on_the_page(client, stand_in.url, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds")
    assert shown["error"]["decline_code"] == "insufficient_funds"
    waiting = provider.read(payment.reference)
    assert (waiting.money, waiting.code) == (Money.NEEDS_GUEST, "insufficient_funds")
    assert waiting.client == payment.client

    pay_on_the_page(client, stand_in.url, payment_method="pm_card_visa")
    held = provider.read(payment.reference)
    assert (held.money, held.code) == (Money.AUTHORISED, "")
    assert capture(held).captured == Decimal("12.50")


@pytest.mark.parametrize(
    ("card", "agrees", "money", "code"),
    [
        ("pm_card_threeDSecure2Required", True, Money.AUTHORISED, ""),
        ("pm_card_threeDSecure2Required", False, Money.NEEDS_GUEST, "payment_intent_authentication_failure"),
        ("pm_card_threeDSecureRequiredChargeDeclined", True, Money.NEEDS_GUEST, "card_declined"),
    ],
)
def test_a_bank_may_ask_the_guest_first(stand_in: StandIn, card: str, agrees: bool, money: Money, code: str) -> None:
    asked = begin(card)
    assert (asked.money, asked.code) == (Money.NEEDS_GUEST, "")
    assert asked.client["client_secret"]
    stand_in.guest_confirms(asked.reference, agrees=agrees)
    after = provider.read(asked.reference)
    assert (after.money, after.code) == (money, code)


@pytest.mark.parametrize(("method", "currency", "name"), [("ideal", "EUR", "iDEAL"), ("twint", "CHF", "TWINT")])
def test_a_method_that_cannot_be_authorised_is_captured_first(
    stand_in: StandIn, method: str, currency: str, name: str
) -> None:
    payment = begin(currency=currency)
    pay_on_the_page(dict(payment.client), stand_in.url, **{"payment_method_data[type]": method})
    assert provider.read(payment.reference).money is Money.NEEDS_GUEST
    stand_in.guest_confirms(payment.reference)
    paid = provider.read(payment.reference)
    assert (paid.money, paid.captures_first, paid.captured) == (Money.CAPTURED, True, Decimal("12.50"))
    assert paid.card == name


@pytest.mark.parametrize(
    ("status", "money"),
    [
        ("requires_payment_method", Money.NEEDS_GUEST),
        ("requires_confirmation", Money.NEEDS_GUEST),
        ("requires_action", Money.NEEDS_GUEST),
        ("processing", Money.PROCESSING),
        ("requires_capture", Money.AUTHORISED),
        ("succeeded", Money.CAPTURED),
        ("canceled", Money.CANCELLED),
    ],
)
def test_every_status_says_where_the_money_is(stand_in: StandIn, status: str, money: Money) -> None:
    payment = begin()
    stand_in.set_status(payment.reference, status)
    assert provider.read(payment.reference).money is money


def test_a_status_that_is_not_known_says_nothing(stand_in: StandIn) -> None:
    payment = begin()
    stand_in.set_status(payment.reference, "requires_a_new_thing")
    with pytest.raises(ProviderUnreachable) as unclear:
        provider.read(payment.reference)
    assert unclear.value.code == "unknown_status"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": Decimal("0.20")}, "amount_too_small"),
        ({"amount": Decimal("8.005"), "currency": "KWD"}, "amount_not_payable"),
        ({"card": {"payment_method": "4242424242424242"}}, "invalid_card"),
        ({"card": {"payment_method": "pm_of_nobody"}}, "resource_missing"),
    ],
)
def test_what_stripe_cannot_take_is_refused(stand_in: StandIn, more: dict[str, Any], code: str) -> None:
    with pytest.raises(ProviderRefused) as refused:
        begin(**more)
    assert refused.value.code == code
    assert not stand_in.accounts[""].charges


def test_a_key_that_stripe_does_not_accept_ends_what_begins(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    stand_in.secret_key = "sk_test_new"
    with pytest.raises(ProviderRefused, match="does not accept storekit's key") as refused:
        begin(key="k-2")
    assert refused.value.code == "not_set_up"
    with pytest.raises(ProviderUnreachable):
        capture(held)
