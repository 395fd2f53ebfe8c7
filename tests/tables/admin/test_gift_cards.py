"""Gift cards in the back office: managers issue, top up, correct and block them; staff see them."""

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from storekit.models import Venue
from tables.gift_cards.finding import find_card
from tables.gift_cards.service import block
from tables.models import GiftCard, GiftCardEntry
from tests.tables.gift_cards.cards import a_card, balance_of, ledger_of

pytestmark = pytest.mark.django_db

LIST = "/admin/tables/giftcard/"


def page(card: GiftCard, name: str = "change") -> str:
    return f"{LIST}{card.pk}/{name}/"


def form(**fields: Any) -> dict[str, Any]:
    return {"form_key": uuid.uuid4().hex, **fields}


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    shown: str = answer.content.decode()
    return shown


def code_on(shown: str) -> str:
    found = re.search(r'id="gift-card-code">([0-9 ]{19})<', shown)
    assert found, shown
    return found[1]


def test_a_manager_issues_a_card_and_sees_its_code_once(venue: Venue, annas_browser: Client) -> None:
    asked = text(annas_browser.get(f"{LIST}issue/"))
    key = re.search('name="form_key" value="([0-9a-f]{32})"', asked)
    assert key
    posted = {"form_key": key[1], "venue": venue.pk, "amount": "50", "expires_on": "2099-12-31", "note": "Ada"}

    shown = [text(annas_browser.post(f"{LIST}issue/", posted)) for _ in range(2)]

    card = GiftCard.objects.get()
    assert find_card(venue=venue, typed=code_on(shown[0])) == card
    assert code_on(shown[1]) == code_on(shown[0])
    assert (card.balance, card.expires_on, card.note) == (Decimal(50), date(2099, 12, 31), "Ada")
    assert GiftCardEntry.objects.get().by == "Anna"
    assert code_on(shown[0]) not in text(annas_browser.get(page(card)))


def test_a_form_that_is_sent_again_later_shows_no_code(venue: Venue, annas_browser: Client) -> None:
    posted = form(venue=venue.pk, amount="50")
    code = code_on(text(annas_browser.post(f"{LIST}issue/", posted)))

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        later = text(annas_browser.post(f"{LIST}issue/", posted, follow=True))

    assert "its code is not shown again" in later
    assert code not in later
    assert GiftCard.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "fields", "balance", "kind"),
    [
        ("top-up", {"amount": "5.50", "note": "Birthday"}, "55.50", "topped_up"),
        ("correct", {"amount": "-20", "reason": "Keyed in wrong"}, "30.00", "corrected"),
        ("block", {"reason": "Lost"}, "50.00", "blocked"),
        ("expiry", {"expires_on": "2099-01-01"}, "50.00", "extended"),
    ],
)
def test_a_change_asks_first_and_is_made_once_however_often_it_is_clicked(
    venue: Venue, annas_browser: Client, name: str, fields: dict[str, str], balance: str, kind: str
) -> None:
    card = a_card(venue).card
    assert "It has £50.00 now." in text(annas_browser.get(page(card, name)))
    assert len(ledger_of(card)) == 1
    posted = form(**fields)

    for _ in range(2):
        assert annas_browser.post(page(card, name), posted).status_code == 302

    assert (balance_of(card), ledger_of(card)[-1][0], len(ledger_of(card))) == (Decimal(balance), kind, 2)
    shown = text(annas_browser.get(page(card)))
    assert GiftCardEntry.Kind(kind).label in shown
    assert "by Anna" in shown


def test_a_blocked_card_can_be_unblocked_on_its_page(venue: Venue, annas_browser: Client) -> None:
    card = a_card(venue).card
    block(card=card, by="Anna", key="form")

    shown = text(annas_browser.get(page(card)))
    assert page(card, "unblock") in shown
    assert page(card, "block") not in shown
    annas_browser.post(page(card, "unblock"), form())

    assert GiftCard.objects.get().blocked_at is None


@pytest.mark.parametrize(
    ("name", "amount", "words"),
    [
        ("top-up", "0", "above zero"),
        ("top-up", "0.001", "above zero, in steps of 0.01"),
        ("correct", "-50.01", "There is only £50.00 on the card."),
        ("correct", "", "required"),
    ],
)
def test_what_cannot_be_booked_is_refused_with_the_reason(
    venue: Venue, annas_browser: Client, name: str, amount: str, words: str
) -> None:
    card = a_card(venue).card

    answer = annas_browser.post(page(card, name), form(amount=amount, reason="A mistake"))

    assert words in text(answer)
    assert len(ledger_of(card)) == 1


def test_a_form_that_is_changed_and_sent_again_books_nothing(venue: Venue, annas_browser: Client) -> None:
    card, posted = a_card(venue).card, form(amount="5")
    annas_browser.post(page(card, "top-up"), posted)

    answer = annas_browser.post(page(card, "top-up"), posted | {"amount": "6"})

    assert "This form was sent before" in text(answer)
    assert balance_of(card) == 55


def test_staff_see_cards_and_change_none(venue: Venue, bens_browser: Client, zoes_browser: Client) -> None:
    card = a_card(venue).card

    shown = text(bens_browser.get(page(card)))
    assert "Ledger" in shown
    assert page(card, "top-up") not in shown
    assert bens_browser.get(f"{LIST}issue/").status_code == 403
    for browser, status in ((bens_browser, 403), (zoes_browser, 404)):
        for name in ("top-up", "correct", "block", "unblock", "expiry"):
            assert browser.post(page(card, name), form(amount="5", reason="x")).status_code == status
    assert len(ledger_of(card)) == 1


def test_a_manager_issues_no_card_of_another_venue(venue: Venue, zoes_browser: Client) -> None:
    text(zoes_browser.post(f"{LIST}issue/", form(venue=venue.pk, amount="50")))

    assert not GiftCard.objects.exists()


def test_cards_are_found_by_code_and_filtered_by_state(venue: Venue, bens_browser: Client) -> None:
    active, expired = a_card(venue), a_card(venue, expires_on=date(2020, 1, 1))
    blocked, empty = a_card(venue), a_card(venue)
    block(card=blocked.card, by="Anna", key="form")
    GiftCard.objects.filter(pk=empty.card.pk).update(balance=0)

    def found(**query: str) -> set[Any]:
        return set(re.findall(rf"{LIST}([0-9a-f-]{{36}})/change", text(bens_browser.get(LIST, query))))

    assert found(q=active.code.replace(" ", "-")) == {str(active.card.pk)}
    assert found(state="active") == {str(active.card.pk)}
    assert found(state="expired") == {str(expired.card.pk)}
    assert found(state="blocked") == {str(blocked.card.pk)}
    assert found(state="empty") == {str(empty.card.pk)}
