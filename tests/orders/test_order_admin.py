"""The back office of orders: what needs a person comes first, and nobody sees another venue's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import Injection, InjectionAttempt, Order, OrderLine
from storekit.models import Venue
from tests import factories

LIST = reverse("admin:orders_order_changelist")
State = Injection.State


def page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def order_in(state: str, venue: Venue, **columns: Any) -> Order:
    order: Order = factories.OrderFactory(venue=venue, **columns)
    Injection.objects.filter(order=order).update(state=state)
    return order


def listed(browser: Client, **query: str) -> list[int]:
    answer = browser.get(LIST, query)
    assert answer.status_code == 200
    return [order.number for order in answer.context["cl"].result_list]


@pytest.fixture
def evening(venue: Venue) -> None:
    """Six orders, one in each state, placed one after the other."""
    for number, state in enumerate(State.values, start=1):
        order_in(state, venue, number=number)


@pytest.fixture
def failed(venue: Venue) -> Order:
    """An order with a choice and a wish that the POS refused at the second attempt."""
    order = order_in(State.FAILED, venue, number=7, note="Ring the bell", collection_code="ACDEFGHJ")
    line = OrderLine.objects.get(order=order)
    OrderLine.objects.filter(pk=line.pk).update(note="no salt")
    factories.OrderLineFactory(order=order, parent=line, position=1, kind="modifier", sku="CHEESE", name="Cheese")
    Injection.objects.update(error="Lightspeed refused the order.\nUnknown sku", attempts=2, account="A7.1")
    for attempt, outcome in enumerate(["unreachable", "rejected"], start=1):
        InjectionAttempt.objects.create(
            injection=order.injection, number=attempt, reference="r", lease=order.pk, outcome=outcome, detail="<b>503"
        )
    return order


def test_orders_in_trouble_come_first_and_then_the_newest(evening: None, bens_browser: Client) -> None:
    assert listed(bens_browser) == [6, 5, 4, 3, 2, 1]
    Injection.objects.filter(order__number=2).update(state=State.FAILED)
    assert listed(bens_browser)[:2] == [6, 2]


def test_the_list_says_what_matters(failed: Order, bens_browser: Client) -> None:
    Order.objects.update(placed_at=datetime(2026, 7, 3, 17, 0, tzinfo=UTC))
    text = bens_browser.get(LIST).content.decode()
    for words in ("No. 7", "ACDEFGHJ", "Ada Lovelace", "10.00 GBP", "Placed", "Failed", "3 Jul 2026, 18:00:00"):
        assert words in text


@pytest.mark.parametrize("state", State.values)
def test_orders_are_filtered_by_their_state(evening: None, bens_browser: Client, state: str) -> None:
    assert listed(bens_browser, state=state) == [State.values.index(state) + 1]


def test_an_order_that_was_settled_is_in_trouble_no_more(evening: None, venue: Venue, bens_browser: Client) -> None:
    order_in(State.FAILED, venue, number=9, status=Order.Status.CANCELLED)
    assert listed(bens_browser, state="trouble") == [6]


@pytest.mark.parametrize("words", ["7", "ACDEFGHJ", "acdefghj", "lovelace", "ada@example.com", "Ada Lovelace"])
def test_an_order_is_found(failed: Order, venue: Venue, bens_browser: Client, words: str) -> None:
    factories.OrderFactory(
        venue=venue, number=77, collection_code="XXXXXXXX", first_name="Bob", last_name="Ross", email="bob@example.com"
    )
    assert listed(bens_browser, q=words) == [7]


@pytest.mark.parametrize("words", ["nobody", "9" * 40, "%", "' OR 1=1 --"])
def test_what_is_not_there_is_not_found(failed: Order, bens_browser: Client, words: str) -> None:
    assert listed(bens_browser, q=words) == []


def test_an_orders_page_tells_its_story(failed: Order, bens_browser: Client) -> None:
    text = bens_browser.get(page_of(failed)).content.decode()
    for words in (
        "Burger (no salt)",
        "– Cheese",
        "Ring the bell",
        "Lightspeed refused the order.",
        "Unknown sku",
        failed.injection.reference,
        "A7.1",
        "POS unreachable",
        "Rejected",
        "+442079460018",
    ):
        assert words in text
    assert "&lt;b&gt;503" in text
    assert "<b>503" not in text


def test_an_order_without_attempts_has_a_page_too(venue: Venue, bens_browser: Client) -> None:
    text = bens_browser.get(page_of(order_in(State.WAITING, venue))).content.decode()
    assert "Burger" in text
    assert "Attempts to reach the till" not in text


def test_nobody_changes_adds_or_deletes_an_order_by_hand(failed: Order, annas_browser: Client) -> None:
    before = Order.objects.values().get()
    assert annas_browser.post(page_of(failed), {"status": "completed"}).status_code == 403
    assert annas_browser.get(reverse("admin:orders_order_add")).status_code == 403
    assert (
        annas_browser.post(reverse("admin:orders_order_delete", args=[failed.pk]), {"post": "yes"}).status_code == 403
    )
    assert Order.objects.values().get() == before


def test_another_venues_people_see_nothing_of_it(failed: Order, zoes_browser: Client) -> None:
    assert listed(zoes_browser) == []
    assert listed(zoes_browser, q="ACDEFGHJ") == []
    assert listed(zoes_browser, venue="copper-pot") == []
    answer = zoes_browser.get(page_of(failed), follow=True)
    assert "Lovelace" not in answer.content.decode()
    assert answer.redirect_chain


def test_the_list_takes_the_same_number_of_queries_for_few_orders_and_for_many(
    evening: None, venue: Venue, bens_browser: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            bens_browser.get(LIST)
        return len(captured)

    queries()  # the first look fills Django's own caches
    few = queries()
    for _ in range(10):
        factories.OrderFactory(venue=venue)
    assert queries() == few


def test_a_page_takes_the_same_number_of_queries_for_a_small_order_and_for_a_large_one(
    failed: Order, bens_browser: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            bens_browser.get(page_of(failed))
        return len(captured)

    queries()  # the first look fills Django's own caches
    few = queries()
    for position in range(2, 12):
        factories.OrderLineFactory(order=failed, position=position)
    assert queries() == few
