"""Guests pay by card through Stripe: phone, storekit, its worker, the till and a stand-in of Stripe, over sockets."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from integrations.models import LightspeedSettings
from storekit.models import Venue
from tables.floor_plan import sync_floor_plan
from tables.models import PayAtTable, Table
from tests.integrations.flow import connect
from tests.support.processes import worker
from tests.support.sandbox import SandboxPos, eventually
from tests.support.stripe_stand_in import StandIn
from tests.tables.payments.stripe.guests import pay_on_the_page

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT, SECRET = "acct_copper", "whsec_of_connected_accounts"


@dataclass
class Phone:
    """A guest's phone at table 7, where one portion of fries is on the bill."""

    url: str
    pos: SandboxPos
    stripe: StandIn
    path: str = ""

    def get(self, path: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}{path}", timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def start_paying(self) -> None:
        """Pay everything with a tip of 50 pence, and wait for the card form."""
        (bill,) = self.get(self.path)["bills"]
        answer = requests.post(
            f"{self.url}{self.path}/bills/{bill['id']}/payments",
            json={"split": {"mode": "full"}, "tip": "0.50", "method": "card"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        self.path = f"{self.path}/payments/{answer.json()['id']}"
        eventually(lambda: self.get(self.path)["stage"] == "needs_guest", seconds=30)

    def enter_card(self, card: str) -> None:
        """Confirm in Stripe's form; Stripe tells storekit of it, each thing twice."""
        pay_on_the_page(self.get(self.path)["provider"], self.stripe.url, payment_method=card)
        self.hear_twice()

    def hear_twice(self) -> None:
        outbox = self.stripe.outbox
        news = outbox.events[outbox.delivered :]
        assert set(outbox.deliver(backwards=True) + outbox.send(news)) <= {200}

    def ends_as(self, stage: str) -> bool:
        return bool(self.get(self.path)["stage"] == stage)


@pytest.fixture
def phone(
    live_server: LiveServer, settings: Settings, sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> Iterator[Phone]:
    settings.PUBLIC_URL = live_server.url
    connect(annas_browser, venue)
    sync_floor_plan(venue=venue, started_by="a test")
    PayAtTable.objects.create(venue=venue, enabled=True, payments_enabled=True, provider_account=ACCOUNT)
    sandbox.control("checks", tableNumber=7, items=[{"sku": "FRIES01", "quantity": 1}])
    with StandIn.running() as stripe:
        stripe.connect(ACCOUNT)
        stripe.send_events_to(f"{live_server.url}/webhooks/stripe/", SECRET, connect=True)
        keys = {
            "PAYMENT_PROVIDER": "stripe",
            "STRIPE_SECRET_KEY": stripe.secret_key,
            "STRIPE_PUBLISHABLE_KEY": stripe.publishable_key,
            "STRIPE_WEBHOOK_SECRETS": [SECRET],
            "STRIPE_API_BASE": stripe.url,
        }
        for name, value in keys.items():
            setattr(settings, name, value)
        token = Table.objects.get(venue=venue, number=7).token
        with worker(**keys):
            yield Phone(live_server.url, sandbox, stripe, f"/api/v1/tables/{token}")


def test_a_guest_is_charged_once_the_till_has_the_payment(phone: Phone) -> None:
    phone.start_paying()
    phone.enter_card("pm_card_visa_chargeDeclinedInsufficientFunds")
    # The same form takes another card, which its bank asks the guest about.
    phone.enter_card("pm_card_threeDSecure2Required")
    (intent,) = phone.stripe.intents(ACCOUNT)
    assert phone.ends_as("needs_guest")
    phone.stripe.guest_confirms(intent["id"], account=ACCOUNT)
    phone.hear_twice()
    eventually(lambda: phone.ends_as("paid"), seconds=30)

    charge = phone.stripe.charge(intent["id"], ACCOUNT)
    assert (charge["amount_captured"], charge["amount_refunded"]) == (450, 0)
    (on_till,) = phone.pos.state()["payments"]
    assert on_till["status"] == "applied"
    assert len(phone.stripe.calls_to("/capture")) == 1
    # Whatever Stripe says again changes nothing.
    outbox = phone.stripe.outbox
    assert set(outbox.send(outbox.events)) == {200}
    assert phone.ends_as("paid")
    assert Decimal(phone.get(phone.path.partition("/payments/")[0])["bills"][0]["totals"]["due"]) == 0


def test_a_guest_whom_the_till_refuses_is_never_charged(phone: Phone, venue: Venue) -> None:
    LightspeedSettings.objects.update_or_create(
        connection=venue.connection, defaults={"pat_payment_method": "NOT_THERE"}
    )
    phone.start_paying()
    phone.enter_card("pm_card_visa")
    eventually(lambda: phone.ends_as("not_charged"), seconds=30)
    (on_till,) = phone.pos.state()["payments"]
    assert (on_till["status"], on_till["error"]) == ("failed", "PAYMENT_METHOD_NOT_FOUND")

    (intent,) = phone.stripe.intents(ACCOUNT)
    eventually(lambda: phone.stripe.intent(intent["id"], ACCOUNT)["status"] == "canceled", seconds=30)
    assert phone.stripe.charge(intent["id"], ACCOUNT)["amount_captured"] == 0
    assert phone.stripe.refunds(ACCOUNT) == []
