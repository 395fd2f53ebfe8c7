"""No worker runs: the venues are told by the web processes, once, and once more when it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.db.models.functions import Now

from integrations.models import Connection
from storekit.models import Venue, WorkerBeat, WorkerOutage
from storekit.queue import heartbeat, outage
from storekit.queue.heartbeat import WorkerHealth
from tests import factories

pytestmark = pytest.mark.django_db

Mailbox = list[EmailMultiAlternatives]
NOON = datetime(2026, 5, 1, 11, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def no_worker_for(**time_passed: float) -> None:
    WorkerBeat.objects.update(beat_at=Now() - timedelta(**time_passed))


def a_worker_runs() -> None:
    heartbeat.beat()


def look() -> int:
    return outage.look(up_for=A_DAY)


def test_the_venue_is_told_once(connection: Connection, mailoutbox: Mailbox) -> None:
    no_worker_for(seconds=75)
    assert (look(), look()) == (1, 0)
    (mail,) = mailoutbox
    assert mail.to == [connection.venue.email]
    assert mail.subject == "The Copper Pot: online orders are not being sent"
    assert "has not run since Friday 1 May, 11:58" in mail.body
    assert "make them by hand if they cannot wait" in mail.body


def test_nobody_is_told_within_the_first_minute(connection: Connection, mailoutbox: Mailbox) -> None:
    no_worker_for(seconds=50)
    assert look() == 0


def test_when_everything_is_started_again_the_workers_have_a_minute(
    connection: Connection, mailoutbox: Mailbox
) -> None:
    no_worker_for(hours=8)
    assert outage.look(up_for=timedelta(seconds=59)) == 0
    assert outage.look(up_for=timedelta(seconds=60)) == 1


def test_only_venues_that_take_orders_are_told(connection: Connection, other_venue: Venue, mailoutbox: Mailbox) -> None:
    factories.ConnectionFactory(venue=other_venue, enabled=False)
    no_worker_for(minutes=2)
    assert look() == 1
    assert mailoutbox[0].to == [connection.venue.email]


def test_the_venue_is_reminded_after_an_hour_and_then_each_day(
    connection: Connection, clock: time_machine.Traveller, mailoutbox: Mailbox
) -> None:
    no_worker_for(minutes=2)
    sent = []
    for minutes in range(0, 28 * 60, 30):
        clock.move_to(NOON + timedelta(minutes=minutes))
        sent += [minutes / 60] * look()
    assert sent == [0, 1, 25]
    assert mailoutbox[1].subject.endswith("(reminder)")
    assert len({mail.extra_headers["Message-ID"] for mail in mailoutbox}) == 3


def test_the_venue_is_told_once_when_it_is_over(connection: Connection, mailoutbox: Mailbox) -> None:
    no_worker_for(minutes=2)
    look()
    a_worker_runs()
    assert (look(), look()) == (1, 0)
    assert mailoutbox[1].subject == "The Copper Pot: online orders are being sent again"
    assert not WorkerOutage.objects.exists()
    no_worker_for(minutes=2)
    assert look() == 1, "the next outage is told again"


def test_of_two_web_processes_one_sends_the_mail(
    connection: Connection, mailoutbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the same row before either claims it."""
    no_worker_for(minutes=2)
    outage._record(heartbeat.worker_health())
    first, second = WorkerOutage.objects.get(), WorkerOutage.objects.get()
    assert (outage._tell_of_the_outage(first), outage._tell_of_the_outage(second)) == (True, False)
    assert len(mailoutbox) == 1


def test_a_mail_server_that_is_down_only_delays_it(
    connection: Connection,
    clock: time_machine.Traveller,
    mailoutbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise SMTPException

    no_worker_for(minutes=2)
    with monkeypatch.context() as broken:
        broken.setattr(EmailMultiAlternatives, "send", refuse)
        assert look() == 0
    clock.shift(timedelta(minutes=6))
    assert look() == 1


def test_who_was_not_told_that_it_began_is_not_told_that_it_is_over(
    connection: Connection, mailoutbox: Mailbox
) -> None:
    outage._record(WorkerHealth(alive=False, last_beat=None, last_sweep=None, clock_ahead=0))
    a_worker_runs()
    assert look() == 0
    assert not WorkerOutage.objects.exists()
