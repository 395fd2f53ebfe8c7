"""While a venue is not connected its orders wait; when it is, those still wanted are sent, and the others told of."""

from datetime import timedelta

import pytest
import responses
import time_machine
from django.conf import settings
from django.utils import timezone

from integrations.connect.service import register_webhook
from integrations.models import Connection, TokenPair
from orders.injection.parking import is_parked, parked_until
from orders.injection.send import inject
from orders.models import Injection, InjectionAttempt, Order
from orders.tasks import sweep_injections, venue_connected
from tests import factories
from tests.orders.sending import API, NOW, TO_GO, alerts, attempts, minutes_later, queued, takes_orders

State, Outcome = Injection.State, InjectionAttempt.Outcome
Status = Connection.Status


@pytest.fixture
def parked(waiting: Injection) -> Injection:
    """For in three hours, of a venue whose connection ended."""
    Order.objects.update(scheduled_for=NOW + timedelta(hours=3))
    Connection.objects.update(status=Status.RECONNECT_NEEDED, status_reason="Connect again.")
    assert inject(injection_id=waiting.pk) == "waiting"
    return waiting


def follow(injection: Injection, clock: time_machine.Traveller) -> int:
    """Tries whenever it is due, until it is not any more; returns how often that was."""
    for tries in range(10_000):
        injection.refresh_from_db()
        if injection.next_attempt_at is None:
            return tries
        clock.move_to(max(injection.next_attempt_at, timezone.now()))
        inject(injection_id=injection.pk)
    raise AssertionError("it never ends")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"status": Status.RECONNECT_NEEDED, "status_reason": "Connect again."}, "Connect again."),
        ({"status": Status.DISCONNECTED}, "This venue is not connected to Lightspeed."),
        ({"enabled": False}, "This venue's connection to Lightspeed is switched off."),
    ],
)
def test_an_order_waits_for_its_connection_without_using_up_its_retries(
    waiting: Injection,
    pos: responses.RequestsMock,
    clock: time_machine.Traveller,
    columns: dict[str, object],
    sentence: str,
) -> None:
    takes_orders(pos)
    present = Connection.objects.values("status", "enabled").get()
    Connection.objects.update(**columns)
    for _ in range(9):
        assert inject(injection_id=waiting.pk) == "waiting"
        waiting.refresh_from_db()
        assert waiting.next_attempt_at == timezone.now() + timedelta(minutes=1)
        minutes_later(clock, 1)
    assert (waiting.attempts, attempts(waiting), len(pos.calls)) == (0, [], 0)
    assert (waiting.error_code, waiting.error) == ("not_connected", sentence)
    Connection.objects.update(**present)
    assert inject(injection_id=waiting.pk) == "accepted"
    waiting.refresh_from_db()
    assert (waiting.attempts, waiting.error) == (1, "")


def test_a_venue_without_any_connection_keeps_its_orders(clock: time_machine.Traveller, db: None) -> None:
    injection = factories.OrderFactory().injection
    assert inject(injection_id=injection.pk) == "waiting"


def test_an_order_for_now_that_waited_too_long_fails_and_the_venue_is_told(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    Connection.objects.update(enabled=False)
    follow(waiting, clock)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (State.FAILED, "not_connected")
    assert waiting.error == "This venue's connection to Lightspeed is switched off."
    assert timedelta(minutes=9) <= timezone.now() - NOW <= timedelta(minutes=10)
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]


def test_an_order_that_failed_without_a_connection_is_not_sent_when_it_returns(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    Connection.objects.update(enabled=False)
    follow(waiting, clock)
    Connection.objects.update(enabled=True)
    venue_connected(waiting.order.venue_id)
    sweep_injections()
    assert inject(injection_id=waiting.pk) == "not due"
    assert len(pos.calls) == 0


def test_a_connection_that_comes_back_too_late_by_a_moment_sends_nothing(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    Connection.objects.update(enabled=False)
    inject(injection_id=waiting.pk)
    Connection.objects.update(enabled=True)
    minutes_later(clock, 10)
    assert inject(injection_id=waiting.pk) == "failed"
    assert len(pos.calls) == 0


def test_an_order_for_later_waits_until_a_quarter_of_an_hour_before_its_time(
    parked: Injection, clock: time_machine.Traveller
) -> None:
    Order.objects.update(scheduled_for=NOW + timedelta(minutes=40))
    follow(parked, clock)
    parked.refresh_from_db()
    assert parked.state == State.FAILED
    assert timezone.now() - NOW == timedelta(minutes=25)
    assert attempts(parked) == []


def test_a_week_without_a_connection_is_few_tries() -> None:
    now, end, tries = NOW, NOW + timedelta(days=7), 0
    while later := parked_until(now=now, settled_by=end):
        assert now < later <= end
        now, tries = later, tries + 1
    assert now == end
    assert tries < 500


def test_an_order_for_next_week_waits_as_long_as_its_time_allows(
    waiting: Injection, clock: time_machine.Traveller
) -> None:
    Order.objects.update(scheduled_for=(wanted := NOW + timedelta(days=7)))
    Connection.objects.update(enabled=False)
    inject(injection_id=waiting.pk)
    waiting.refresh_from_db()
    assert waiting.next_attempt_at == parked_until(now=NOW, settled_by=wanted - timedelta(minutes=15))


def test_a_consent_that_is_too_narrow_parks_the_order_too(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, status=403)
    for _ in range(8):
        assert inject(injection_id=waiting.pk) == "waiting"
        minutes_later(clock, 1)
    pos.replace(responses.POST, TO_GO, status=503)
    assert inject(injection_id=waiting.pk) == "waiting"
    waiting.refresh_from_db()
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at - timezone.now() <= timedelta(seconds=7.2), "the first retry that counts"
    assert len(attempts(waiting)) == 9


def test_a_consent_that_stays_too_narrow_fails_the_order_in_the_end(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(TO_GO, status=403)
    follow(waiting, clock)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (State.FAILED, "forbidden")


# --- Connected again -------------------------------------------------------------------------------------------------


def test_the_venue_that_is_connected_again_has_its_orders_sent_at_once(
    parked: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    Connection.objects.update(status=Status.CONNECTED)
    assert venue_connected(parked.order.venue_id) == "1 released"
    assert queued() == [("orders.tasks.inject", parked.pk)]
    assert inject(injection_id=parked.pk) == "accepted"


def test_connecting_another_venue_releases_nothing(parked: Injection) -> None:
    assert venue_connected(factories.VenueFactory().pk) == "0 released"
    assert queued() == []


def test_the_sweep_finds_a_connection_that_no_task_announced(parked: Injection) -> None:
    assert sweep_injections() == "0 due"
    Connection.objects.update(status=Status.CONNECTED)
    assert sweep_injections() == "0 due, 1 released"
    assert ("orders.tasks.inject", parked.pk) in queued()


def test_an_unpaid_order_is_not_sent_because_its_venue_is_connected(waiting: Injection) -> None:
    Injection.objects.update(next_attempt_at=None)
    assert venue_connected(waiting.order.venue_id) == "0 released"


@pytest.mark.django_db(transaction=True)
def test_registering_the_webhook_is_when_a_venue_is_connected(
    connection: Connection, pos: responses.RequestsMock
) -> None:
    pos.put(f"{API}/o/wh/1/webhook", json={})
    pos.put(
        f"{API}/o/wh/1/webhook/{connection.endpoint_id}/business-locations/{connection.business_location_id}", json={}
    )
    register_webhook(connection=connection)
    assert queued() == [("orders.tasks.venue_connected", connection.venue_id)]


# --- A consent that turns out to be gone while an order is being sent ------------------------------------------------


@pytest.fixture
def discovering(waiting: Injection, pos: responses.RequestsMock) -> Injection:
    """For in three hours; its call was the one that found out that the consent is gone."""
    Order.objects.update(scheduled_for=NOW + timedelta(hours=3))
    pos.post(TO_GO, status=401)
    pos.post(settings.LIGHTSPEED_TOKEN_URL, status=400, json={"error": "invalid_grant"})
    assert inject(injection_id=waiting.pk) == "waiting"
    assert Connection.objects.get().status == Status.RECONNECT_NEEDED
    return waiting


def test_the_order_that_finds_the_consent_gone_is_parked_as_well(
    discovering: Injection, pos: responses.RequestsMock
) -> None:
    discovering.refresh_from_db()
    assert is_parked(injection=discovering)
    assert venue_connected(discovering.order.venue_id) == "1 released"


def test_the_order_that_found_the_consent_gone_is_not_sent_when_it_is_too_late(
    discovering: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    Connection.objects.update(status=Status.CONNECTED)
    TokenPair.objects.update(expires_at=NOW + timedelta(days=1))
    pos.replace(responses.POST, TO_GO, json={"status": "ok"})
    minutes_later(clock, 5 * 60)
    assert inject(injection_id=discovering.pk) == "failed"
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]


def test_the_sweep_releases_it_too(discovering: Injection, pos: responses.RequestsMock) -> None:
    assert sweep_injections() == "0 due"
    Connection.objects.update(status=Status.CONNECTED)
    assert sweep_injections() == "0 due, 1 released"
