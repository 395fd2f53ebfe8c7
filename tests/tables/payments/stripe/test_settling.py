"""Capturing, cancelling and refunding, once and only what is there."""

from decimal import Decimal

import pytest

from tables.payments.providers.port import Money, ProviderRefused, ProviderUnreachable
from tests.support.stripe_stand_in import StandIn
from tests.tables.payments.stripe.guests import begin, capture, provider, refund


def test_captured_before_is_the_same_answer(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    first = capture(held)
    assert capture(held) == first
    assert capture(held, key="of another process") == first
    assert len(stand_in.calls_to("/capture")) == 1


def test_more_than_was_authorised_is_not_captured(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    with pytest.raises(ProviderRefused) as refused:
        capture(held, "12.51")
    assert refused.value.code == "more_than_authorised"
    assert stand_in.charge(held.reference)["amount_captured"] == 0


def test_what_is_not_captured_is_released_and_no_refund(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    taken = capture(held, "10.00")
    assert (taken.captured, taken.refunded) == (Decimal("10.00"), Decimal(0))
    refund(held, "4.00")
    assert provider.read(held.reference).refunded == Decimal("4.00")


@pytest.mark.parametrize("after", ["cancelled", "expired"])
def test_an_authorisation_that_is_gone_cannot_be_captured(stand_in: StandIn, after: str) -> None:
    held = begin("pm_card_visa")
    if after == "cancelled":
        provider.cancel(held.reference, key="k-cancel")
    else:
        stand_in.expire(held.reference)
    with pytest.raises(ProviderRefused, match="nothing to capture"):
        capture(held)


def test_what_is_still_being_captured_is_asked_for_again(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    stand_in.set_status(held.reference, "processing")
    with pytest.raises(ProviderUnreachable):
        capture(held)


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_threeDSecure2Required", ""])
def test_a_payment_is_cancelled_and_never_charged(stand_in: StandIn, card: str) -> None:
    payment = begin(card)
    gone = provider.cancel(payment.reference, key="k-cancel")
    assert (gone.money, gone.captured) == (Money.CANCELLED, Decimal(0))
    assert not gone.client
    assert provider.cancel(payment.reference, key="k-cancel") == gone
    assert [charge["amount_captured"] for charge in stand_in.accounts[""].charges.values()] in ([], [0])


def test_cancelling_too_late_returns_what_was_captured(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    taken = capture(held)
    assert provider.cancel(held.reference, key="k-cancel") == taken


def test_a_payment_that_is_just_being_taken_is_not_cancelled(stand_in: StandIn) -> None:
    payment = begin("pm_card_visa")
    stand_in.set_status(payment.reference, "processing")
    assert provider.cancel(payment.reference, key="k-cancel").money is Money.PROCESSING


def test_money_is_given_back_in_parts_and_never_more_than_was_taken(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    capture(held)
    first = refund(held, "5.00", key="k-1")
    second = refund(held, "7.50", key="k-2")
    assert first != second
    assert provider.read(held.reference).refunded == Decimal("12.50")
    with pytest.raises(ProviderRefused) as refused:
        refund(held, "0.01", key="k-3")
    assert refused.value.code == "charge_already_refunded"
    assert sum(each["amount"] for each in stand_in.refunds()) == 1250


@pytest.mark.parametrize(("amount", "before"), [("12.51", None), ("8.00", "5.00")])
def test_a_refund_of_too_much_gives_nothing_back(stand_in: StandIn, amount: str, before: str | None) -> None:
    held = begin("pm_card_visa")
    capture(held)
    if before:
        refund(held, before, key="k-1")
    with pytest.raises(ProviderRefused, match="greater than unrefunded"):
        refund(held, amount, key="k-2")
    assert provider.read(held.reference).refunded == Decimal(before or 0)


def test_what_was_never_captured_cannot_be_refunded(stand_in: StandIn) -> None:
    with pytest.raises(ProviderRefused, match="not captured"):
        refund(begin("pm_card_visa"), "12.50")
    assert stand_in.refunds() == []


def test_a_refund_that_is_asked_for_again_is_the_same_one(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    capture(held)
    first = refund(held, "5.00")
    assert refund(held, "5.00") == first
    # A day later Stripe knows no key any more, but the refund still says whose it is.
    stand_in.forget_keys()
    assert refund(held, "5.00") == first
    assert len(stand_in.refunds()) == 1
