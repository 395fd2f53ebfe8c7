"""Several processes change one gift card at the same moment: the ledger is exact and the balance never negative."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from storekit.models import Venue
from tables.gift_cards import service
from tables.models import GiftCard
from tables.payments.providers.gift_cards import GiftCardProvider
from tables.payments.providers.port import Money, ProviderRefused
from tests.tables.gift_cards.cards import a_card, a_payment, balance_of, charge, ledger_of

pytestmark = pytest.mark.django_db(transaction=True)
provider = GiftCardProvider()


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """Runs the verbs in threads that begin together; returns what each returned or was refused with."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        start.wait(timeout=20)
        try:
            return verb()
        except ProviderRefused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(verbs)) as workers:
        return [made.result(timeout=30) for made in [workers.submit(run, verb) for verb in verbs]]


def test_two_phones_with_one_card_spend_it_once(venue: Venue) -> None:
    issued = a_card(venue, "50.00")
    payments = [a_payment(venue) for _ in range(4)]

    begun = at_once(*(lambda each=each: provider.begin(charge(each, issued.code), key="begin") for each in payments))

    assert sorted(one.money for one in begun) == [Money.AUTHORISED, *[Money.DECLINED] * 3]
    assert {one.code for one in begun} == {"", "not_enough_balance"}
    assert balance_of(issued.card) == 20


def test_a_request_that_is_sent_twice_at_once_holds_once(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue, "10.00")

    begun = at_once(*(lambda: provider.begin(charge(payment, issued.code), key="begin"),) * 4)

    assert len({one.reference for one in begun}) == 1
    assert balance_of(issued.card) == 40


def test_a_capture_and_a_release_at_once_end_in_one_of_them(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = provider.begin(charge(payment, issued.code), key="begin").reference

    at_once(
        lambda: provider.capture(reference, amount=Decimal("30"), key="capture"),
        lambda: provider.cancel(reference, key="cancel"),
    )

    kinds = {kind for kind, _ in ledger_of(issued.card)}
    assert len(kinds & {"captured", "released"}) == 1
    assert balance_of(issued.card) == (20 if "captured" in kinds else 50)


def test_refunds_at_once_give_back_no_more_than_was_taken(venue: Venue) -> None:
    issued, payment = a_card(venue), a_payment(venue)
    reference = provider.begin(charge(payment, issued.code), key="begin").reference
    provider.capture(reference, amount=Decimal("30"), key="capture")

    done = at_once(*(lambda n=n: provider.refund(reference, amount=Decimal("20"), key=f"refund {n}") for n in range(3)))

    assert sum(isinstance(one, ProviderRefused) for one in done) == 2
    assert balance_of(issued.card) == 40


def test_a_form_that_is_sent_twice_at_once_issues_one_card(venue: Venue) -> None:
    form: dict[str, Any] = {"venue": venue, "amount": Decimal("50"), "by": "Anna", "key": "form"}

    issued = at_once(*(lambda: service.issue(**form),) * 4)

    assert len({(one.card.pk, one.code) for one in issued}) == 1
    assert balance_of(GiftCard.objects.get()) == 50
