"""An order that the POS refuses as sold out: for certain it is snoozed on the menu, and the venue reads what sleeps."""

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
from django.db.models import QuerySet
from rest_framework.test import APIClient

from integrations.models import Connection, TokenPair
from integrations.pos import OrderEvent, OrderUpdate
from menus.models import Snooze
from menus.snoozes.service import wake
from menus.versions import version_of
from orders.admin.timeline import story_of
from orders.alerts.delivery import send
from orders.injection.pos_events import apply_order_update
from orders.injection.send import inject
from orders.models import Alert, Injection, Order
from orders.staff_actions import cancel, mark_entered_by_hand, send_again
from tests import factories
from tests.menus.pos_answers import AVAILABILITY
from tests.orders.conftest import CopperPotMenu
from tests.orders.sending import MESSAGE, NOW, alerts, minutes_later, queued, refuses

NAMED = "Could not add item Burger (restricted)"
UNNAMED = "Sales restriction"
TOMORROW_AT_EIGHT = datetime(2026, 5, 2, 7, 0, tzinfo=UTC)
ASLEEP = "Burger: sold out, so snoozed until Saturday 2 May, 08:00."
BOTH_AND_THE_MENU = [("failed", "email", 1), ("failed", "menu", 1), ("failed", "till", 1)]


@pytest.fixture
def waiting(clock: time_machine.Traveller, connection: Connection, menu: CopperPotMenu) -> Injection:
    """A burger with bacon, due now."""
    TokenPair.objects.update(expires_at=NOW + timedelta(days=3))
    order: Order = factories.OrderFactory(venue=connection.venue, number=1042)
    factories.OrderLineFactory(
        order=order, parent=order.lines.get(), position=1, kind="modifier", sku="BACON", name="Bacon"
    )
    return order.injection


def refused(injection: Injection, pos: responses.RequestsMock, words: str) -> Injection:
    refuses(pos, words)
    assert inject(injection_id=injection.pk) == "failed"
    injection.refresh_from_db()
    return injection


def till_has(pos: responses.RequestsMock, *rows: dict[str, Any]) -> responses.BaseResponse:
    return pos.post(AVAILABILITY, json={"data": list(rows), "metadata": {"totalPages": 1}})


def sold_out(sku: str) -> dict[str, Any]:
    return {"sku": sku, "count": 0, "updatedAt": "2026-05-01T17:59:00Z"}


def alert(channel: str) -> Alert:
    return Alert.objects.get(channel=channel)


def deliver(channel: str) -> str:
    return send(alert_id=alert(channel).pk)


def email() -> str:
    assert deliver("email") == "sent"
    (sent,) = mail.outbox
    return str(sent.body)


def snoozes() -> QuerySet[Snooze]:
    """Those of the order; what the till says when it is asked has a record of its own."""
    return Snooze.objects.filter(cause=Snooze.Cause.ORDER_FAILURE)


def asleep() -> list[str]:
    return sorted(snoozes().filter(ended_at=None).values_list("sku", flat=True))


def late(injection: Injection, words: str, code: str) -> str:
    """The till says no after the POS has taken the order."""
    update = OrderUpdate(
        event=OrderEvent.FAILED, reference=injection.reference, account="", reason=words, code=code, sentence="No."
    )
    return apply_order_update(injection.order.venue, update)


# --- The menu --------------------------------------------------------------------------------------------------------


def test_what_was_refused_at_once_sleeps_until_eight_tomorrow(waiting: Injection, pos: responses.RequestsMock) -> None:
    version = version_of(venue=waiting.order.venue)
    refused(waiting, pos, NAMED)
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
    assert version_of(venue=waiting.order.venue) == version + 1


def test_what_the_till_refused_later_sleeps_too(waiting: Injection) -> None:
    assert late(waiting, NAMED, "restricted") == "failed"
    assert deliver("menu") == "sent"
    assert asleep() == ["BURGER"]


def test_a_choice_sleeps_like_a_product(waiting: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting, pos, "Could not add item Bacon (restricted)")
    deliver("menu")
    assert asleep() == ["BACON"]


def test_where_nothing_is_named_the_till_is_asked_for_the_orders_items(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    till_has(pos, sold_out("BACON"))
    refused(waiting, pos, UNNAMED)
    assert deliver("menu") == "sent"
    assert asleep() == ["BACON"]


def test_an_item_that_cannot_be_added_for_another_reason_sleeps_only_when_the_till_has_none(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    asked = till_has(pos)
    refused(waiting, pos, "Could not add item Burger (price of 0 is not allowed)")
    assert Injection.objects.get().error_code == "item_refused"
    assert "nothing in the order is sold out" in email()
    assert deliver("menu") == "sent"
    assert asleep() == []

    pos.remove(asked)
    till_has(pos, sold_out("BURGER"))
    Alert.objects.filter(channel="menu").update(next_attempt_at=NOW, sent_at=None)
    deliver("menu")
    assert asleep() == ["BURGER"]


@pytest.mark.parametrize("words", ["Unknown profile", "Validity ended", "Item Burger not found: unknown SKU"])
def test_any_other_refusal_changes_nothing_on_the_menu(
    waiting: Injection, pos: responses.RequestsMock, words: str
) -> None:
    refused(waiting, pos, words)
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]
    assert "menu:" not in email()


@pytest.mark.django_db(transaction=True)
def test_the_menu_comes_before_what_tells_of_it(waiting: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting, pos, NAMED)
    told = [Alert.objects.get(pk=pk).channel for task, pk in queued() if task == "orders.tasks.send_alert"]
    assert told == ["menu", "email", "till"]


# --- For certain -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settle", [cancel, mark_entered_by_hand, send_again])
def test_it_is_done_also_when_somebody_saw_to_the_order_first(
    waiting: Injection, pos: responses.RequestsMock, settle: Any
) -> None:
    refused(waiting, pos, NAMED)
    settle(order=waiting.order, by="Anna")
    assert deliver("menu") == "sent"
    assert deliver("email") in ("not due", "not needed")
    assert asleep() == ["BURGER"]
    assert snoozes().get().reason == NAMED


def test_a_refusal_of_an_order_that_was_settled_already_tells_the_menu_alone(waiting: Injection) -> None:
    mark_entered_by_hand(order=waiting.order, by="Anna")
    assert late(waiting, NAMED, "restricted") == "entered by hand already"
    assert [channel for _, channel, _ in alerts()] == ["menu"]
    deliver("menu")
    assert asleep() == ["BURGER"]


def test_an_order_that_was_cancelled_while_it_was_refused_tells_the_menu_alone(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    def answer(_: object) -> tuple[int, dict[str, str], str]:
        cancel(order=waiting.order, by="Anna")
        return 400, {}, f'{{"status": 400, "message": "{NAMED}"}}'

    pos.add_callback(responses.POST, f"{MESSAGE.removesuffix('printMsg')}order/toGo", callback=answer)
    inject(injection_id=waiting.pk)
    assert [channel for _, channel, _ in alerts()] == ["menu"]
    deliver("menu")
    assert asleep() == ["BURGER"]


def test_a_late_no_to_an_order_that_failed_already_tells_the_menu(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    refused(waiting, pos, "no")
    assert late(waiting, NAMED, "restricted") == "failed already"
    assert alerts() == BOTH_AND_THE_MENU
    assert ASLEEP in email()


def test_a_till_that_cannot_be_asked_is_asked_until_the_morning(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    down = pos.post(AVAILABILITY, status=503)
    refused(waiting, pos, UNNAMED)
    assert deliver("menu") == "retry"
    assert alert("menu").error

    minutes_later(clock, 9 * 60)
    assert deliver("menu") == "retry", "still before eight"
    pos.remove(down)
    till_has(pos, sold_out("BURGER"))
    minutes_later(clock, 20)
    assert deliver("menu") == "sent"
    assert snoozes().get().until == TOMORROW_AT_EIGHT, "of the day after the refusal, and not of today's"


def test_after_that_it_is_given_up(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.post(AVAILABILITY, body=requests.ConnectionError("refused"))
    refused(waiting, pos, UNNAMED)
    row = alert("menu")
    while row.next_attempt_at is not None:
        clock.move_to(max(row.next_attempt_at, NOW))
        send(alert_id=row.pk)
        row.refresh_from_db()
    assert row.sent_at is None
    (chapter,) = [one for one in story_of(waiting.order) if "menu" in one.what]
    assert (chapter.what, chapter.tone) == ("Nothing snoozed on the menu", "warning")
    assert "could not find out" in chapter.detail


def test_a_refusal_before_midnight_that_is_seen_to_after_it_counts_from_the_refusal(
    waiting: Injection, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 5, 1, 22, 59, tzinfo=UTC))
    late(waiting, NAMED, "restricted")
    minutes_later(clock, 10)
    deliver("menu")
    assert snoozes().get().until == TOMORROW_AT_EIGHT


def test_a_process_that_died_over_it_gives_it_back_and_nothing_sleeps_twice(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting, pos, NAMED)
    deliver("menu")
    Alert.objects.filter(channel="menu").update(sent_at=None, next_attempt_at=NOW)
    assert deliver("menu") == "sent"
    assert snoozes().count() == 1


def test_what_staff_woke_stays_awake_however_late_the_e_mail_is(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting, pos, NAMED)
    deliver("menu")
    minutes_later(clock, 5)
    wake(venue=waiting.order.venue, skus=["BURGER"], by="Anna")
    # Whoever snoozed it died before writing so down.
    Alert.objects.filter(channel="menu").update(sent_at=None, next_attempt_at=NOW)

    assert f"{ASLEEP} Back on the menu since then: Burger." in email()
    assert deliver("menu") == "sent"
    assert asleep() == []


def test_a_second_refusal_of_the_same_order_puts_it_to_sleep_again(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting, pos, NAMED)
    deliver("menu")
    wake(venue=waiting.order.venue, skus=["BURGER"], by="Anna")
    minutes_later(clock, 5)
    send_again(order=waiting.order, by="Anna")
    assert inject(injection_id=waiting.pk) == "failed"
    send(alert_id=Alert.objects.get(channel="menu", occurrence=2).pk)
    assert (asleep(), snoozes().count()) == (["BURGER"], 2)


def test_one_that_is_refused_again_on_the_next_day_sleeps_a_day_longer(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    refused(waiting, pos, NAMED)
    deliver("menu")
    minutes_later(clock, 8 * 60)
    send_again(order=waiting.order, by="Anna")
    assert inject(injection_id=waiting.pk) == "failed"
    send(alert_id=Alert.objects.get(channel="menu", occurrence=2).pk)
    assert snoozes().get().until == TOMORROW_AT_EIGHT + timedelta(days=1)


# --- What the venue reads --------------------------------------------------------------------------------------------


def test_the_e_mail_says_what_sleeps_and_until_when_even_when_it_comes_first(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    refused(waiting, pos, NAMED)
    assert ASLEEP in email()
    sent: Any = mail.outbox[0]
    assert ASLEEP in str(sent.alternatives[0][0])
    assert asleep() == ["BURGER"]
    deliver("menu")
    assert snoozes().count() == 1


def test_the_e_mail_is_the_same_when_it_comes_second(waiting: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting, pos, NAMED)
    deliver("menu")
    assert ASLEEP in email()


def test_the_e_mail_goes_out_and_says_so_when_the_till_cannot_be_asked(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    pos.post(AVAILABILITY, status=503)
    refused(waiting, pos, UNNAMED)
    words = email()
    assert "storekit could not find out what is sold out, and will ask again: " in words
    assert "If you know what it is, snooze it in the back office." in words


def test_it_says_so_when_the_till_was_asked_and_has_everything(waiting: Injection, pos: responses.RequestsMock) -> None:
    till_has(pos)
    refused(waiting, pos, UNNAMED)
    assert "Nothing was snoozed, because" in email()


def test_the_till_prints_it_where_there_is_room(waiting: Injection, pos: responses.RequestsMock) -> None:
    printed = pos.post(MESSAGE, json={})
    refused(waiting, pos, NAMED)
    assert deliver("till") == "sent"
    (call,) = printed.calls
    assert ASLEEP in str(call.request.body)


def test_it_stands_in_the_orders_story(waiting: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting, pos, NAMED)
    before = [chapter.what for chapter in story_of(waiting.order)]
    deliver("menu")
    chapter = next(one for one in story_of(waiting.order) if one.what == "Snoozed on the menu")
    assert "To be snoozed on the menu" in before
    assert (chapter.detail, chapter.tone) == (ASLEEP, "good")


def test_the_story_is_the_same_days_later(
    waiting: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    till_has(pos)
    refused(waiting, pos, UNNAMED)
    deliver("menu")
    (before,) = [one.detail for one in story_of(waiting.order) if "menu" in one.what]
    minutes_later(clock, 3 * 24 * 60)
    (after,) = [one.detail for one in story_of(waiting.order) if "menu" in one.what]
    assert before == after


# --- What sleeps -----------------------------------------------------------------------------------------------------


def test_it_cannot_be_ordered_any_more(
    waiting: Injection, pos: responses.RequestsMock, storefront: APIClient, posted: dict[str, Any]
) -> None:
    refused(waiting, pos, NAMED)
    deliver("menu")
    answer = storefront.post(
        "/api/v1/venues/copper-pot/orders", posted, format="json", headers={"Idempotency-Key": "k-1"}
    )
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["attr"]) == (400, "unavailable", "items.0")


# --- Together --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_workers_that_snooze_and_write_at_the_same_moment_leave_one_snooze(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    pos.post(MESSAGE, json={})
    refused(waiting, pos, NAMED)
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
