"""Paying with a gift card: held, captured, released and refunded on its ledger, each once for each key."""

from datetime import date
from decimal import Decimal

import pytest

from storekit.models import Venue
from tables.gift_cards import service
from tables.models import GiftCardEntry
from tables.payments.providers.gift_cards import GiftCardProvider
from tables.payments.providers.port import Money, ProviderRefused
from tables.payments.providers.registry import provider_named
from tests.tables.gift_cards.cards import a_card, a_payment, balance_of, charge, ledger_of

pytestmark = pytest.mark.django_db
provider = GiftCardProvider()


def test_the_registry_has_it() -> None:
    assert provider_named("gift_card").name == "gift_card"


def test_what_is_held_is_off_the_balance_and_is_captured_later(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)

    begun = provider.begin(charge(payment, issued.code), key="begin")
    assert (begun.money, begun.captured, balance_of(issued.card)) == (Money.AUTHORISED, Decimal(0), Decimal(20))
    assert provider.read(begun.reference) == begun
    captured = provider.capture(begun.reference, amount=Decimal("30"), key="capture")

    assert (captured.money, captured.captured) == (Money.CAPTURED, Decimal(30))
    assert begun.card == captured.card == f"Gift card …{issued.code[-4:]}"
    assert ledger_of(issued.card)[1:] == [("held", Decimal("-30")), ("captured", Decimal(0))]
    assert set(GiftCardEntry.objects.exclude(kind="issued").values_list("payment", flat=True)) == {payment.pk}


def test_every_call_is_made_once_for_each_key(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    asked = charge(payment, issued.code)

    assert provider.begin(asked, key="begin") == provider.begin(asked, key="begin")
    reference = provider.begin(asked, key="begin").reference
    for _ in range(2):
        assert provider.capture(reference, amount=Decimal("30"), key="capture").captured == 30
    first = provider.refund(reference, amount=Decimal("10"), key="refund 1")
    assert first == provider.refund(reference, amount=Decimal("10"), key="refund 1")
    assert first != provider.refund(reference, amount=Decimal("10"), key="refund 2")

    assert provider.read(reference).refunded == 20
    assert balance_of(issued.card) == 40
    assert provider.begin(asked, key="begin").money is Money.CAPTURED


def test_a_key_longer_than_its_column_still_names_one_request(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)

    for key in ("x" * 200 + "1", "x" * 200 + "2", "x" * 200 + "1"):
        provider.begin(charge(payment, issued.code, "10.00"), key=key)

    assert balance_of(issued.card) == 30


def test_what_is_released_is_on_the_card_again_and_cannot_be_captured(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = provider.begin(charge(payment, issued.code), key="begin").reference

    for _ in range(2):
        assert provider.cancel(reference, key="cancel").money is Money.CANCELLED

    assert balance_of(issued.card) == 50
    for verb in (provider.capture, provider.refund):
        with pytest.raises(ProviderRefused):
            verb(reference, amount=Decimal("30"), key="late")
    assert provider.begin(charge(payment, issued.code), key="begin").money is Money.CANCELLED
    assert balance_of(issued.card) == 50


def test_a_cancel_that_comes_too_late_leaves_the_payment_captured(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = provider.begin(charge(payment, issued.code), key="begin").reference
    provider.capture(reference, amount=Decimal("30"), key="capture")

    assert provider.cancel(reference, key="cancel").money is Money.CAPTURED
    assert balance_of(issued.card) == 20


def test_what_is_not_captured_goes_back_onto_the_card(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = provider.begin(charge(payment, issued.code), key="begin").reference

    with pytest.raises(ProviderRefused, match="More is to be taken"):
        provider.capture(reference, amount=Decimal("30.01"), key="capture")
    assert provider.capture(reference, amount=Decimal("25"), key="capture").captured == 25
    with pytest.raises(ProviderRefused):
        provider.capture(reference, amount=Decimal("24"), key="capture again")

    assert balance_of(issued.card) == 25


def test_no_more_is_refunded_than_was_captured(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = provider.begin(charge(payment, issued.code), key="begin").reference
    provider.capture(reference, amount=Decimal("30"), key="capture")
    provider.refund(reference, amount=Decimal("20"), key="1")

    with pytest.raises(ProviderRefused, match="More is to be given back"):
        provider.refund(reference, amount=Decimal("10.01"), key="2")

    provider.refund(reference, amount=Decimal("10"), key="3")
    assert balance_of(issued.card) == 50


def test_too_small_a_balance_is_declined_with_what_is_left(venue: Venue) -> None:
    issued, payment = a_card(venue, "12.50"), a_payment(venue)

    declined = provider.begin(charge(payment, issued.code), key="begin")

    assert (declined.money, declined.code) == (Money.DECLINED, "not_enough_balance")
    assert declined.client == {"balance": "12.50"}
    assert provider.begin(charge(payment, issued.code, "12.50"), key="again").money is Money.AUTHORISED
    assert balance_of(issued.card) == 0


def test_a_code_that_cannot_be_used_is_declined_with_the_reason(venue: Venue, other_venue: Venue) -> None:
    payment = a_payment(venue)
    elsewhere, expired, blocked = a_card(other_venue), a_card(venue, expires_on=date(2020, 1, 1)), a_card(venue)
    service.block(card=blocked.card, by="Anna", key="form")
    typed = {
        "mistyped_gift_card": expired.code[:-2] + "00",
        "unknown_gift_card": elsewhere.code,
        "gift_card_expired": expired.code,
        "gift_card_blocked": blocked.code,
    }

    for code, word in typed.items():
        declined = provider.begin(charge(payment, word), key=code)
        assert (declined.money, declined.code, declined.reference) == (Money.DECLINED, code, "")
    assert not GiftCardEntry.objects.filter(kind="held").exists()
    assert provider.cancel("", key="cancel").money is Money.CANCELLED


def test_a_refund_goes_back_to_a_card_that_has_expired_or_was_blocked_since_and_says_so(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = provider.begin(charge(payment, issued.code), key="begin").reference
    provider.capture(reference, amount=Decimal("30"), key="capture")

    service.set_expiry(card=issued.card, expires_on=date(2020, 1, 1), by="Anna", key="1")
    expired = GiftCardEntry.objects.get(pk=provider.refund(reference, amount=Decimal("10"), key="1r"))
    service.block(card=issued.card, by="Anna", key="2")
    blocked = GiftCardEntry.objects.get(pk=provider.refund(reference, amount=Decimal("10"), key="2r"))

    assert "expired on 1 January 2020: set a later date" in expired.note
    assert "blocked" in blocked.note
    assert balance_of(issued.card) == 40


@pytest.mark.parametrize("reference", ["", "0", "no number", "9" * 30])
def test_an_unknown_reference_is_refused(venue: Venue, reference: str) -> None:
    with pytest.raises(ProviderRefused, match="No gift card holds"):
        provider.read(reference)
