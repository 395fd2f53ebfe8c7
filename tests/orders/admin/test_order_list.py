"""The list of orders in the back office: failed orders come first, and staff only see their own venues' orders."""

import html
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from django.contrib import admin
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.admin.orders import OrderPage
from orders.models import Alert, Injection, Order
from storekit.models import Venue
from tests import factories
from tests.orders.admin.backoffice import LIST, State, listed, order_in, page_of


def progress_and_reason(browser: Client, **query: str) -> tuple[str, str | None]:
    """Return the progress and the reason that the list shows for its first order."""
    answer = browser.get(LIST, query)
    order, page = answer.context["cl"].result_list[0], cast(OrderPage, admin.site._registry[Order])
    progress, reason = page.progress(order), page.reason(order)
    assert all(words in html.unescape(answer.content.decode()) for words in (progress, reason) if words)
    return progress, reason


@pytest.fixture
def evening(venue: Venue) -> None:
    """Six orders, one in each state, placed one after another."""
    for number, state in enumerate(State.values, start=1):
        order_in(state, venue, number=number)


def test_orders_in_trouble_come_first_and_then_the_newest(evening: None, bens_browser: Client) -> None:
    assert listed(bens_browser) == [6, 5, 4, 3, 2, 1]
    Injection.objects.filter(order__number=2).update(state=State.FAILED)
    assert listed(bens_browser)[:2] == [6, 2]
    Order.objects.filter(number=2).update(status=Order.Status.CANCELLED)
    assert listed(bens_browser) == [6, 5, 4, 3, 2, 1]


def test_the_list_shows_number_code_customer_total_time_and_reason(refused_order: Order, bens_browser: Client) -> None:
    Order.objects.update(placed_at=datetime(2025, 7, 3, 17, 0, tzinfo=UTC))
    text = bens_browser.get(LIST).content.decode()
    for words in (
        "No.\N{NO-BREAK SPACE}7",
        "ACDEFGHJ",
        "Ada Lovelace",
        "£10.00",
        "Pickup, now",
        "Not on the till",
        "Lightspeed refused the order.",
        "3 Jul 2025, 18:00",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("state", "numbers"),
    [
        ("trouble", [6]),
        ("waiting", [4, 3, 1]),
        ("unconfirmed", []),
        ("later", [2]),
        ("till", [5]),
        ("payment", [8]),
        ("cancelled", [7]),
        ("nonsense", [6, 8, 7, 5, 4, 3, 2, 1]),
    ],
)
def test_the_progress_filter_finds_orders_by_their_state(
    evening: None, venue: Venue, bens_browser: Client, state: str, numbers: list[int]
) -> None:
    order_in(State.FAILED, venue, number=7, status=Order.Status.CANCELLED)
    order_in(State.WAITING, venue, number=8, status=Order.Status.AWAITING_PAYMENT)

    assert listed(bens_browser, state=state) == numbers


def test_the_filter_links_keep_the_search(evening: None, bens_browser: Client) -> None:
    links = bens_browser.get(LIST, {"q": "Lovelace", "state": "later", "p": "1"}).context["filter_links"]

    assert [link.label for link in links if link.current] == ["For later"]
    assert (links[0].label, links[0].url) == ("All", "?q=Lovelace")
    assert (links[1].label, links[1].url) == ("Needs attention", "?q=Lovelace&state=trouble")
    assert [link.label for link in bens_browser.get(LIST).context["filter_links"] if link.current] == ["All"]


def test_an_order_not_confirmed_in_time_is_found(evening: None, bens_browser: Client) -> None:
    Injection.objects.update(deliver_by=timezone.now() + timedelta(minutes=1))
    assert listed(bens_browser, state="unconfirmed") == []
    Injection.objects.update(deliver_by=timezone.now())
    assert listed(bens_browser, state="unconfirmed") == [4]


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        (State.FAILED, Order.Status.PLACED, "Not on the till"),
        (State.FAILED, Order.Status.CANCELLED, "Cancelled"),
        (State.WAITING, Order.Status.AWAITING_PAYMENT, "Awaiting payment"),
        (State.SCHEDULED, Order.Status.PLACED, "For later"),
        (State.CONFIRMED, Order.Status.CONFIRMED, "On the till"),
        (State.CONFIRMED, Order.Status.READY, "Ready"),
    ],
)
def test_the_list_shows_the_progress_of_an_order(
    venue: Venue, bens_browser: Client, state: str, status: str, words: str
) -> None:
    order_in(state, venue, status=status)
    assert progress_and_reason(bens_browser)[0] == words


def test_an_order_not_confirmed_in_time_is_marked_in_the_list(venue: Venue, bens_browser: Client) -> None:
    order_in(State.ACCEPTED, venue)
    Injection.objects.update(deliver_by=timezone.now() + timedelta(minutes=1))
    assert progress_and_reason(bens_browser) == ("Accepted by the POS", None)
    Injection.objects.update(deliver_by=timezone.now())
    assert progress_and_reason(bens_browser) == (
        "Not confirmed",
        "Check the till: it has not confirmed the order.",
    )


def test_an_order_that_may_be_on_the_till_twice_is_marked_until_it_is_completed(
    venue: Venue, bens_browser: Client
) -> None:
    order = order_in(State.CONFIRMED, venue, number=7, status=Order.Status.CONFIRMED)
    order_in(State.CONFIRMED, venue, number=6, status=Order.Status.CONFIRMED)
    for channel in ("email", "till"):
        Alert.objects.create(order=order, channel=channel, about="double")

    assert listed(bens_browser, state="twice") == [7]
    what_to_do = "Check the till: make the order once, and void the second check."
    assert progress_and_reason(bens_browser, state="twice") == ("Possible duplicate", what_to_do)

    Order.objects.update(status=Order.Status.COMPLETED)
    assert listed(bens_browser, state="twice") == []
    assert progress_and_reason(bens_browser) == ("Completed", None)


@pytest.mark.parametrize("words", ["7", "ACDEFGHJ", "acdefghj", "lovelace", "ada@example.com", "Ada Lovelace"])
def test_an_order_is_found(refused_order: Order, venue: Venue, bens_browser: Client, words: str) -> None:
    factories.OrderFactory(
        venue=venue, number=77, collection_code="XXXXXXXX", first_name="Bob", last_name="Ross", email="bob@example.com"
    )
    assert listed(bens_browser, q=words) == [7]


@pytest.mark.parametrize("words", ["nobody", "9" * 40, "%", "' OR 1=1 --"])
def test_a_search_without_a_match_finds_nothing(refused_order: Order, bens_browser: Client, words: str) -> None:
    assert listed(bens_browser, q=words) == []


def test_staff_of_another_venue_do_not_see_the_order(refused_order: Order, zoes_browser: Client) -> None:
    assert listed(zoes_browser) == []
    assert listed(zoes_browser, q="ACDEFGHJ") == []
    assert listed(zoes_browser, venue="copper-pot") == []
    answer = zoes_browser.get(page_of(refused_order), follow=True)
    assert "Lovelace" not in answer.content.decode()
    assert answer.redirect_chain


def test_the_lists_number_of_queries_does_not_grow_with_the_orders(
    evening: None, venue: Venue, bens_browser: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            bens_browser.get(LIST)
        return len(captured)

    queries()  # the first request fills Django's own caches
    few = queries()
    for _ in range(10):
        factories.OrderFactory(venue=venue)
    assert queries() == few
