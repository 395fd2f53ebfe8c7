"""The end of a consent is found without an order, and the venue is e-mailed at once and reminded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import responses
import time_machine
from django.conf import settings
from django.core import mail
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.signing import SignedPackage
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from integrations import tasks
from integrations.connect.service import disconnect
from integrations.models import Connection
from storekit.models import Venue
from storekit.queue.registry import PERIODIC_TASKS
from tests import factories
from tests.integrations.flow import connect
from tests.support.sandbox import SandboxPos

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def ended(connection: Connection, noon: time_machine.Traveller) -> Connection:
    """The connection after its consent was withdrawn at the POS, and the next check."""
    Connection.objects.update(connected_at=NOON - timedelta(days=3))
    with responses.RequestsMock() as pos:
        pos.get(f"{settings.LIGHTSPEED_API_URL}/o/op/1/onlineOrderReadiness", status=401)
        pos.post(settings.LIGHTSPEED_TOKEN_URL, json={"error": "invalid_grant"}, status=400)
        assert tasks.check_consents() == "1 asked"
    connection.refresh_from_db()
    return connection


def send_after(noon: time_machine.Traveller, **passed: float) -> int:
    """How many e-mails go out when so much time has passed."""
    noon.shift(timedelta(**passed))
    before = len(mail.outbox)
    tasks.send_consent_alerts()
    return len(mail.outbox) - before


def test_both_steps_run_every_minute() -> None:
    assert PERIODIC_TASKS["integrations.tasks.check_consents"] == 1
    assert PERIODIC_TASKS["integrations.tasks.send_consent_alerts"] == 1


def test_the_end_is_found_without_an_order(ended: Connection) -> None:
    assert ended.status == Connection.Status.RECONNECT_NEEDED
    assert ended.consent_ended_at == NOON


def test_the_email_is_queued_at_once(
    connection: Connection, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), responses.RequestsMock() as pos:
        pos.get(f"{settings.LIGHTSPEED_API_URL}/o/op/1/onlineOrderReadiness", status=401)
        pos.post(settings.LIGHTSPEED_TOKEN_URL, json={"error": "invalid_grant"}, status=400)
        tasks.check_consents()

    ((_, package),) = get_broker().dequeue()
    assert SignedPackage.loads(package)["func"] == "integrations.tasks.send_consent_alerts"


def test_the_venue_is_told_what_happened_and_where_to_reconnect(ended: Connection, venue: Venue) -> None:
    tasks.send_consent_alerts()

    (message,) = mail.outbox
    assert message.to == [venue.email]
    assert message.subject == "The Copper Pot: reconnect Lightspeed"
    html = str(message.alternatives[0][0])  # type: ignore[attr-defined]  # it has an HTML part
    for text in (str(message.body), html):
        assert "since Thursday 1 October, 13:00" in text
        assert "No online order reaches the till until a manager reconnects it" in text
        assert f"{settings.PUBLIC_URL}/integrations/lightspeed/connect/?venue=copper-pot" in text


def test_it_is_reminded_after_an_hour_and_then_each_day(ended: Connection, noon: time_machine.Traveller) -> None:
    assert send_after(noon) == 1
    assert send_after(noon, minutes=59) == 0
    assert send_after(noon, minutes=1) == 1
    assert send_after(noon, hours=23) == 0
    assert send_after(noon, hours=1) == 1
    assert send_after(noon, hours=24) == 1

    assert [message.subject.endswith("(reminder)") for message in mail.outbox] == [False, True, True, True]
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 4


def test_nobody_is_reminded_once_connected_or_disconnected(ended: Connection, noon: time_machine.Traveller) -> None:
    tasks.send_consent_alerts()
    disconnect(connection=ended)
    assert send_after(noon, hours=2) == 0
    Connection.objects.update(status=Connection.Status.CONNECTED)
    assert send_after(noon, hours=48) == 0


def test_a_mail_server_that_is_down_delays_it(
    ended: Connection, noon: time_machine.Traveller, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    tasks.send_consent_alerts()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert send_after(noon, minutes=4) == 0
    assert send_after(noon, minutes=1) == 1
    assert mail.outbox[0].subject == "The Copper Pot: reconnect Lightspeed"


def test_a_consent_that_ended_before_there_were_these_emails_is_told_too(connection: Connection) -> None:
    Connection.objects.update(status=Connection.Status.RECONNECT_NEEDED)
    tasks.send_consent_alerts()
    assert "reconnect Lightspeed" in mail.outbox[0].subject


def test_a_connection_that_works_gets_no_email(connection: Connection, noon: time_machine.Traveller) -> None:
    factories.ConnectionFactory(enabled=False)
    with responses.RequestsMock() as pos:
        pos.get(f"{settings.LIGHTSPEED_API_URL}/o/op/1/onlineOrderReadiness", status=503)
        assert tasks.check_consents() == "1 asked"
    assert send_after(noon) == 0
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED


def test_the_sandbox_pos_ends_a_consent_and_the_next_check_finds_it(
    venue: Venue, sandbox: SandboxPos, annas_browser: object
) -> None:
    connect(annas_browser, venue)  # type: ignore[arg-type]
    sandbox.control("tokens/revoke")

    tasks.check_consents()
    tasks.send_consent_alerts()

    assert Connection.objects.get().status == Connection.Status.RECONNECT_NEEDED
    assert Connection.objects.get().consent_ended_at < timezone.now()  # type: ignore[operator]
    assert [message.to for message in mail.outbox] == [[venue.email]]
