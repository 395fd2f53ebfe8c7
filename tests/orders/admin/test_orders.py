"""The back office of orders: failed orders come first, and staff only see their own venues' orders."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
import time_machine
from django.contrib import admin
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.admin.orders import OrderPage
from orders.models import Alert, Injection, InjectionAttempt, Order, OrderEvent, OrderLine
from storekit.models import Venue
from tests import factories

LIST = reverse("admin:orders_order_changelist")
State = Injection.State
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def order_in(state: str, venue: Venue, **columns: Any) -> Order:
    order: Order = factories.OrderFactory(venue=venue, **columns)
    Injection.objects.filter(order=order).update(state=state)
    return order


def an_attempt(order: Order, outcome: str, *, number: int = 1) -> None:
    injection = order.injection
    InjectionAttempt.objects.create(
        injection=injection, number=number, reference=injection.reference, lease=order.pk, outcome=outcome
    )


def listed(browser: Client, **query: str) -> list[int]:
    answer = browser.get(LIST, query)
    assert answer.status_code == 200
    return [order.number for order in answer.context["cl"].result_list]


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


@pytest.fixture
def failed(venue: Venue) -> Order:
    """An order with a modifier and a note that the POS refused at the second attempt."""
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
    Order.objects.filter(number=2).update(status=Order.Status.CANCELLED)
    assert listed(bens_browser) == [6, 5, 4, 3, 2, 1]


def test_the_list_shows_number_code_customer_total_time_and_reason(failed: Order, bens_browser: Client) -> None:
    Order.objects.update(placed_at=datetime(2025, 7, 3, 17, 0, tzinfo=UTC))
    text = bens_browser.get(LIST).content.decode()
    for words in (
        "No.\N{NO-BREAK SPACE}7",
        "ACDEFGHJ",
        "Ada Lovelace",
        "10.00\N{NO-BREAK SPACE}GBP",
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
    assert (links[1].label, links[1].url) == ("In trouble", "?q=Lovelace&state=trouble")
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
        "Not confirmed by the till. Check whether it is there.",
    )


def test_an_order_that_may_be_on_the_till_twice_is_marked_until_it_is_completed(
    venue: Venue, bens_browser: Client
) -> None:
    order = order_in(State.CONFIRMED, venue, number=7, status=Order.Status.CONFIRMED)
    order_in(State.CONFIRMED, venue, number=6, status=Order.Status.CONFIRMED)
    for channel in ("email", "till"):
        Alert.objects.create(order=order, channel=channel, about="double")

    assert listed(bens_browser, state="twice") == [7]
    what_to_do = "Check the till: make it once, and void the second check."
    assert progress_and_reason(bens_browser, state="twice") == ("Perhaps twice", what_to_do)

    Order.objects.update(status=Order.Status.COMPLETED)
    assert listed(bens_browser, state="twice") == []
    assert progress_and_reason(bens_browser) == ("Completed", None)


@pytest.mark.parametrize("words", ["7", "ACDEFGHJ", "acdefghj", "lovelace", "ada@example.com", "Ada Lovelace"])
def test_an_order_is_found(failed: Order, venue: Venue, bens_browser: Client, words: str) -> None:
    factories.OrderFactory(
        venue=venue, number=77, collection_code="XXXXXXXX", first_name="Bob", last_name="Ross", email="bob@example.com"
    )
    assert listed(bens_browser, q=words) == [7]


@pytest.mark.parametrize("words", ["nobody", "9" * 40, "%", "' OR 1=1 --"])
def test_a_search_without_a_match_finds_nothing(failed: Order, bens_browser: Client, words: str) -> None:
    assert listed(bens_browser, q=words) == []


def page_text(browser: Client, order: Order) -> str:
    """Return the text of the order's section of its page."""
    page = browser.get(page_of(order))
    assert page.status_code == 200
    (own,) = re.findall(r'<div class="sk" id="order">.*?</ol>', page.content.decode(), re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", own)))


def buttons(browser: Client, order: Order) -> list[str]:
    return [button.label for button in browser.get(page_of(order)).context["buttons"]]


SEND, MARK, CANCEL = "Send again", "Mark as entered by hand", "Cancel the order"


def test_an_orders_page_begins_with_what_is_wrong_and_what_to_do(failed: Order, bens_browser: Client) -> None:
    text = page_text(bens_browser, failed)

    assert text.strip().startswith("Not on the till Lightspeed refused the order. Fix the cause and send it")
    assert text.index("Message from the POS Unknown sku") < text.index("Burger")
    assert buttons(bens_browser, failed) == [SEND, MARK, CANCEL]


def test_the_page_shows_everything_needed_to_key_the_order_in(venue: Venue, bens_browser: Client) -> None:
    order = order_in(
        State.FAILED,
        venue,
        type=Order.Type.DELIVERY,
        scheduled_for=datetime(2026, 7, 17, 18, 30, tzinfo=UTC),
        note="Ring the bell",
        address_line1="1 High Street",
        address_line2="Flat 2",
        postcode="N1 9GU",
        city="London",
        address_notes="Blue door",
        collection_code="ACDEFGHJ",
        discount_code="WELCOME",
        discount=Decimal("1.00"),
        delivery_fee=Decimal("2.50"),
        tip=Decimal("0.50"),
        total=Decimal("12.00"),
        payment_amount=Decimal("12.00"),
    )
    with time_machine.travel(datetime(2026, 7, 17, 16, 0, tzinfo=UTC), tick=False):
        text = page_text(bens_browser, order)

    for words in (
        "Type Delivery",
        "Wanted today, 19:30",
        "Note Ring the bell",
        "Address 1 High Street, Flat 2, N1 9GU, London",
        "For the driver Blue door",
        "Customer Ada Lovelace Phone +442079460018",
        "E-mail ada@example.com",
        "Code ACDEFGHJ",
        "Paid 12.00 GBP (web-1); enter it as STOREKIT",
        "1 × Burger BURGER 10.00",
        "Items 10.00 Discount WELCOME -1.00 Delivery fee 2.50 Tip 0.50 Total 12.00 GBP",
    ):
        assert words in text


def test_an_order_to_a_table_names_table_covers_and_check(venue: Venue, bens_browser: Client) -> None:
    order = order_in(
        State.FAILED,
        venue,
        type=Order.Type.DINE_IN,
        table=factories.TableFactory(venue=venue, number=12),
        table_number=12,
        covers=3,
        open_account="A7.1",
        payment_status="unpaid",
        payment_amount=0,
    )
    OrderLine.objects.update(course=2)

    text = page_text(bens_browser, order)

    for words in ("Type Dine-in", "Table 12", "Guests 3", "Add to check A7.1", "Paid with the check", "course 2"):
        assert words in text
    assert "Address" not in text


def test_lines_are_shown_with_their_modifiers_below_them(failed: Order, bens_browser: Client) -> None:
    cheese = OrderLine.objects.get(sku="CHEESE")
    factories.OrderLineFactory(
        order=failed, parent=cheese, position=2, kind="modifier", sku="MATURE", name="Mature", unit_price=2
    )
    factories.OrderLineFactory(order=failed, position=3, sku="WATER", name="Water", quantity=2)

    lines = bens_browser.get(page_of(failed)).context["lines"]

    assert [(line.depth, line.quantity, line.name, line.note, line.price) for line in lines] == [
        (0, 1, "Burger", "no salt", "22.00"),
        (1, 1, "Cheese", "", "+ 10.00"),
        (2, 1, "Mature", "", "+ 2.00"),
        (0, 2, "Water", "", "20.00"),
    ]


def test_an_orders_page_shows_its_timeline(failed: Order, venue: Venue, bens_browser: Client) -> None:
    alert = {"order": failed, "about": "failed", "created_at": timezone.now()}
    Alert.objects.create(channel="email", sent_at=timezone.now(), **alert)
    Alert.objects.create(channel="till", error="The POS cannot be reached.", **alert)
    OrderEvent.objects.create(order=failed, action="sent_again", by="Anna", note="After: Nobody answered.")

    page = bens_browser.get(page_of(failed)).content.decode()
    text = page_text(bens_browser, failed)

    parts = (
        "Placed",
        "Attempt 1: POS unreachable",
        "Attempt 2: rejected",
        "E-mail: “Not on the till”, sent to kitchen@copper-pot.example",
        "Message on the till: “Not on the till”, not sent The POS cannot be reached.",
        "Sent again by Anna After: Nobody answered.",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "&lt;b&gt;503" in page
    assert "<b>503" not in page
    assert failed.injection.reference in page


def test_an_order_without_attempts_has_a_page_too(venue: Venue, bens_browser: Client) -> None:
    text = page_text(bens_browser, order_in(State.WAITING, venue))
    assert "Burger" in text
    assert "Attempt" not in text


@pytest.mark.parametrize(
    ("state", "status", "changes", "summary", "shown"),
    [
        (State.FAILED, "placed", {}, "Not on the till", [SEND, MARK, CANCEL]),
        (State.FAILED, "cancelled", {"error_code": "cancelled"}, "Cancelled", []),
        (State.WAITING, "awaiting_payment", {"next_attempt_at": None}, "Waiting for the guest's payment", [CANCEL]),
        (State.WAITING, "placed", {}, "Waiting to be sent", [MARK, CANCEL]),
        (State.WAITING, "placed", {"error": "This venue is not connected."}, "Not on the till yet", [MARK, CANCEL]),
        (State.SCHEDULED, "placed", {}, "Scheduled", [MARK, CANCEL]),
        (State.SENDING, "placed", {}, "Being sent", [CANCEL]),
        (State.ACCEPTED, "placed", {}, "Being delivered", [CANCEL]),
        (State.ACCEPTED, "placed", {"deliver_by": LONG_AGO}, "Not confirmed", [MARK, CANCEL]),
        (State.CONFIRMED, "confirmed", {"account": "A7.1"}, "On the till Check A7.1", [CANCEL]),
        (State.CONFIRMED, "ready", {}, "Ready", [CANCEL]),
        (State.CONFIRMED, "completed", {}, "Completed", []),
    ],
)
def test_the_summary_and_the_buttons_follow_the_state_of_the_order(
    venue: Venue,
    bens_browser: Client,
    state: str,
    status: str,
    changes: dict[str, Any],
    summary: str,
    shown: list[str],
) -> None:
    paid = "unpaid" if status == "awaiting_payment" else "paid"
    order = order_in(state, venue, status=status, payment_status=paid)
    Injection.objects.update(**changes)

    assert page_text(bens_browser, order).strip().startswith(summary)
    assert buttons(bens_browser, order) == shown


def test_staff_are_asked_to_check_the_till_for_an_order_that_may_have_arrived(
    venue: Venue, bens_browser: Client
) -> None:
    order = order_in(State.FAILED, venue)
    an_attempt(order, "unreachable")

    text = page_text(bens_browser, order)
    assert text.strip().startswith("May not be on the till")
    assert "Check the till first" in text


def test_an_order_that_may_be_on_the_till_twice_says_so_until_it_is_completed(
    venue: Venue, bens_browser: Client
) -> None:
    order = order_in(State.CONFIRMED, venue, status=Order.Status.CONFIRMED)
    Alert.objects.create(order=order, channel="email", about="double", sent_at=timezone.now())
    assert "On the till, perhaps twice" in page_text(bens_browser, order)

    Order.objects.update(status=Order.Status.COMPLETED)
    assert page_text(bens_browser, order).strip().startswith("Completed Order sheet")


def test_the_next_attempt_is_shown_in_the_venues_time_zone(venue: Venue, bens_browser: Client) -> None:
    order = order_in(State.WAITING, venue)
    with time_machine.travel(datetime(2026, 7, 17, 16, 0, tzinfo=UTC), tick=False):
        Injection.objects.update(error="Nobody answered.", next_attempt_at=datetime(2026, 7, 17, 17, 5, tzinfo=UTC))
        assert "storekit sends it again automatically (today, 18:05)." in page_text(bens_browser, order)


def test_orders_cannot_be_changed_added_or_deleted_by_hand(failed: Order, annas_browser: Client) -> None:
    before = Order.objects.values().get()
    assert annas_browser.post(page_of(failed), {"status": "completed"}).status_code == 403
    assert annas_browser.get(reverse("admin:orders_order_add")).status_code == 403
    assert (
        annas_browser.post(reverse("admin:orders_order_delete", args=[failed.pk]), {"post": "yes"}).status_code == 403
    )
    assert Order.objects.values().get() == before


def test_staff_of_another_venue_do_not_see_the_order(failed: Order, zoes_browser: Client) -> None:
    assert listed(zoes_browser) == []
    assert listed(zoes_browser, q="ACDEFGHJ") == []
    assert listed(zoes_browser, venue="copper-pot") == []
    answer = zoes_browser.get(page_of(failed), follow=True)
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


def test_a_pages_number_of_queries_does_not_grow_with_the_order(failed: Order, bens_browser: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            bens_browser.get(page_of(failed))
        return len(captured)

    queries()  # the first request fills Django's own caches
    few = queries()
    for position in range(2, 12):
        factories.OrderLineFactory(order=failed, position=position)
        an_attempt(failed, "unreachable", number=position + 10)
        Alert.objects.create(order=failed, channel="email", about="failed", occurrence=position)
        OrderEvent.objects.create(order=failed, action="sent_again", by="Anna")
    assert queries() == few
