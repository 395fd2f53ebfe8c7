"""Answers that are lost, late or wrong: charged once, and never more."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import pytest
from pytest_django import Settings

from tables.payments.providers.port import Money, ProviderRefused, ProviderUnreachable
from tests.support.stripe_stand_in import StandIn
from tests.support.stripe_stand_in.faults import Kind
from tests.tables.payments.stripe.guests import begin, capture, provider, refund

EVERY_KIND = [Kind.LOST_ANSWER, Kind.NOT_DONE, Kind.ERROR_BEFORE, Kind.ERROR_AFTER, Kind.TOO_MANY, Kind.NONSENSE]
PATHS = ["POST /v1/payment_intents", "/confirm", "/capture", "POST /v1/refunds", "GET /v1/payment_intents"]

Done = TypeVar("Done")


def until_it_is_done(step: Callable[[], Done]) -> Done:
    """Repeat what cannot be reached with the same key, as the payment's row does."""
    for _ in range(6):
        try:
            return step()
        except ProviderUnreachable:
            continue
    raise AssertionError("never done")


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_whatever_fails_a_guest_is_charged_once_and_refunded_once(stand_in: StandIn, kind: Kind) -> None:
    # Twice, as the library repeats once, and the row does the rest.
    for where in PATHS:
        key = f"{where}-{kind}"
        stand_in.fail(kind, where, times=2)
        held = until_it_is_done(lambda key=key: begin("pm_card_visa", key=key))  # type: ignore[misc]
        taken = until_it_is_done(lambda held=held, key=key: capture(held, key=f"{key}-capture"))  # type: ignore[misc]
        assert (taken.money, taken.captured) == (Money.CAPTURED, Decimal("12.50"))
        until_it_is_done(lambda held=held, key=key: refund(held, "2.50", key=f"{key}-refund"))  # type: ignore[misc]

    charges = stand_in.accounts[""].charges.values()
    assert [(each["amount_captured"], each["amount_refunded"]) for each in charges] == [(1250, 250)] * len(PATHS)
    assert [each["amount"] for each in stand_in.refunds()] == [250] * len(PATHS)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_whatever_fails_a_cancelled_payment_is_released(stand_in: StandIn, kind: Kind) -> None:
    held = begin("pm_card_visa")
    stand_in.fail(kind, "/cancel", times=2)
    gone = until_it_is_done(lambda: provider.cancel(held.reference, key="k-cancel"))
    assert gone.money is Money.CANCELLED
    assert stand_in.charge(held.reference)["amount_captured"] == 0


def test_the_library_repeats_with_our_key(stand_in: StandIn) -> None:
    stand_in.fail(Kind.LOST_ANSWER, "POST /v1/payment_intents")
    begin(key="k-of-our-row")
    assert [call.key for call in stand_in.calls_to("POST /v1/payment_intents")] == ["k-of-our-row"] * 2
    assert len(stand_in.intents()) == 1


def test_a_key_that_was_used_for_something_else_is_refused(stand_in: StandIn) -> None:
    begin(key="k")
    with pytest.raises(ProviderRefused) as refused:
        begin(key="k", amount=Decimal("99.00"))
    assert refused.value.code == "key_reused"
    assert [made["amount"] for made in stand_in.intents()] == [1250]


def test_an_answer_that_was_kept_for_a_key_is_not_taken_for_the_present(stand_in: StandIn) -> None:
    held = begin("pm_card_visa")
    capture(held)
    assert begin("pm_card_visa").money is Money.CAPTURED


def test_what_is_being_worked_on_is_not_done_twice(stand_in: StandIn) -> None:
    stand_in.fail(Kind.HELD, "POST /v1/payment_intents")
    first = threading.Thread(target=begin, args=("pm_card_visa",))
    first.start()
    while not stand_in.calls:
        first.join(0.001)
    with pytest.raises(ProviderUnreachable):
        begin("pm_card_visa")
    stand_in.let_go()
    first.join()
    assert begin("pm_card_visa").money is Money.AUTHORISED
    assert len(stand_in.accounts[""].charges) == 1


def test_nobody_there_is_said_so(stand_in: StandIn, settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(ProviderUnreachable) as gone:
        begin()
    assert gone.value.code == "unreachable"
