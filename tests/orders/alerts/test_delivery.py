"""Every failure is reported to the venue once, by e-mail and on the till, even if a server is down at first."""

import json
import smtplib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection as database
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from integrations.models import Connection
from integrations.pos import OrderEvent, OrderUpdate
from orders.alerts import delivery
from orders.alerts.delivery import send
from orders.injection.pos_events import apply_order_update
from orders.injection.references import restart_sending
from orders.injection.send import inject
from orders.models import Alert, Injection, Order
from orders.tasks import send_alert, sweep_alerts
from storekit.models import Venue
from tests import factories
from tests.orders.sending import MESSAGE, NOW, TO_GO, alerts, minutes_later, queued, refuses

State = Injection.State


@pytest.fixture
def failed(waiting: Injection, pos: responses.RequestsMock) -> Injection:
    """The POS refused it."""
    refuses(pos, "Could not add item BURGER (not found)")
    assert inject(injection_id=waiting.pk) == "failed"
    waiting.refresh_from_db()
    return waiting


def alert(channel: str, about: str = "failed") -> Alert:
    return Alert.objects.get(channel=channel, about=about)


def messages(pos: responses.RequestsMock) -> list[str]:
    """What the till was sent."""
    return [
        json.loads(call.request.body or b"")["message"]
        for call in pos.calls
        if str(call.request.url).startswith(MESSAGE)
    ]


class DeadServer(EmailBackend):
    """Mail is down: every attempt fails the way that `error` says."""

    error: BaseException = ConnectionRefusedError("no mail server at smtp.example")

    def send_messages(self, messages: Any) -> int:
        raise self.error


@pytest.fixture
def mail_is_down(settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DeadServer"


# --- Once for each failure -------------------------------------------------------------------------------------------


def test_a_failure_is_reported_by_e_mail_and_on_the_till(failed: Injection, pos: responses.RequestsMock) -> None:
    pos.post(MESSAGE, json={})
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]
    assert (failed.failures, failed.failed_at) == (1, NOW)
    assert [send_alert(alert(channel).pk) for channel in ("email", "till")] == ["sent", "sent"]
    assert [alert(channel).sent_at for channel in ("email", "till")] == [NOW, NOW]
    (sent,) = mail.outbox
    assert sent.to == ["kitchen@copper-pot.example"]
    assert len(messages(pos)) == 1


def test_an_alert_that_was_sent_is_not_sent_again(failed: Injection, pos: responses.RequestsMock) -> None:
    pos.post(MESSAGE, json={})
    ids = [alert(channel).pk for channel in ("email", "till")]
    words = [send(alert_id=pk) for pk in [*ids, *ids]]
    assert words == ["sent", "sent", "not due", "not due"]
    assert (len(mail.outbox), len(messages(pos))) == (1, 1)


def test_every_failure_is_reported_once(failed: Injection, pos: responses.RequestsMock) -> None:
    restart_sending(injection=failed)
    assert inject(injection_id=failed.pk) == "failed"
    assert [occurrence for *_, occurrence in alerts()] == [1, 2, 1, 2]
    for row in Alert.objects.filter(channel="email").order_by("occurrence"):
        send(alert_id=row.pk)
    assert [row.sent_at is not None for row in Alert.objects.filter(channel="email").order_by("occurrence")] == [
        False,
        True,
    ]
    assert len(mail.outbox) == 1, "the first failure was over before it was told"


def test_a_failure_that_the_till_reports_twice_queues_one_alert(waiting: Injection) -> None:
    update = OrderUpdate(event=OrderEvent.FAILED, reference=waiting.reference, account="", reason="no")
    for _ in range(3):
        apply_order_update(waiting.order.venue, update)
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]


def test_an_order_that_is_retried_queues_no_alert(waiting: Injection, pos: responses.RequestsMock) -> None:
    pos.post(TO_GO, status=503)
    assert inject(injection_id=waiting.pk) == "waiting"
    assert alerts() == []


@pytest.mark.django_db(transaction=True)
def test_the_alerts_are_queued_when_the_failure_is_committed(
    connection: Connection, pos: responses.RequestsMock
) -> None:
    injection = factories.OrderFactory(venue=connection.venue).injection
    refuses(pos, "no")
    inject(injection_id=injection.pk)
    assert [task for task, _ in queued()] == ["orders.tasks.send_alert"] * 2


def test_the_sweep_finds_unsent_alerts(failed: Injection) -> None:
    assert sweep_alerts() == "2 to send"
    assert len(queued()) == 2


# --- What is down ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ConnectionRefusedError("smtp.example"), smtplib.SMTPException("no"), TimeoutError()])
def test_a_mail_server_that_is_down_delays_the_e_mail(
    failed: Injection,
    clock: time_machine.Traveller,
    mail_is_down: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    monkeypatch.setattr(DeadServer, "error", error)
    assert send(alert_id=alert("email").pk) == "retry"
    row = alert("email")
    assert (row.next_attempt_at, row.sent_at) == (NOW + timedelta(seconds=30), None)
    assert row.error == f"The e-mail could not be sent ({type(error).__name__})."
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    minutes_later(clock, 1)
    assert send(alert_id=row.pk) == "sent"
    assert alert("email").error == ""


def test_a_mail_server_that_is_down_for_a_day_is_given_up(
    failed: Injection, clock: time_machine.Traveller, mail_is_down: None, caplog: pytest.LogCaptureFixture
) -> None:
    row, tries = alert("email"), 0
    while row.next_attempt_at is not None:
        clock.move_to(max(row.next_attempt_at, timezone.now()))
        word = send(alert_id=row.pk)
        row.refresh_from_db()
        tries += 1
    assert word == "given up"
    assert timedelta(hours=23) < timezone.now() - NOW <= timedelta(hours=24)
    assert 50 < tries < 150
    assert "could not be sent for a day" in caplog.text


@pytest.mark.parametrize("answer", [{"status": 503}, {"body": requests.ConnectionError("refused")}, {"status": 429}])
def test_a_till_that_cannot_be_reached_is_given_up_after_an_hour(
    failed: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller, answer: dict[str, Any]
) -> None:
    pos.post(MESSAGE, **answer)
    row = alert("till")
    while row.next_attempt_at is not None:
        clock.move_to(max(row.next_attempt_at, timezone.now()))
        send(alert_id=row.pk)
        row.refresh_from_db()
    assert timedelta(minutes=45) <= timezone.now() - NOW <= timedelta(hours=1)
    assert row.sent_at is None
    assert row.error


def test_the_wait_that_the_pos_asks_for_is_kept(failed: Injection, pos: responses.RequestsMock) -> None:
    pos.post(MESSAGE, status=429, headers={"Retry-After": "600"})
    assert send(alert_id=alert("till").pk) == "retry"
    assert alert("till").next_attempt_at == NOW + timedelta(minutes=10)


def test_a_disconnected_venues_till_is_alerted_when_it_is_connected_again(
    failed: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(MESSAGE, json={})
    Connection.objects.update(enabled=False)
    assert send(alert_id=alert("till").pk) == "retry"
    Connection.objects.update(enabled=True)
    minutes_later(clock, 1)
    assert send(alert_id=alert("till").pk) == "sent"


def test_the_till_of_another_location_is_not_alerted(failed: Injection, pos: responses.RequestsMock) -> None:
    Connection.objects.update(business_location_id="777")
    assert send(alert_id=alert("till").pk) == "given up"
    assert messages(pos) == []


def test_an_alert_whose_process_died_is_sent_after_the_lease(
    failed: Injection, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(delivery, "send_to_venue", _die)
        with pytest.raises(KeyboardInterrupt):
            send(alert_id=alert("email").pk)
    assert send(alert_id=alert("email").pk) == "not due"
    minutes_later(clock, 2)
    assert send(alert_id=alert("email").pk) == "sent"


def _die(**_: Any) -> str:
    raise KeyboardInterrupt


# --- Not needed any more ---------------------------------------------------------------------------------------------


def entered_by_hand() -> None:
    Injection.objects.update(state=State.CONFIRMED)


def cancelled() -> None:
    Order.objects.update(status=Order.Status.CANCELLED)


def sent_again() -> None:
    restart_sending(injection=Injection.objects.get())


def confirmed_late() -> None:
    injection = Injection.objects.get()
    update = OrderUpdate(event=OrderEvent.CONFIRMED, reference=injection.reference, account="A1.1")
    apply_order_update(injection.order.venue, update)


@pytest.mark.parametrize("settled", [entered_by_hand, cancelled, sent_again, confirmed_late])
@pytest.mark.parametrize("channel", ["email", "till"])
def test_an_order_settled_before_its_alert_was_sent_needs_no_alert(
    failed: Injection, pos: responses.RequestsMock, settled: Any, channel: str
) -> None:
    settled()
    assert send(alert_id=alert(channel).pk) == "not needed"
    row = alert(channel)
    assert (row.next_attempt_at, row.sent_at) == (None, None)
    assert (mail.outbox, messages(pos)) == ([], [])


# --- Together --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_processes_with_the_same_alert_send_one_e_mail(connection: Connection) -> None:
    order = factories.OrderFactory(venue=connection.venue)
    Injection.objects.update(state=State.FAILED, failures=1)
    row = Alert.objects.create(order=order, channel="email", about="failed", next_attempt_at=timezone.now())
    start = threading.Barrier(5)

    def work(_: int) -> str:
        start.wait(timeout=20)
        try:
            return send(alert_id=row.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=5) as workers:
        words = list(workers.map(work, range(5)))
    assert sorted(words) == ["not due"] * 4 + ["sent"]
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("channel", ["email", "till"])
def test_no_alert_is_sent_within_a_transaction(
    connection: Connection, pos: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    order = factories.OrderFactory(venue=connection.venue)
    Injection.objects.update(state=State.FAILED, failures=1)
    row = Alert.objects.create(order=order, channel=channel, about="failed", next_attempt_at=timezone.now())
    seen: list[bool] = []

    def look(*_: Any, **__: Any) -> Any:
        seen.append(database.in_atomic_block)
        return "" if channel == "email" else (200, {}, "{}")

    monkeypatch.setattr(delivery, "send_to_venue", look)
    pos.add_callback(responses.POST, MESSAGE, callback=look)
    assert send(alert_id=row.pk) == "sent"
    assert seen == [False]


def test_a_repeated_e_mail_has_the_same_message_id(failed: Injection, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://storekit.example"
    send(alert_id=alert("email").pk)
    Alert.objects.update(next_attempt_at=NOW, sent_at=None)
    send(alert_id=alert("email").pk)
    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert ids == [f"<order-{failed.order_id}-failed-1@storekit.example>"] * 2


def test_no_guests_data_is_logged(
    failed: Injection, pos: responses.RequestsMock, caplog: pytest.LogCaptureFixture, mail_is_down: None
) -> None:
    caplog.set_level("DEBUG")
    pos.post(MESSAGE, status=503)
    for channel in ("email", "till"):
        send(alert_id=alert(channel).pk)
    assert str(failed.order_id) in caplog.text
    assert not any(word in caplog.text for word in ("Ada", "Lovelace", "example", "2079460018"))


def test_a_venue_without_an_address_gets_no_e_mail(failed: Injection) -> None:
    Venue.objects.update(email="")
    assert send(alert_id=alert("email").pk) == "retry"
    assert (alert("email").sent_at, mail.outbox) == (None, [])
    assert "no address" in alert("email").error
