"""The stand-in is as strict as Stripe, as the official library sees it; and it is nobody's but its own."""

import ast
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import stripe
from stripe import CardError, IdempotencyError, InvalidRequestError, StripeClient, WebhookSignature

from tests.support import stripe_stand_in
from tests.support.stripe_stand_in import StandIn
from tests.support.stripe_stand_in.events import signature
from tests.tables.payments.stripe.guests import begin, capture, pay_on_the_page

MADE = {"amount": 1250, "currency": "gbp", "capture_method": "manual"}
RETURN = {"return_url": "https://tables.example/"}
CONFIRMED = MADE | RETURN | {"confirm": True, "payment_method": "pm_card_visa"}
SECRET = "whsec_1"


@pytest.fixture
def client(stand_in: StandIn) -> StripeClient:
    return StripeClient(stand_in.secret_key, base_addresses={"api": stand_in.url})


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """An address that takes events, and the signatures and bodies that came."""
    came: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            came.append((self.headers["Stripe-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Write nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", came
    server.shutdown()
    server.server_close()


def test_it_knows_nothing_of_storekit() -> None:
    files = list(Path(stripe_stand_in.__file__).parent.glob("*.py"))
    trees = [ast.walk(ast.parse(file.read_text())) for file in files]
    names = {node.module or "" for tree in trees for node in tree if isinstance(node, ast.ImportFrom)}
    ours = {name.partition(".")[0] for name in names if not name.startswith("tests.support.stripe_stand_in")}
    assert ours.isdisjoint({"storekit", "tables", "integrations", "orders", "menus", "tests", "django", "stripe"})


def test_a_key_brings_back_the_same_answer(client: StripeClient) -> None:
    first, again = (client.v1.payment_intents.create(MADE, {"idempotency_key": "k"}) for _ in range(2))
    assert first.id == again.id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("other", [{"amount": 1251}, {"description": "more"}])
def test_a_key_is_for_one_request_only(client: StripeClient, other: dict[str, Any]) -> None:
    client.v1.payment_intents.create(MADE, {"idempotency_key": "k"})
    with pytest.raises(IdempotencyError) as refused:
        client.v1.payment_intents.create(MADE | other, {"idempotency_key": "k"})
    assert refused.value.http_status == 400


def test_a_declined_card_is_declined_again_under_its_key_and_not_tried_again(
    stand_in: StandIn, client: StripeClient
) -> None:
    for _ in range(2):
        with pytest.raises(CardError) as declined:
            client.v1.payment_intents.create(
                CONFIRMED | {"payment_method": "pm_card_chargeDeclined"}, {"idempotency_key": "k"}
            )
        assert (declined.value.code, declined.value.error.decline_code) == ("card_declined", "generic_decline")
    assert len(stand_in.accounts[""].charges) == 1


def test_what_fails_validation_leaves_its_key_free(client: StripeClient) -> None:
    with pytest.raises(InvalidRequestError):
        client.v1.payment_intents.create(MADE | {"amount": 1}, {"idempotency_key": "k"})
    assert client.v1.payment_intents.create(MADE, {"idempotency_key": "k"}).amount == 1250


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"amout": 1}, "parameter_unknown"),
        ({"currency": None}, "parameter_missing"),
        ({"amount": 29}, "amount_too_small"),
        ({"amount": 100_000_000}, "amount_too_large"),
        ({"currency": "xxx"}, None),
        ({"currency": "kwd", "amount": 8005}, None),
        ({"description": ""}, "parameter_invalid_empty"),
        ({"statement_descriptor_suffix": "12*34"}, None),
        ({"capture_method": "later"}, None),
        ({"allowed_payment_method_types": ["ideal"]}, None),
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported"),
        ({"allowed_payment_method_types": ["card"], "automatic_payment_methods": {"enabled": True}}, None),
        ({"payment_method_options": {"ideal": {"capture_method": "manual"}}}, None),
        (RETURN, None),
        ({"confirm": True, "payment_method": "pm_card_visa"}, None),
    ],
)
def test_a_request_that_stripe_would_refuse_is_refused(
    client: StripeClient, wrong: dict[str, Any], code: str | None
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        client.v1.payment_intents.create(MADE | wrong)
    assert (refused.value.http_status, refused.value.code) == (400, code)


def test_an_intent_does_only_what_its_status_allows(client: StripeClient) -> None:
    intents = client.v1.payment_intents
    name = intents.create(CONFIRMED).id
    with pytest.raises(InvalidRequestError, match="requires_capture"):
        intents.confirm(name, RETURN)
    with pytest.raises(InvalidRequestError) as too_much:
        intents.capture(name, {"amount_to_capture": 1251})
    assert too_much.value.code == "amount_too_large"

    taken = intents.capture(name, {"amount_to_capture": 1000})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 1000, 0)
    for verb in ("confirm", "capture", "cancel"):
        with pytest.raises(InvalidRequestError) as refused:
            getattr(intents, verb)(name, RETURN if verb == "confirm" else {})
        assert refused.value.code == "payment_intent_unexpected_state"


def test_a_publishable_key_confirms_with_the_client_secret_and_nothing_else(stand_in: StandIn) -> None:
    payment = begin()
    wrong = dict(payment.client) | {"client_secret": f"{payment.reference}_secret_guessed"}
    answer = pay_on_the_page(wrong, stand_in.url, payment_method="pm_card_visa")
    assert answer["error"]["code"] == "resource_missing"
    public = StripeClient(stand_in.publishable_key, base_addresses={"api": stand_in.url})
    with pytest.raises(stripe.AuthenticationError):
        public.v1.payment_intents.create(MADE)
    assert stand_in.intent(payment.reference)["status"] == "requires_payment_method"


def test_events_are_signed_repeated_and_out_of_order_when_asked(
    stand_in: StandIn, mailbox: tuple[str, list[tuple[str, str]]]
) -> None:
    url, came = mailbox
    stand_in.send_events_to(url, SECRET)
    stand_in.send_events_to(url, "whsec_connect", connect=True)
    capture(begin("pm_card_visa"))
    assert came == []

    assert stand_in.outbox.deliver(backwards=True) == [200] * len(stand_in.outbox.events)
    kinds = [stripe.Webhook.construct_event(body, header, SECRET).type for header, body in came]
    assert kinds[:2] == ["payment_intent.succeeded", "charge.captured"]
    assert kinds[-1] == "payment_intent.created"
    assert stand_in.outbox.deliver() == []
    assert stand_in.outbox.send(stand_in.outbox.events[-1:] * 2) == [200, 200]
    assert came[-1][1] == came[-2][1]


def test_an_account_that_is_connected_has_its_events_sent_to_another_webhook(
    stand_in: StandIn, mailbox: tuple[str, list[tuple[str, str]]]
) -> None:
    url, came = mailbox
    stand_in.connect("acct_1")
    stand_in.send_events_to(url, SECRET)
    stand_in.send_events_to(url, "whsec_connect", connect=True, kinds=("payment_intent.amount_capturable_updated",))
    begin("pm_card_visa", account="acct_1")
    stand_in.outbox.deliver()
    ((header, body),) = came
    assert stripe.Webhook.construct_event(body, header, "whsec_connect").account == "acct_1"


def test_it_signs_as_the_library_does() -> None:
    at = int(time.time())
    assert signature("{}", SECRET, at=at) == WebhookSignature.generate_signature_header("{}", SECRET, timestamp=at)
