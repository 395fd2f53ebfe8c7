"""A dozen refusals in a rush are three slips and e-mails, then one of each that lists every other order."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import responses
import time_machine
from django.core import mail
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from integrations.models import Connection
from orders.alerts import messages
from orders.alerts.delivery import send
from orders.models import Alert, Injection, Order
from orders.tasks import sweep_alerts
from storekit.models import Venue
from tests import factories
from tests.orders.alerts.test_delivery import DeadServer
from tests.orders.sending import MESSAGE, minutes_later

Clock = time_machine.Traveller
REASON = "Lightspeed does not know the item BURGER."


def fail(venue: Venue, number: int, *, first: int = 1, **changes: object) -> list[Order]:
    """That many orders of the venue fail, with both alerts."""
    orders = []
    for position in range(first, first + number):
        order = factories.OrderFactory(venue=venue, number=1000 + position, **changes)
        Injection.objects.filter(order=order).update(state=Injection.State.FAILED, failures=1, error=REASON)
        for channel in ("email", "till"):
            Alert.objects.create(order=order, channel=channel, about="failed", next_attempt_at=timezone.now())
        orders.append(order)
    return orders


def send_due(channel: str) -> list[str]:
    due = Alert.objects.filter(channel=channel, next_attempt_at__lte=timezone.now()).order_by("pk")
    return [send(alert_id=pk) for pk in list(due.values_list("pk", flat=True))]


def slips(pos: responses.RequestsMock) -> list[str]:
    return [json.loads(call.request.body or b"")["message"] for call in pos.calls if MESSAGE in str(call.request.url)]


@pytest.fixture
def rush(clock: Clock, pos: responses.RequestsMock, connection: Connection) -> list[Order]:
    pos.post(MESSAGE, json={})
    return fail(connection.venue, 12)


def test_a_dozen_failures_are_three_e_mails_and_a_digest_of_the_others(rush: list[Order], clock: Clock) -> None:
    assert send_due("email") == ["sent"] * 3 + ["gathered"] * 9
    assert len(mail.outbox) == 3

    minutes_later(clock, 1)
    assert send_due("email") == ["sent"] + ["not due"] * 8

    assert len(mail.outbox) == 4
    digest = mail.outbox[-1]
    assert digest.subject == "The Copper Pot: 9 orders are not on the till"
    html = str(digest.alternatives[0][0])  # type: ignore[attr-defined]
    for order in rush[3:]:
        for body in (str(digest.body), html):
            assert f"rder {order.number}" in body or f"ORDER {order.number}" in body
            assert f"/admin/orders/order/{order.pk}/change/" in body
    assert str(digest.body).count(REASON) == html.count(REASON) == 9
    assert str(digest.body).count("PAID ONLINE: £10.00") == 9
    assert not Alert.objects.filter(channel="email", sent_at=None).exists()


def test_and_three_slips_and_one_that_lists_the_others(
    rush: list[Order], clock: Clock, pos: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Too little for nine reasons, so that it lists the orders without them.
    monkeypatch.setattr(messages, "LONGEST_MESSAGE", 500)
    assert send_due("till") == ["sent"] * 3 + ["gathered"] * 9
    minutes_later(clock, 1)
    assert send_due("till") == ["sent"] + ["not due"] * 8

    *alone, digest = slips(pos)
    assert len(alone) == 3
    assert digest.startswith("9 ORDERS ARE NOT ON THE TILL. Enter each by hand")
    assert all(str(order.number) in digest for order in rush[3:])
    assert REASON not in digest
    assert len(digest) <= 500


def test_a_short_digest_says_when_each_order_is_due_and_why_it_failed(
    clock: Clock, pos: responses.RequestsMock, connection: Connection
) -> None:
    pos.post(MESSAGE, json={})
    fail(connection.venue, 5)
    send_due("till")
    minutes_later(clock, 1)
    send_due("till")

    assert slips(pos)[-1].splitlines()[1:] == [f"1004: pickup, now. {REASON}", f"1005: pickup, now. {REASON}"]


def test_if_not_all_orders_fit_on_a_slip_it_says_so(
    rush: list[Order], clock: Clock, pos: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 140
    monkeypatch.setattr(messages, "LONGEST_MESSAGE", longest)
    send_due("till")
    minutes_later(clock, 1)
    send_due("till")

    assert "\n1004" in slips(pos)[-1]
    assert slips(pos)[-1].endswith(" … and more: see the back office.")
    assert len(slips(pos)[-1]) <= longest


def test_those_that_fail_while_a_digest_waits_join_it(rush: list[Order], clock: Clock, connection: Connection) -> None:
    send_due("email")
    clock.shift(timedelta(seconds=40))
    fail(connection.venue, 2, first=13)
    assert send_due("email") == ["gathered"] * 2

    clock.shift(timedelta(seconds=20))
    assert send_due("email")[0] == "sent"
    assert mail.outbox[-1].subject == "The Copper Pot: 11 orders are not on the till"


def test_a_digest_leaves_out_what_was_settled_first(rush: list[Order], clock: Clock) -> None:
    send_due("email")
    Injection.objects.filter(order__in=rush[:11]).update(state=Injection.State.CONFIRMED)
    minutes_later(clock, 1)
    assert send_due("email")[0] == "sent"

    assert mail.outbox[-1].subject == "The Copper Pot: order 1012 is not on the till"
    assert Alert.objects.filter(channel="email", error__startswith="Not needed").count() == 8


def test_three_failures_in_ten_minutes_are_reported_one_by_one_time_and_again(
    clock: Clock, connection: Connection
) -> None:
    for round_ in range(4):
        fail(connection.venue, 3, first=3 * round_)
        assert send_due("email") == ["sent"] * 3
        minutes_later(clock, 10)
    assert len(mail.outbox) == 12


def test_a_rush_at_one_venue_is_none_at_another(rush: list[Order], other_venue: Venue) -> None:
    factories.ConnectionFactory(venue=other_venue)
    send_due("email")
    fail(other_venue, 1, first=90)
    assert send_due("email") == ["sent"]


def test_a_mail_server_that_is_down_delays_the_whole_digest(
    rush: list[Order], clock: Clock, settings: Settings
) -> None:
    send_due("email")
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{DeadServer.__module__}.DeadServer"
    minutes_later(clock, 1)
    assert send_due("email") == ["retry"] + ["not due"] * 8
    settings.EMAIL_BACKEND = working

    minutes_later(clock, 1)
    assert sweep_alerts().endswith(" to send")
    assert send_due("email") == ["sent"] + ["not due"] * 8
    assert len(mail.outbox) == 4


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_on_different_orders_of_a_digest_send_it_once(connection: Connection) -> None:
    now = timezone.now()
    with time_machine.travel(now - timedelta(minutes=2), tick=False):
        fail(connection.venue, 11)
        send_due("email")
    ids = list(Alert.objects.filter(channel="email", in_digest=True).values_list("pk", flat=True))
    mail.outbox.clear()

    def work(alert_id: int) -> str:
        try:
            return send(alert_id=alert_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as workers:
        words = list(workers.map(work, ids))

    assert sorted(words) == ["not due"] * 7 + ["sent"]
    assert [message.subject for message in mail.outbox] == ["The Copper Pot: 8 orders are not on the till"]
