"""Every reason and body that Lightspeed is known to use, from its own words to what staff and guests see."""

from typing import Any

import pytest
import responses
import time_machine
from django.core import mail

from integrations.models import Connection
from integrations.webhooks.ledger import receive
from orders.alerts.delivery import send
from orders.injection.send import inject
from orders.models import Alert, Injection, Order
from orders.tasks import handle_order_notification
from tests.orders.alerts.refusals import snoozed_skus
from tests.orders.sending import TO_GO, attempts, minutes_later
from tests.support import vendor_words
from tests.support.vendor_words import REASONS, Reason

State, Status = Injection.State, Order.Status


@pytest.fixture
def accepted(waiting_burger: Injection, pos: responses.RequestsMock) -> Injection:
    """An order for a burger with bacon that Lightspeed has accepted."""
    pos.post(TO_GO, json=vendor_words.ACCEPTED.body)
    assert inject(injection_id=waiting_burger.pk) == State.ACCEPTED
    waiting_burger.refresh_from_db()
    return waiting_burger


def notified(connection: Connection, body: dict[str, Any]) -> str:
    return handle_order_notification(receive(connection=connection, body=body).notification_id)


def alerts_sent() -> None:
    for pk in Alert.objects.exclude(channel="till").order_by("-channel").values_list("pk", flat=True):
        send(alert_id=pk)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.words[:60])
def test_every_reason_fails_the_order_at_once_with_its_reaction(
    accepted: Injection, connection: Connection, clock: time_machine.Traveller, reason: Reason
) -> None:
    body = vendor_words.bare_failure(reference=accepted.reference, reason=reason.words)
    result = notified(connection, body)
    accepted.refresh_from_db()
    if reason.sent_again:
        assert result == "being sent again"
        assert (accepted.state, accepted.revision) == (State.WAITING, 2)
        minutes_later(clock, 2)
        assert inject(injection_id=accepted.pk) == State.ACCEPTED
        accepted.refresh_from_db()
        result = notified(connection, body | {"thirdPartyReference": accepted.reference})
        accepted.refresh_from_db()

    assert result == "failed"
    assert (accepted.state, accepted.error_code) == (State.FAILED, reason.code)
    sentence, _, words = accepted.error.partition("\n")
    assert reason.told in sentence
    assert words == reason.words
    alerts_sent()
    (sent,) = mail.outbox
    assert reason.words in sent.body
    assert reason.advice in sent.body
    assert snoozed_skus() == list(reason.snoozed)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.words[:60])
def test_a_reason_given_at_once_is_the_same_refusal(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, reason: Reason
) -> None:
    pos.post(TO_GO, status=400, json={"status": 400, "message": reason.words})
    result = inject(injection_id=waiting_burger.pk)
    if reason.sent_again:
        assert result == State.WAITING
        minutes_later(clock, 2)
        result = inject(injection_id=waiting_burger.pk)
    waiting_burger.refresh_from_db()
    assert result == State.FAILED
    assert waiting_burger.error_code == ("rejected" if reason.code == "refused_by_till" else reason.code)
    assert len(attempts(waiting_burger)) == 1 + reason.sent_again


def test_a_refused_item_is_named_where_the_order_has_it(accepted: Injection, connection: Connection) -> None:
    notified(
        connection,
        vendor_words.bare_failure(reference=accepted.reference, reason="Could not add item BACON (not found)"),
    )
    accepted.refresh_from_db()
    assert "The item: Bacon (BACON)." in accepted.error


@pytest.mark.parametrize("quoted", ["STOREKIT_DELIVERY", "Delivery fee"])
def test_a_fee_that_the_till_does_not_know_leads_to_the_settings(
    accepted: Injection, connection: Connection, quoted: str
) -> None:
    Order.objects.update(delivery_fee="2.50")
    reason = f"Could not add item {quoted} (not found)"
    notified(connection, vendor_words.bare_failure(reference=accepted.reference, reason=reason))
    accepted.refresh_from_db()
    assert accepted.error_code == "unknown_item"
    assert accepted.error.startswith("Check the item for the delivery fee in the Lightspeed settings")


@pytest.mark.parametrize("status", ["SUCCESS", "DELIVERED", "CHECK_WAS_UPDATED", "CLOSED"])
def test_every_kind_of_arrival_confirms(accepted: Injection, connection: Connection, status: str) -> None:
    """Source: the vendor's API documentation; SUCCESS is not on its list of what is always sent."""
    body = vendor_words.order_notification(
        status, reference=accepted.reference, location=connection.business_location_id
    )
    notified(connection, body)
    accepted.refresh_from_db()
    assert (accepted.state, accepted.account) == (State.CONFIRMED, "A78094.48")
    expected = Status.COMPLETED if status == "CLOSED" else Status.CONFIRMED
    assert Order.objects.get().status == expected


def test_a_failure_of_something_that_is_no_order_of_ours_changes_nothing(
    accepted: Injection, connection: Connection
) -> None:
    body = vendor_words.bare_failure(reference="till-1", reason="the payment amount is greater than the amount due")
    assert notified(connection, body) == "unknown reference"
    accepted.refresh_from_db()
    assert accepted.state == State.ACCEPTED


def test_an_order_received_but_not_accepted_fails_at_once_and_is_not_retried(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    pos.post(TO_GO, json=vendor_words.NOT_ENABLED.body)
    assert inject(injection_id=waiting_burger.pk) == State.FAILED
    waiting_burger.refresh_from_db()
    assert attempts(waiting_burger) == [(1, "rejected")]
    assert waiting_burger.error_code == "not_enabled"
    assert waiting_burger.error.startswith("Ask Lightspeed's support to enable the Order and Pay API")
    alerts_sent()
    assert "does not help until the API is enabled" in mail.outbox[0].body


@pytest.mark.parametrize("status", ["fail", "queued"])
def test_any_other_status_is_not_accepted_either(
    waiting_burger: Injection, pos: responses.RequestsMock, status: str
) -> None:
    pos.post(TO_GO, json={"status": status})
    assert inject(injection_id=waiting_burger.pk) == State.FAILED
    waiting_burger.refresh_from_db()
    assert waiting_burger.error_code == "not_accepted"
    assert f"Lightspeed answered: {status}" in waiting_burger.error
