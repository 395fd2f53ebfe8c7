"""Alerts: one e-mail about each scheduled sync that fails or needs approval, without queued for the mail server."""

import smtplib
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection as database
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from integrations.models import Connection, SyncRun
from integrations.pos import PointOfSale, Rejected
from integrations.syncs import alerts, queue, runs
from integrations.syncs.runs import Progress, SyncHeld, queue_sync, queued_run
from integrations.tasks import send_sync_alerts
from storekit.models import Venue
from tests.integrations.syncs.work import run_sync

MENU = SyncRun.Kind.MENU


def refuse(pos: PointOfSale, progress: Progress) -> dict[str, int]:
    raise Rejected("Lightspeed refused this request.", detail="menu 168 is <locked>\nask support")


def succeed(pos: PointOfSale, progress: Progress) -> dict[str, int]:
    return {}


def hold(pos: PointOfSale, progress: Progress) -> dict[str, int]:
    raise SyncHeld("The menu came back empty.", plan={"archived": 40}, counts={"archived": 40})


def scheduled(venue: Venue, work: Any = refuse) -> SyncRun:
    run = queue_sync(venue=venue, kind=MENU, started_by="schedule", scheduled=True)
    return run_sync(venue=venue, kind=MENU, started_by="", work=work, queued=queued_run(run_id=run.pk))


class DeadServer(EmailBackend):
    """A mail server that is down: every attempt raises `error`."""

    error: BaseException = ConnectionRefusedError("no mail server at smtp.example")

    def send_messages(self, messages: Any) -> int:
        raise self.error


@pytest.fixture
def mail_is_down(settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DeadServer"


def test_the_email_about_a_failed_sync_has_the_reason_and_a_link(
    venue: Venue, connection: Connection, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://storekit.example"
    with time_machine.travel("2026-07-06T04:00:05Z", tick=False):
        run = scheduled(venue)
        assert send_sync_alerts() == "1 sent"

    sent: Any = mail.outbox[0]
    assert sent.to == [venue.email]
    assert sent.subject == "The Copper Pot: scheduled menu sync failed"
    link = f"https://storekit.example/admin/integrations/syncrun/{run.pk}/change/"
    html = str(sent.alternatives[0][0])
    for body in (sent.body, html):
        assert "Monday 6 July, 05:00" in body
        assert "Lightspeed refused this request." in body
        assert "ask support" in body
        assert link in body
    reason, detail = (sent.body.index(text) for text in ("Lightspeed refused", "menu 168 is <locked>"))
    assert reason < detail
    assert "menu 168 is &lt;locked&gt;" in html


def test_a_failure_queues_the_email_at_once(venue: Venue, connection: Connection) -> None:
    scheduled(venue)
    assert [row.task["func"] for row in OrmQ.objects.all()] == ["integrations.tasks.send_sync_alerts"]


def test_each_failure_is_emailed_only_once(venue: Venue, connection: Connection) -> None:
    run = scheduled(venue)
    for _ in range(3):
        alerts.send_due()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        alerts.send_due()

    assert len(mail.outbox) == 1
    run.refresh_from_db()
    assert run.alerted_at is not None


def test_two_failures_are_two_emails(venue: Venue, connection: Connection) -> None:
    scheduled(venue)
    scheduled(venue)
    assert alerts.send_due() == 2
    assert len({sent.extra_headers["Message-ID"] for sent in mail.outbox}) == 2


def test_a_success_or_a_sync_by_hand_sends_no_email(venue: Venue, connection: Connection) -> None:
    scheduled(venue, succeed)
    run_sync(venue=venue, kind=MENU, started_by="Anna", work=refuse)
    assert alerts.send_due() == 0
    assert mail.outbox == []


def test_the_email_about_a_held_sync_asks_for_approval(venue: Venue, connection: Connection) -> None:
    scheduled(venue, hold)
    alerts.send_due()
    (sent,) = mail.outbox
    assert sent.subject == "The Copper Pot: scheduled menu sync needs your approval"
    assert "The menu came back empty." in sent.body
    assert "Nothing has changed yet" in sent.body


def test_a_superseded_plan_sends_no_email(venue: Venue, connection: Connection) -> None:
    run = scheduled(venue, hold)
    SyncRun.objects.update(state=SyncRun.State.SUPERSEDED)
    assert alerts.send_due() == 0
    run.refresh_from_db()
    assert run.next_alert_at is None


def test_an_unexpected_error_is_emailed_too(venue: Venue, connection: Connection) -> None:
    def crash(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scheduled(venue, crash)
    assert alerts.send_due() == 1
    assert "Stopped by an unexpected error" in mail.outbox[0].body


def test_a_killed_sync_is_emailed_once_its_lease_has_run_out(venue: Venue, connection: Connection) -> None:
    run = queue_sync(venue=venue, kind=MENU, started_by="schedule", scheduled=True)
    runs._start(run)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert queue.enqueue_due() == 1
        assert alerts.send_due() == 1
    assert "probably killed" in mail.outbox[0].body


def replaced_run(
    venue: Venue, work: Any, options: dict[str, Any], *, scheduled_options: dict[str, Any] | None = None
) -> SyncRun:
    """Return a scheduled run that no worker started, after a sync by hand has replaced it."""
    queued = queue_sync(venue=venue, kind=MENU, started_by="schedule", scheduled=True, options=scheduled_options)
    with time_machine.travel(timezone.now() + timedelta(seconds=20)):
        run_sync(venue=venue, kind=MENU, started_by="command", work=work, options=options)
        alerts.send_due()
    queued.refresh_from_db()
    return queued


@pytest.mark.parametrize("options", [{}, {"light": False, "menu_id": "168"}])
def test_a_replaced_sync_sends_no_email_if_its_work_was_done(
    venue: Venue, connection: Connection, options: dict[str, Any]
) -> None:
    run = replaced_run(venue, succeed, options)
    assert (run.state, mail.outbox) == (SyncRun.State.SUPERSEDED, [])


def test_a_light_sync_does_the_work_of_a_scheduled_light_sync(venue: Venue, connection: Connection) -> None:
    run = replaced_run(venue, succeed, {"light": True}, scheduled_options={"light": True})
    assert (run.state, mail.outbox) == (SyncRun.State.SUPERSEDED, [])


@pytest.mark.parametrize(("work", "words"), [(refuse, "Lightspeed refused this request."), (hold, "came back empty")])
def test_a_sync_by_hand_that_replaced_a_scheduled_one_is_emailed_when_it_fails(
    venue: Venue, connection: Connection, work: Any, words: str
) -> None:
    assert replaced_run(venue, work, {}).state == SyncRun.State.SUPERSEDED
    (sent,) = mail.outbox
    assert words in sent.body


@pytest.mark.parametrize("option", ["preview", "light", "undo"])
def test_a_scheduled_sync_replaced_by_one_that_does_less_is_emailed_as_failed(
    venue: Venue, connection: Connection, option: str
) -> None:
    assert replaced_run(venue, succeed, {option: True}).state == SyncRun.State.FAILED
    (sent,) = mail.outbox
    assert "No background worker started this sync" in sent.body


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("no server"),
        TimeoutError("too slow"),
        smtplib.SMTPRecipientsRefused({"kitchen@copper-pot.example": (550, b"unknown")}),
    ],
)
@pytest.mark.usefixtures("mail_is_down")
def test_a_mail_server_that_is_down_only_delays_the_email(
    venue: Venue,
    connection: Connection,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: BaseException,
) -> None:
    monkeypatch.setattr(DeadServer, "error", error)
    run = scheduled(venue)
    assert (run.state, run.error.splitlines()[0]) == (SyncRun.State.FAILED, "Lightspeed refused this request.")
    assert alerts.send_due() == 0
    assert alerts.send_due() == 0, "it is not retried at every sweep"
    assert "kitchen@" not in caplog.text

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert alerts.send_due() == 1
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("mail_is_down")
def test_an_email_is_given_up_and_logged_after_a_day(
    venue: Venue, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    run = scheduled(venue)
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        assert alerts.send_due() == 0
    run.refresh_from_db()
    assert (run.next_alert_at, run.alerted_at) == (None, None)
    assert "no e-mail could be sent for a day" in caplog.text


def test_an_invalid_address_does_not_stop_other_emails(
    venue: Venue, other_venue: Venue, connection: Connection
) -> None:
    scheduled(venue)
    scheduled(other_venue)
    Venue.objects.filter(pk=venue.pk).update(email="kitchen@copper-pot.example\nBcc: everybody@example.com")
    assert alerts.send_due() == 1
    assert [sent.to for sent in mail.outbox] == [[other_venue.email]]


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_workers_sends(venue: Venue, connection: Connection) -> None:
    scheduled(venue)
    barrier = threading.Barrier(3)

    def race() -> None:
        barrier.wait(timeout=20)
        try:
            alerts.send_due()
        finally:
            database.close()

    racers = [threading.Thread(target=race) for _ in range(3)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)
    assert len(mail.outbox) == 1
