"""An order's page in the back office: what is wrong, what to do, and everything needed to enter it by hand."""

import html
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import Alert, Injection, Order, OrderLine, StaffAction
from storekit.models import Venue
from tests import factories
from tests.orders.admin.backoffice import LONG_AGO, State, an_attempt, order_in, page_of


def page_text(browser: Client, order: Order) -> str:
    """Return the text of the order's section of its page."""
    page = browser.get(page_of(order))
    assert page.status_code == 200
    (own,) = re.findall(r'<div class="sk" id="order">.*?</ol>', page.content.decode(), re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", own)))


def buttons(browser: Client, order: Order) -> list[str]:
    return [button.label for button in browser.get(page_of(order)).context["buttons"]]


SEND, MARK, CANCEL = "Send again", "Mark as entered by hand", "Cancel the order"


def test_an_orders_page_begins_with_what_is_wrong_and_what_to_do(refused_order: Order, bens_browser: Client) -> None:
    text = page_text(bens_browser, refused_order)

    assert text.strip().startswith("Not on the till Lightspeed refused the order. Fix the cause and send it")
    assert text.index("Message from the POS Unknown sku") < text.index("Burger")
    assert buttons(bens_browser, refused_order) == [SEND, MARK, CANCEL]


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
        "Due today, 19:30",
        "Note Ring the bell",
        "Address 1 High Street, Flat 2, N1 9GU, London",
        "For the driver Blue door",
        "Customer Ada Lovelace Phone +442079460018",
        "E-mail ada@example.com",
        "Code ACDEFGHJ",
        "Paid £12.00 (web-1); record it as STOREKIT",
        "1 × Burger BURGER £10.00",
        "Items £10.00 Discount WELCOME -£1.00 Delivery fee £2.50 Tip £0.50 Total £12.00",
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


def test_lines_are_shown_with_their_modifiers_below_them(refused_order: Order, bens_browser: Client) -> None:
    cheese = OrderLine.objects.get(sku="CHEESE")
    factories.OrderLineFactory(
        order=refused_order, parent=cheese, position=2, kind="modifier", sku="MATURE", name="Mature", unit_price=2
    )
    factories.OrderLineFactory(order=refused_order, position=3, sku="WATER", name="Water", quantity=2)

    lines = bens_browser.get(page_of(refused_order)).context["lines"]

    assert [(line.depth, line.quantity, line.name, line.note, line.price) for line in lines] == [
        (0, 1, "Burger", "no salt", "£22.00"),
        (1, 1, "Cheese", "", "+ £10.00"),
        (2, 1, "Mature", "", "+ £2.00"),
        (0, 2, "Water", "", "£20.00"),
    ]


def test_an_orders_page_shows_its_timeline(refused_order: Order, venue: Venue, bens_browser: Client) -> None:
    alert = {"order": refused_order, "about": "failed", "created_at": timezone.now()}
    Alert.objects.create(channel="email", sent_at=timezone.now(), **alert)
    Alert.objects.create(channel="till", error="The POS cannot be reached.", **alert)
    StaffAction.objects.create(order=refused_order, action="sent_again", by="Anna", note="After: Nobody answered.")

    page = bens_browser.get(page_of(refused_order)).content.decode()
    text = page_text(bens_browser, refused_order)

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
    assert refused_order.injection.reference in page


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
    assert "On the till, possibly twice" in page_text(bens_browser, order)

    Order.objects.update(status=Order.Status.COMPLETED)
    assert page_text(bens_browser, order).strip().startswith("Completed Order sheet")


def test_the_next_attempt_is_shown_in_the_venues_time_zone(venue: Venue, bens_browser: Client) -> None:
    order = order_in(State.WAITING, venue)
    with time_machine.travel(datetime(2026, 7, 17, 16, 0, tzinfo=UTC), tick=False):
        Injection.objects.update(error="Nobody answered.", next_attempt_at=datetime(2026, 7, 17, 17, 5, tzinfo=UTC))
        assert "storekit sends it again automatically (today, 18:05)." in page_text(bens_browser, order)


def test_orders_cannot_be_changed_added_or_deleted_by_hand(refused_order: Order, annas_browser: Client) -> None:
    before = Order.objects.values().get()
    assert annas_browser.post(page_of(refused_order), {"status": "completed"}).status_code == 403
    assert annas_browser.get(reverse("admin:orders_order_add")).status_code == 403
    assert (
        annas_browser.post(reverse("admin:orders_order_delete", args=[refused_order.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert Order.objects.values().get() == before


def test_a_pages_number_of_queries_does_not_grow_with_the_order(refused_order: Order, bens_browser: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            bens_browser.get(page_of(refused_order))
        return len(captured)

    queries()  # the first request fills Django's own caches
    few = queries()
    for position in range(2, 12):
        factories.OrderLineFactory(order=refused_order, position=position)
        an_attempt(refused_order, "unreachable", number=position + 10)
        Alert.objects.create(order=refused_order, channel="email", about="failed", occurrence=position)
        StaffAction.objects.create(order=refused_order, action="sent_again", by="Anna")
    assert queries() == few
