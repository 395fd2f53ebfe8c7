"""Managers issue, top up, correct, block and extend gift cards. Each change is in the ledger, and is made once."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import Settings

from orders.models import OrderingHours, OrderingRules
from storekit.models import Venue
from storekit.money import LARGEST_AMOUNT
from tables.gift_cards import service
from tables.gift_cards.finding import (
    GiftCardBlocked,
    GiftCardExpired,
    MistypedGiftCard,
    UnknownGiftCard,
    find_card,
    usable_card,
)
from tables.gift_cards.ledger import KeyUsed, NotEnoughBalance, TooMuch
from tables.gift_cards.service import NotAnAmount
from tables.models import GiftCard, GiftCardEntry
from tables.payments.providers.gift_cards import GiftCardProvider
from tables.payments.providers.port import ProviderRefused
from tests import factories
from tests.support.examples import examples
from tests.tables.gift_cards.cards import a_card, a_payment, balance_of, charge, ledger_of
from tests.tables.gift_cards.test_codes import NEW_KEY

pytestmark = pytest.mark.django_db


def test_a_card_is_issued_once_for_each_form_with_the_same_code_each_time(venue: Venue) -> None:
    form: dict[str, Any] = {"venue": venue, "amount": Decimal("50"), "by": "Anna", "key": "form 1", "note": "Birthday"}

    first, again = service.issue(**form), service.issue(**form)
    other = service.issue(**form | {"key": "form 2"})

    assert first == again
    assert first.code != other.code
    assert (GiftCard.objects.count(), first.card.note) == (2, "Birthday")
    assert first.card.last_digits == first.code[-4:]
    assert ledger_of(first.card) == [("issued", Decimal("50"))]
    assert balance_of(first.card) == 50


def test_a_code_is_stored_nowhere(venue: Venue) -> None:
    issued = a_card(venue)

    stored = str([*GiftCard.objects.values(), *GiftCardEntry.objects.values()])

    assert issued.code.replace(" ", "") not in stored
    assert issued.code not in stored
    assert len(issued.card.code_hash) == 64


def test_a_card_is_found_by_its_code_at_its_own_venue_only(venue: Venue, other_venue: Venue) -> None:
    issued = a_card(venue)

    assert usable_card(venue=venue, typed=issued.code.replace(" ", "-")) == issued.card
    with pytest.raises(UnknownGiftCard):
        usable_card(venue=other_venue, typed=issued.code)
    with pytest.raises(MistypedGiftCard):
        usable_card(venue=venue, typed=issued.code[:-1])


def test_a_card_is_found_after_the_encryption_key_was_replaced(venue: Venue, settings: Settings) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    issued = service.issue(venue=venue, amount=Decimal("5"), by="Anna", key="form")

    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, *old]
    again = service.issue(venue=venue, amount=Decimal("5"), by="Anna", key="form")
    found = find_card(venue=venue, typed=issued.code)
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]

    assert again == issued
    assert found == find_card(venue=venue, typed=issued.code) == issued.card


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "2.005"])
def test_what_is_not_an_amount_of_the_currency_is_refused(venue: Venue, amount: str) -> None:
    card = a_card(venue).card

    for verb in (
        lambda: service.issue(venue=venue, amount=Decimal(amount), by="Anna", key="form"),
        lambda: service.top_up(card=card, amount=Decimal(amount), by="Anna", key="form"),
    ):
        with pytest.raises(NotAnAmount):
            verb()
    assert (GiftCard.objects.count(), balance_of(card)) == (1, Decimal(50))


def test_swiss_cards_hold_what_swiss_tills_charge() -> None:
    venue = factories.VenueFactory(currency="CHF", country="CH")

    with pytest.raises(NotAnAmount, match=r"steps of 0.05"):
        service.issue(venue=venue, amount=Decimal("20.02"), by="Anna", key="form")


def test_a_second_click_tops_up_and_corrects_once(venue: Venue) -> None:
    card = a_card(venue, "10.00").card

    for _ in range(2):
        service.top_up(card=card, amount=Decimal("5.50"), by="Anna", key="form 1")
        service.correct(card=card, amount=Decimal("-0.50"), reason="Keyed in wrong", by="Anna", key="form 2")

    assert ledger_of(card)[1:] == [("topped_up", Decimal("5.50")), ("corrected", Decimal("-0.50"))]
    assert balance_of(card) == 15
    with pytest.raises(KeyUsed):
        service.top_up(card=card, amount=Decimal("6"), by="Anna", key="form 1")


def test_no_correction_takes_more_than_there_is_or_leaves_more_than_a_column_holds(venue: Venue) -> None:
    card = a_card(venue, "10.00").card

    with pytest.raises(NotEnoughBalance) as refusal:
        service.correct(card=card, amount=Decimal("-10.01"), reason="", by="Anna", key="1")
    with pytest.raises(TooMuch):
        service.top_up(card=card, amount=LARGEST_AMOUNT - Decimal("0.009"), by="Anna", key="2")

    assert refusal.value.balance == 10
    assert (len(ledger_of(card)), balance_of(card)) == (1, Decimal(10))


def test_a_blocked_card_pays_nothing_until_it_is_unblocked(venue: Venue) -> None:
    issued = a_card(venue)

    for _ in range(2):
        service.block(card=issued.card, by="Anna", key="form 1", reason="Lost")
    with pytest.raises(GiftCardBlocked):
        usable_card(venue=venue, typed=issued.code)
    service.unblock(card=issued.card, by="Ben", key="form 2")
    service.block(card=issued.card, by="Anna", key="form 1", reason="Lost")

    assert usable_card(venue=venue, typed=issued.code).blocked_at is None
    entries = GiftCardEntry.objects.filter(card=issued.card).values_list("kind", "by", "note")
    assert list(entries)[1:] == [("blocked", "Anna", "Lost"), ("unblocked", "Ben", "")]


def test_a_card_can_be_used_until_the_service_of_its_last_day_ends(venue: Venue) -> None:
    rules = OrderingRules.objects.create(venue=venue)
    OrderingHours.objects.create(rules=rules, weekday=4, opens=time(18), closes=time(2))
    # Friday, 1 May; 01:30 on Saturday in London is 00:30 in UTC.
    issued = a_card(venue, expires_on=date(2026, 5, 1))

    with time_machine.travel(datetime(2026, 5, 2, 0, 30, tzinfo=UTC), tick=False):
        assert usable_card(venue=venue, typed=issued.code) == issued.card
    with time_machine.travel(datetime(2026, 5, 2, 10, tzinfo=UTC), tick=False):
        with pytest.raises(GiftCardExpired, match="1 May 2026"):
            usable_card(venue=venue, typed=issued.code)
        service.set_expiry(card=issued.card, expires_on=None, by="Anna", key="form")
        assert usable_card(venue=venue, typed=issued.code) == issued.card
    assert GiftCardEntry.objects.get(kind="extended").note == "Valid until: without end"


class LedgerTest(TestCase):
    """Whatever is done with a card, in any order and any number of times, its entries add up to its balance."""

    @given(
        steps=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 4000), st.integers(0, 5)), max_size=14),
        issued_with=st.integers(1, 5000),
    )
    @settings(max_examples=examples(20))
    def test_the_entries_add_up_to_the_balance(self, steps: list[tuple[int, int, int]], issued_with: int) -> None:
        venue = factories.VenueFactory()
        issued = a_card(venue, f"{Decimal(issued_with) / 100}")
        payment, provider, references = a_payment(venue), GiftCardProvider(), [""]

        def begin(amount: Decimal, key: str) -> None:
            references.append(provider.begin(charge(payment, issued.code, str(amount)), key=key).reference)

        def last() -> str:
            return references[-1]

        card = issued.card
        verbs: list[Callable[[Decimal, str], object]] = [
            lambda amount, key: service.top_up(card=card, amount=amount, by="", key=f"t{key}"),
            lambda amount, key: service.correct(card=card, amount=-amount, reason="", by="", key=f"c{key}"),
            begin,
            lambda amount, key: provider.capture(last(), amount=amount, key=key),
            lambda amount, key: provider.capture(last(), amount=-ledger_held(last()), key=key),
            lambda amount, key: provider.cancel(last(), key=key),
            lambda amount, key: provider.refund(last(), amount=amount, key=f"r{key}"),
            lambda amount, key: service.block(card=card, by="", key=f"b{key}"),
        ]
        for verb, cents, key in steps:
            with suppress(NotEnoughBalance, KeyUsed, ProviderRefused):
                verbs[verb](Decimal(cents) / 100, str(key))
            assert balance_of(card) >= 0


def ledger_held(reference: str) -> Decimal:
    """What the entry took, below zero; nothing if there is none."""
    return GiftCardEntry.objects.get(pk=reference).amount if reference else Decimal(0)
