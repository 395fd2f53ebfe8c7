"""The sandbox provider is strict where companies are: keys, amounts, and what may follow on what."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tables.models import SandboxCharge
from tables.payments.providers.port import Charge, Money, ProviderPayment, ProviderRefused, ProviderUnreachable
from tables.payments.providers.sandbox import SandboxProvider

pytestmark = pytest.mark.django_db

TEN = Decimal("10.00")
CHARGE = Charge(payment_id="p-1", amount=TEN, currency="GBP", card={"token": "ok"})
provider = SandboxProvider()


def begun(card: str = "ok", key: str = "k") -> ProviderPayment:
    return provider.begin(replace(CHARGE, card={"token": card}), key=key)


def refusal(call: str, *args: object, **options: object) -> str:
    with pytest.raises(ProviderRefused) as refused:
        getattr(provider, call)(*args, **options)
    return refused.value.code


@pytest.mark.parametrize(
    ("card", "money", "code"),
    [
        ("ok", Money.AUTHORISED, ""),
        ("declined", Money.DECLINED, "card_declined"),
        ("insufficient_funds", Money.DECLINED, "insufficient_funds"),
        ("4242", Money.DECLINED, "card_declined"),
        ("confirm", Money.NEEDS_GUEST, ""),
        ("", Money.NEEDS_GUEST, ""),
        ("slow", Money.PROCESSING, ""),
        ("captures_first", Money.CAPTURED, ""),
    ],
)
def test_each_card_does_what_it_is_for(card: str, money: Money, code: str) -> None:
    payment = begun(card)

    assert (payment.money, payment.code) == (money, code)
    assert payment.captures_first == (card == "captures_first")
    assert bool(payment.client) == (money is Money.NEEDS_GUEST)


def test_a_key_repeats_its_own_request_and_no_other() -> None:
    first = begun()
    assert begun() == first
    assert refusal("begin", replace(CHARGE, amount=Decimal("9.00")), key="k") == "idempotency_error"

    captured = provider.capture(first.reference, amount=TEN, key="c")
    assert provider.capture(first.reference, amount=TEN, key="c") == captured
    assert refusal("capture", first.reference, amount=Decimal("9.00"), key="c") == "idempotency_error"
    assert SandboxCharge.objects.get().captured == TEN


def test_no_more_is_captured_than_was_authorised_and_no_more_refunded_than_was_captured() -> None:
    reference = begun().reference
    assert refusal("capture", reference, amount=TEN + 1, key="c") == "amount_too_large"
    provider.capture(reference, amount=TEN, key="c2")

    provider.refund(reference, amount=Decimal("6.00"), key="r1")
    provider.refund(reference, amount=Decimal("6.00"), key="r1")
    assert refusal("refund", reference, amount=Decimal("6.00"), key="r2") == "amount_too_large"
    assert provider.read(reference).refunded == Decimal("6.00")


def test_nothing_is_captured_once_it_was_cancelled_and_a_cancel_may_come_too_late() -> None:
    cancelled, captured = begun(key="a").reference, begun(key="b").reference
    assert provider.cancel(cancelled, key="x").money is Money.CANCELLED
    assert refusal("capture", cancelled, amount=TEN, key="y") == "not_authorised"

    provider.capture(captured, amount=TEN, key="z")
    assert provider.cancel(captured, key="w").money is Money.CAPTURED


def test_a_lost_answer_was_done_all_the_same() -> None:
    with pytest.raises(ProviderUnreachable):
        begun("lost_answer")
    payment = begun("lost_answer")
    assert payment.money is Money.AUTHORISED
    with pytest.raises(ProviderUnreachable):
        provider.capture(payment.reference, amount=TEN, key="c")
    assert provider.read(payment.reference).captured == TEN


@pytest.mark.parametrize("reference", ["sandbox_1", "", "sandbox_" + "0" * 32])
def test_an_unknown_charge_is_refused(reference: str) -> None:
    assert refusal("read", reference) == "unknown"
