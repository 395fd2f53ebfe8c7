"""Stripe's events: signed, repeated, and never believed."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_q.models import OrmQ
from stripe import WebhookSignature

from storekit.db import clock as our_clock
from storekit.models import Venue
from tables.models import Bill, Payment
from tables.payments.providers.stripe_events import EVENTS, TOLERANCE
from tables.payments.stripe_webhook import LARGEST_BODY
from tests.tables.payments.stripe.conftest import CONNECT_SECRET, SECRET

ADVANCE = "tables.tasks.advance_payment"
PAID = "payment_intent.succeeded"


@pytest.fixture
def payment(venue: Venue) -> Payment:
    """A payment that waits for the guest."""
    return payment_at(venue)


def payment_at(venue: Venue, **columns: Any) -> Payment:
    bill = Bill.objects.create(venue=venue, account="A1.1", total="8.00", paid="0.00")
    later = our_clock.now() + timedelta(minutes=2)
    names = {"provider": "stripe", "provider_reference": "pi_1", "method": Payment.Method.CARD, "state": "held"}
    return Payment.objects.create(
        venue=venue, bill=bill, amount="8.00", **(names | {"held_until": later, "next_attempt_at": later} | columns)
    )


def event(kind: str = PAID, intent: str = "pi_1", **more: Any) -> bytes:
    about = {"object": "payment_intent", "id": intent, "status": "succeeded", "amount_received": 999_999}
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": about}, **more}).encode()


def deliver(body: bytes, *, secret: str = SECRET, age: int = 0, signature: str | None = None) -> Any:
    if signature is None:
        at = int(time.time()) - age
        signature = WebhookSignature.generate_signature_header(body.decode("latin-1"), secret, timestamp=at)
    headers = {"Stripe-Signature": signature}
    return Client().post("/webhooks/stripe/", body, content_type="application/json", headers=headers)


def is_due(payment: Payment) -> bool:
    payment.refresh_from_db()
    return payment.next_attempt_at is not None and payment.next_attempt_at <= our_clock.now()


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_makes_its_payment_due_and_changes_nothing_else(payment: Payment, kind: str) -> None:
    answer = deliver(event(kind))
    assert (answer.status_code, json.loads(answer.content)) == (200, {"status": "noted"})
    assert is_due(payment)
    assert (payment.state, payment.captured) == ("held", 0)
    assert [(task.func(), task.args()) for task in OrmQ.objects.all()] == [(ADVANCE, (str(payment.pk),))]


def test_an_event_that_comes_again_is_answered_like_the_first(payment: Payment) -> None:
    answers = [deliver(event()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert is_due(payment)


def test_the_event_of_a_payment_that_is_done_changes_nothing(venue: Venue) -> None:
    payment = payment_at(venue, state=Payment.State.CAPTURED, next_attempt_at=None)
    assert deliver(event()).status_code == 200
    payment.refresh_from_db()
    assert payment.next_attempt_at is None
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        event(intent="pi_of_somebody_else"),
        event("payment_intent.created"),
        event("customer.created"),
        event(account="acct_other"),
        json.dumps({"id": "evt_2", "object": "event", "type": PAID, "data": {"object": {"object": "charge"}}}).encode(),
    ],
    ids=["other payment", "no news", "other kind", "other account", "no intent"],
)
def test_an_event_that_is_not_about_a_payment_of_ours_is_answered_and_ignored(payment: Payment, body: bytes) -> None:
    answer = deliver(body)
    assert (answer.status_code, json.loads(answer.content)) == (200, {"status": "ignored"})
    assert not is_due(payment)


def test_an_event_that_comes_before_the_answer_to_our_own_request_is_left_to_that_answer(venue: Venue) -> None:
    payment = payment_at(venue, provider_reference="")
    assert json.loads(deliver(event()).content) == {"status": "ignored"}
    assert not is_due(payment)


def test_an_event_of_a_connected_account_counts_for_the_venue_that_has_it(venue: Venue) -> None:
    payment = payment_at(venue, provider_account="acct_copper")
    for foreign in (event(account="acct_blue"), event()):
        assert deliver(foreign, secret=CONNECT_SECRET).status_code == 200
        assert not is_due(payment)
    assert deliver(event(account="acct_copper"), secret=CONNECT_SECRET).status_code == 200
    assert is_due(payment)


def test_a_payment_of_another_provider_is_not_stripes_business(venue: Venue) -> None:
    payment = payment_at(venue, provider="sandbox")
    assert json.loads(deliver(event()).content) == {"status": "ignored"}
    assert not is_due(payment)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_of_somebody_else"},
        {"age": TOLERANCE + 5},
        {"age": -TOLERANCE - 5},
        {"signature": ""},
        {"signature": "t=1,v1=0"},
        {"signature": "nonsense"},
        {"signature": "t=now,v1=0"},
        {"signature": f"t={int(time.time())},v1=é"},
    ],
    ids=["other secret", "old", "from the future", "none", "forged", "nonsense", "no moment", "no ASCII"],
)
def test_what_stripe_did_not_sign_lately_is_refused(payment: Payment, wrong: dict[str, Any]) -> None:
    answer = deliver(event(), **wrong)
    assert (answer.status_code, json.loads(answer.content)["errors"][0]["code"]) == (400, "bad_signature")
    assert not is_due(payment)


def test_a_body_that_was_changed_after_signing_is_refused(payment: Payment) -> None:
    signature = WebhookSignature.generate_signature_header(event("customer.created").decode(), SECRET)
    assert deliver(event(), signature=signature).status_code == 400
    assert not is_due(payment)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"not JSON", b""])
def test_a_body_that_is_no_event_is_refused(body: bytes) -> None:
    assert deliver(body).status_code == 400


def test_without_a_secret_nothing_is_taken(payment: Payment, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert deliver(event()).status_code == 400
    assert not is_due(payment)


def test_a_large_body_is_refused_before_it_is_read() -> None:
    assert deliver(b"x" * (LARGEST_BODY + 1)).status_code == 413


def test_only_posts_are_taken() -> None:
    assert Client().get("/webhooks/stripe/").status_code == 405
