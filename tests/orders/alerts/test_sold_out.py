"""The POS refuses an order as sold out: the items are always snoozed on the menu."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.core import mail
from django.db import connections
from rest_framework.test import APIClient

from menus.snoozes.service import wake
from menus.versions import version_of
from orders.admin.timeline import timeline_of
from orders.alerts.delivery import send
from orders.injection.send import inject
from orders.models import Alert, Injection
from orders.staff_actions import cancel, mark_entered_by_hand, send_again
from tests.menus.pos_answers import AVAILABILITY
from tests.orders.alerts.refusals import (
    ASLEEP,
    BOTH_AND_THE_MENU,
    NAMED,
    TOMORROW_AT_EIGHT,
    UNNAMED,
    alert,
    deliver,
    email,
    late,
    refused,
    snoozed_skus,
    snoozes,
    sold_out,
    till_has,
)
from tests.orders.sending import MESSAGE, NOW, alerts, minutes_later, queued

# --- Which items are snoozed -----------------------------------------------------------------------------------------


def test_an_item_refused_at_once_is_snoozed_until_eight_tomorrow(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    version = version_of(venue=waiting_burger.order.venue)
    refused(waiting_burger, pos, NAMED)
    assert alerts() == BOTH_AND_THE_MENU

    assert deliver("menu") == "sent"

    row = snoozes().get()
    assert (row.sku, row.until, row.source, row.cause, row.order, row.reason) == (
        "BURGER",
        TOMORROW_AT_EIGHT,
        "lightspeed",
        "order_failure",
        "1042",
        NAMED,
    )
    assert version_of(venue=waiting_burger.order.venue) == version + 1


def test_an_item_that_the_till_refused_later_is_snoozed_too(waiting_burger: Injection) -> None:
    assert late(waiting_burger, NAMED, "restricted") == "failed"
    assert deliver("menu") == "sent"
    assert snoozed_skus() == ["BURGER"]


def test_a_choice_is_snoozed_like_a_product(waiting_burger: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting_burger, pos, "Could not add item Bacon (restricted)")
    deliver("menu")
    assert snoozed_skus() == ["BACON"]


def test_the_pos_is_asked_if_the_refusal_names_no_item(waiting_burger: Injection, pos: responses.RequestsMock) -> None:
    till_has(pos, sold_out("BACON"))
    refused(waiting_burger, pos, UNNAMED)
    assert deliver("menu") == "sent"
    assert snoozed_skus() == ["BACON"]


def test_an_item_refused_for_another_reason_is_snoozed_only_if_the_pos_has_none(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    asked = till_has(pos)
    refused(waiting_burger, pos, "Could not add item Burger (price of 0 is not allowed)")
    assert Injection.objects.get().error_code == "item_refused"
    assert "nothing in the order is sold out" in email()
    assert deliver("menu") == "sent"
    assert snoozed_skus() == []

    pos.remove(asked)
    till_has(pos, sold_out("BURGER"))
    Alert.objects.filter(channel="menu").update(next_attempt_at=NOW, sent_at=None)
    deliver("menu")
    assert snoozed_skus() == ["BURGER"]


@pytest.mark.parametrize("words", ["Unknown profile", "Validity ended", "Item Burger not found: unknown SKU"])
def test_any_other_refusal_changes_nothing_on_the_menu(
    waiting_burger: Injection, pos: responses.RequestsMock, words: str
) -> None:
    refused(waiting_burger, pos, words)
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]
    assert "On the menu:" not in email()


@pytest.mark.django_db(transaction=True)
def test_the_snooze_is_queued_before_the_alerts_that_mention_it(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    refused(waiting_burger, pos, NAMED)
    told = [Alert.objects.get(pk=pk).channel for task, pk in queued() if task == "orders.tasks.send_alert"]
    assert told == ["menu", "email", "till"]


# --- Snoozed in every case -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settle", [cancel, mark_entered_by_hand, send_again])
def test_the_item_is_snoozed_even_if_staff_handled_the_order_first(
    waiting_burger: Injection, pos: responses.RequestsMock, settle: Any
) -> None:
    refused(waiting_burger, pos, NAMED)
    settle(order=waiting_burger.order, by="Anna")
    assert deliver("menu") == "sent"
    assert deliver("email") in ("not due", "not needed")
    assert snoozed_skus() == ["BURGER"]
    assert snoozes().get().reason == NAMED


def test_a_refusal_of_a_settled_order_only_snoozes(waiting_burger: Injection) -> None:
    mark_entered_by_hand(order=waiting_burger.order, by="Anna")
    assert late(waiting_burger, NAMED, "restricted") == "entered by hand already"
    assert [channel for _, channel, _ in alerts()] == ["menu"]
    deliver("menu")
    assert snoozed_skus() == ["BURGER"]


def test_an_order_cancelled_while_being_refused_only_snoozes(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    def answer(_: object) -> tuple[int, dict[str, str], str]:
        cancel(order=waiting_burger.order, by="Anna")
        return 400, {}, f'{{"status": 400, "message": "{NAMED}"}}'

    pos.add_callback(responses.POST, f"{MESSAGE.removesuffix('printMsg')}order/toGo", callback=answer)
    inject(injection_id=waiting_burger.pk)
    assert [channel for _, channel, _ in alerts()] == ["menu"]
    deliver("menu")
    assert snoozed_skus() == ["BURGER"]


def test_a_late_refusal_of_a_failed_order_snoozes(waiting_burger: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting_burger, pos, "no")
    assert late(waiting_burger, NAMED, "restricted") == "failed already"
    assert alerts() == BOTH_AND_THE_MENU
    assert ASLEEP in email()


def test_a_pos_that_cannot_be_reached_is_asked_until_the_morning(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    down = pos.post(AVAILABILITY, status=503)
    refused(waiting_burger, pos, UNNAMED)
    assert deliver("menu") == "retry"
    assert alert("menu").error

    minutes_later(clock, 9 * 60)
    assert deliver("menu") == "retry", "still before eight"
    pos.remove(down)
    till_has(pos, sold_out("BURGER"))
    minutes_later(clock, 20)
    assert deliver("menu") == "sent"
    assert snoozes().get().until == TOMORROW_AT_EIGHT, "of the day after the refusal, and not of today's"


def test_after_the_morning_the_snooze_is_given_up(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(AVAILABILITY, body=requests.ConnectionError("refused"))
    refused(waiting_burger, pos, UNNAMED)
    row = alert("menu")
    while row.next_attempt_at is not None:
        clock.move_to(max(row.next_attempt_at, NOW))
        send(alert_id=row.pk)
        row.refresh_from_db()
    assert row.sent_at is None
    (chapter,) = [one for one in timeline_of(waiting_burger.order) if "menu" in one.what]
    assert (chapter.what, chapter.tone) == ("Nothing snoozed on the menu", "warning")
    assert "could not find out" in chapter.detail


def test_a_snooze_made_on_the_next_service_day_ends_as_of_that_of_the_refusal(
    waiting_burger: Injection, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 5, 2, 3, 55, tzinfo=UTC))
    late(waiting_burger, NAMED, "restricted")
    minutes_later(clock, 10)
    deliver("menu")
    assert snoozes().get().until == TOMORROW_AT_EIGHT


def test_a_repeated_alert_after_a_crash_snoozes_once(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting_burger, pos, NAMED)
    deliver("menu")
    Alert.objects.filter(channel="menu").update(sent_at=None, next_attempt_at=NOW)
    assert deliver("menu") == "sent"
    assert snoozes().count() == 1


def test_an_item_that_staff_put_back_stays_on_the_menu_however_late_the_e_mail(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting_burger, pos, NAMED)
    deliver("menu")
    minutes_later(clock, 5)
    wake(venue=waiting_burger.order.venue, skus=["BURGER"], by="Anna")
    # Whoever snoozed it died before writing so down.
    Alert.objects.filter(channel="menu").update(sent_at=None, next_attempt_at=NOW)

    assert f"{ASLEEP} Back on the menu since then: Burger." in email()
    assert deliver("menu") == "sent"
    assert snoozed_skus() == []


def test_a_second_refusal_of_the_same_order_snoozes_again(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting_burger, pos, NAMED)
    deliver("menu")
    wake(venue=waiting_burger.order.venue, skus=["BURGER"], by="Anna")
    minutes_later(clock, 5)
    send_again(order=waiting_burger.order, by="Anna")
    assert inject(injection_id=waiting_burger.pk) == "failed"
    send(alert_id=Alert.objects.get(channel="menu", occurrence=2).pk)
    assert (snoozed_skus(), snoozes().count()) == (["BURGER"], 2)


def test_an_item_refused_again_the_next_day_is_snoozed_a_day_longer(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting_burger, pos, NAMED)
    deliver("menu")
    minutes_later(clock, 12 * 60)
    send_again(order=waiting_burger.order, by="Anna")
    assert inject(injection_id=waiting_burger.pk) == "failed"
    send(alert_id=Alert.objects.get(channel="menu", occurrence=2).pk)
    assert snoozes().get().until == TOMORROW_AT_EIGHT + timedelta(days=1)


# --- The storefront --------------------------------------------------------------------------------------------------


def test_a_snoozed_item_cannot_be_ordered(
    waiting_burger: Injection, pos: responses.RequestsMock, storefront: APIClient, posted: dict[str, Any]
) -> None:
    refused(waiting_burger, pos, NAMED)
    deliver("menu")
    answer = storefront.post(
        "/api/v1/venues/copper-pot/orders", posted, format="json", headers={"Idempotency-Key": "k-1"}
    )
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["attr"]) == (400, "unavailable", "items.0")


# --- At the same moment ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_workers_with_all_three_alerts_at_once_make_one_snooze(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    pos.post(MESSAGE, json={})
    refused(waiting_burger, pos, NAMED)
    ids = [alert(channel).pk for channel in ("menu", "email", "till")]
    start = threading.Barrier(3)

    def work(alert_id: int) -> str:
        start.wait(timeout=20)
        try:
            return send(alert_id=alert_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=3) as workers:
        assert list(workers.map(work, ids)) == ["sent"] * 3
    assert snoozes().count() == 1
    assert ASLEEP in str(mail.outbox[0].body)
