"""The POS refuses an order as sold out: the venue reads which items are snoozed, and until when."""

from typing import Any

import responses
import time_machine
from django.core import mail

from orders.admin.timeline import timeline_of
from orders.models import Injection
from tests.menus.pos_answers import AVAILABILITY
from tests.orders.alerts.refusals import (
    ASLEEP,
    NAMED,
    UNNAMED,
    deliver,
    email,
    refused,
    snoozed_skus,
    snoozes,
    till_has,
)
from tests.orders.sending import MESSAGE, minutes_later


def test_the_e_mail_lists_the_snoozes_even_if_it_is_sent_first(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    refused(waiting_burger, pos, NAMED)
    assert ASLEEP in email()
    sent: Any = mail.outbox[0]
    assert ASLEEP in str(sent.alternatives[0][0])
    assert snoozed_skus() == ["BURGER"]
    deliver("menu")
    assert snoozes().count() == 1


def test_the_e_mail_is_the_same_if_it_is_sent_second(waiting_burger: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting_burger, pos, NAMED)
    deliver("menu")
    assert ASLEEP in email()


def test_the_e_mail_says_so_if_the_pos_cannot_be_reached(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    pos.post(AVAILABILITY, status=503)
    refused(waiting_burger, pos, UNNAMED)
    words = email()
    assert "storekit could not find out what is sold out, and will ask again: " in words
    assert "If you know what it is, snooze it in the back office." in words


def test_the_e_mail_says_so_if_the_pos_has_everything(waiting_burger: Injection, pos: responses.RequestsMock) -> None:
    till_has(pos)
    refused(waiting_burger, pos, UNNAMED)
    assert "Nothing was snoozed, because" in email()


def test_the_till_message_lists_the_snoozes_if_there_is_room(
    waiting_burger: Injection, pos: responses.RequestsMock
) -> None:
    printed = pos.post(MESSAGE, json={})
    refused(waiting_burger, pos, NAMED)
    assert deliver("till") == "sent"
    (call,) = printed.calls
    assert ASLEEP in str(call.request.body)


def test_the_snooze_is_in_the_orders_timeline(waiting_burger: Injection, pos: responses.RequestsMock) -> None:
    refused(waiting_burger, pos, NAMED)
    before = [chapter.what for chapter in timeline_of(waiting_burger.order)]
    deliver("menu")
    chapter = next(one for one in timeline_of(waiting_burger.order) if one.what == "Snoozed on the menu")
    assert "Waiting to be snoozed on the menu" in before
    assert (chapter.detail, chapter.tone) == (ASLEEP, "good")


def test_the_timeline_is_the_same_days_later(
    waiting_burger: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    till_has(pos)
    refused(waiting_burger, pos, UNNAMED)
    deliver("menu")
    (before,) = [one.detail for one in timeline_of(waiting_burger.order) if "menu" in one.what]
    minutes_later(clock, 3 * 24 * 60)
    (after,) = [one.detail for one in timeline_of(waiting_burger.order) if "menu" in one.what]
    assert before == after
