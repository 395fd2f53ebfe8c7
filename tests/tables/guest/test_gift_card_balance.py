"""`POST /api/v1/tables/TOKEN/gift-card`: what is on a gift card, without telling guessers anything."""

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from storekit.models import Venue
from tables.gift_cards import service
from tables.guest.gift_cards import GuessesOfAMinute, GuessesOfAnAddress, GuessesOfAnHour
from tables.models import Area, PayAtTable, Table
from tests.tables.gift_cards.cards import a_card


@pytest.fixture
def table(venue: Venue) -> Table:
    PayAtTable.objects.create(venue=venue, enabled=True, gift_cards=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    return Table.objects.create(venue=venue, area=area, pos_id="7", number=7)


def ask(table: Table, code: Any, **more: Any) -> Any:
    return APIClient().post(f"/api/v1/tables/{table.token}/gift-card", {"code": code, **more}, format="json")


def refused(answer: Any) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["code"], error["detail"]


def test_a_guest_sees_what_is_on_a_card(table: Table) -> None:
    issued = a_card(table.venue, "12.50", expires_on=date(2099, 12, 31))

    answer = ask(table, issued.code.replace(" ", ""))

    assert answer.json() == {"balance": "12.50", "last_digits": issued.code[-4:], "expires_on": "2099-12-31"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_blocked_card_and_one_of_another_venue_are_as_unknown_as_one_that_never_was(
    table: Table, other_venue: Venue
) -> None:
    blocked, elsewhere = a_card(table.venue), a_card(other_venue)
    service.block(card=blocked.card, by="Anna", key="form")

    answers = {refused(ask(table, code)) for code in (blocked.code, elsewhere.code)}

    assert answers == {(404, "unknown_gift_card", "This code is not valid here. Check it, or ask the staff.")}


def test_a_typing_mistake_and_an_expired_card_are_told(table: Table) -> None:
    issued = a_card(table.venue, expires_on=date(2020, 1, 1))

    assert refused(ask(table, issued.code))[:2] == (404, "gift_card_expired")
    assert refused(ask(table, issued.code[:-1]))[:2] == (404, "mistyped_gift_card")
    assert refused(ask(table, ""))[0] == 400


def test_guessing_is_stopped_after_ten_tries_a_minute_whatever_the_guesser_claims(table: Table) -> None:
    issued = a_card(table.venue)

    statuses = [ask(table, issued.code, method="card").status_code for _ in range(11)]

    assert statuses == [*[200] * 10, 429]
    assert (GuessesOfAMinute.rate, GuessesOfAnHour.rate) == ("10/minute", "60/hour")
    assert GuessesOfAnAddress.rate == "30/minute"


def test_a_venue_without_gift_cards_answers_nothing(table: Table) -> None:
    issued = a_card(table.venue)
    PayAtTable.objects.update(gift_cards=False)

    assert refused(ask(table, issued.code))[:2] == (404, "not_found")
