"""Several people and processes refund one payment at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from storekit.models import Venue
from tables.models import Payment, PaymentRefund
from tables.payments.providers.gift_cards import GiftCardProvider
from tables.payments.refunding import RefundNotPossible, carry_out, request_refund
from tests.tables.gift_cards.cards import a_card, a_payment, balance_of, charge

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """Runs the verbs in threads that begin together; returns what each returned or was refused with."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        start.wait(timeout=20)
        try:
            return verb()
        except RefundNotPossible as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(verbs)) as workers:
        return [made.result(timeout=30) for made in [workers.submit(run, verb) for verb in verbs]]


def test_refunds_at_once_give_back_no_more_than_was_taken_and_each_once(venue: Venue) -> None:
    issued, provider = a_card(venue), GiftCardProvider()
    payment = a_payment(venue, "30.00")
    reference = provider.begin(charge(payment, issued.code), key="begin").reference
    provider.capture(reference, amount=Decimal(30), key="capture")
    taken = {"captured": Decimal(30), "state": Payment.State.CAPTURED, "provider_reference": reference}
    Payment.objects.filter(pk=payment.pk).update(**taken)

    def ask(key: str) -> PaymentRefund:
        return request_refund(payment=payment, amount=Decimal(20), reason="", by="Anna", key=key)

    asked = at_once(*(lambda key=key: ask(key) for key in ("1", "1", "2", "2")))
    made = {one.pk for one in asked if isinstance(one, PaymentRefund)}
    assert len(made) == 1
    assert sum(isinstance(one, RefundNotPossible) for one in asked) == 2

    (refund,) = made
    at_once(*(lambda: carry_out(refund_id=refund),) * 3)

    payment.refresh_from_db()
    assert (payment.refunded, balance_of(issued.card)) == (Decimal(20), Decimal(40))
