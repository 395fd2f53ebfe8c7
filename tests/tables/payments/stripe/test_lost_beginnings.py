"""A payment's row and Stripe, when the answers that would say what Stripe has are lost."""

from datetime import timedelta

import pytest

from storekit.db import clock as our_clock
from storekit.models import Venue
from tables.models import Payment
from tables.payments.steps import advance
from tests.support.stripe_stand_in import StandIn
from tests.support.stripe_stand_in.faults import Kind
from tests.tables.payments.stripe.test_webhook import payment_at

CARD = '{"payment_method": "pm_card_visa"}'


def go_on(payment: Payment, **changes: object) -> str:
    now = our_clock.now() - timedelta(seconds=10)
    Payment.objects.filter(pk=payment.pk).update(next_attempt_at=now, **changes)
    advance(payment_id=payment.pk)
    payment.refresh_from_db()
    return payment.state


@pytest.fixture
def payment(venue: Venue) -> Payment:
    """A payment that is about to begin, with the card that the guest's page handed over."""
    return payment_at(venue, provider_reference="", posted_card=CARD)


@pytest.mark.parametrize("where", ["POST /v1/payment_intents", "/confirm"])
def test_nothing_stays_authorised_that_no_answer_told_us_of(stand_in: StandIn, payment: Payment, where: str) -> None:
    # Each step asks twice.
    stand_in.fail(Kind.LOST_ANSWER, where, times=4)
    assert go_on(payment) == "held"
    assert payment.provider_reference == ""

    # The hold is over; what Stripe has is found under the same key, and given up.
    assert go_on(payment, held_until=our_clock.now() - timedelta(seconds=1)) == "released"
    (intent,) = stand_in.intents()
    assert (intent["status"], intent["amount_received"]) == ("canceled", 0)
    assert payment.provider_reference == intent["id"]


def test_a_declined_card_releases_the_bill_and_gives_up_the_intent(stand_in: StandIn, venue: Venue) -> None:
    payment = payment_at(
        venue,
        provider_reference="",
        posted_card='{"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"}',
    )
    assert go_on(payment) == "released"
    assert payment.error_code == "insufficient_funds"
    (intent,) = stand_in.intents()
    assert intent["status"] == "canceled"
