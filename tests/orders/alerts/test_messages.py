"""The alert has everything that is needed to key the order in by hand, and says why."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from integrations.models import Connection
from orders.alerts.delivery import send
from orders.alerts.messages import LONGEST_MESSAGE, till_message
from orders.models import Alert, Injection, InjectionAttempt, Order, OrderLine
from orders.status_summary import status_summary
from tests import factories

About = Alert.About
REASON = "Sync the menu: an item of the order no longer exists at the till."
DETAIL = "Could not add item <BURGER> (not found)"


@pytest.fixture
def order(connection: Connection, settings: Settings) -> Order:
    """A delivery with everything that an order can have, which the till refused."""
    settings.PUBLIC_URL = "https://storekit.example"
    made: Order = factories.OrderFactory(
        venue=connection.venue,
        number=1042,
        collection_code="ACDE3467",
        type=Order.Type.DELIVERY,
        scheduled_for=datetime(2026, 5, 1, 19, 30, tzinfo=ZoneInfo("Europe/London")),
        note="Ring the bell",
        address_line1="1 Dorset Street",
        address_line2="Flat 2",
        city="London",
        postcode="W1U 4EG",
        address_notes="Third floor",
        discount_code="SPRING",
        items_total=Decimal("24.50"),
        discount=Decimal("2.45"),
        delivery_fee=Decimal("3.00"),
        service_charge=Decimal("1.00"),
        tip=Decimal("1.50"),
        total=Decimal("27.55"),
        payment_amount=Decimal("27.55"),
    )
    burger = made.lines.get()
    OrderLine.objects.filter(pk=burger.pk).update(quantity=2, note="no salt", unit_price=Decimal("10.00"))
    cheese = factories.OrderLineFactory(
        order=made, parent=burger, position=1, kind="modifier", name="Cheese", unit_price=Decimal("1.50")
    )
    factories.OrderLineFactory(
        order=made, parent=cheese, position=2, kind="modifier", name="Mature", unit_price=Decimal("0.75")
    )
    Injection.objects.update(state=Injection.State.FAILED, failures=1, error=f"{REASON}\n{DETAIL}", account="A7.7")
    return Order.objects.select_related("venue", "injection").get()


def email(order: Order, about: str = About.FAILED) -> Any:
    row = Alert.objects.create(order=order, channel="email", about=about, next_attempt_at=timezone.now())
    assert send(alert_id=row.pk) == "sent"
    return mail.outbox[-1]


EVERYTHING = [
    "1042",
    "Delivery",
    "ACDE3467",
    "Friday 1 May, 19:30",
    "Ada Lovelace",
    "+442079460018",
    "1 Dorset Street, Flat 2, W1U 4EG, London",
    "Third floor",
    "Ring the bell",
    "2 × Burger (no salt)",
    "1 × Cheese",
    "1 × Mature",
    "Discount SPRING",
    "Record it as STOREKIT.",
    REASON,
]


def test_the_e_mail_has_everything_as_text_and_as_html(order: Order) -> None:
    sent = email(order)
    assert sent.subject == "The Copper Pot: order 1042 is not on the till"
    html = str(sent.alternatives[0][0])
    for body in (sent.body, html):
        for words in [*EVERYTHING, "£24.50", "-£2.45", "£3.00", "£1.00", "£1.50", "£27.55"]:
            assert words in body, words
        assert f"https://storekit.example/admin/orders/order/{order.pk}/change/" in body
    assert DETAIL in sent.body
    assert "&lt;BURGER&gt;" in html
    assert sent.body.index(REASON) < sent.body.index(DETAIL), "the POS's own words below"
    assert "   – 1 × Cheese    + £1.50\n      – 1 × Mature    + £0.75\n" in sent.body


def test_the_message_on_the_till_says_what_to_key_in(order: Order) -> None:
    message = till_message(order=order, about=About.FAILED)
    assert message.startswith("ORDER 1042 IS NOT ON THE TILL. Enter it by hand.")
    for words in EVERYTHING:
        assert words in message, words
    assert len(message) <= LONGEST_MESSAGE


def test_a_long_order_keeps_its_head_and_its_foot_on_the_till(order: Order) -> None:
    for number in range(60):
        factories.OrderLineFactory(order=order, position=10 + number, name=f"Dish number {number}")
    message = till_message(order=order, about=About.FAILED)
    assert len(message) <= LONGEST_MESSAGE
    for words in ("ORDER 1042", "+442079460018", "2 × Burger", "… and more: see the back office.", "27.55", REASON):
        assert words in message, words


def test_even_the_longest_texts_fit_on_the_till(order: Order) -> None:
    Order.objects.update(note="n" * 500, address_notes="a" * 500, address_line1="l" * 200, first_name="f" * 128)
    Injection.objects.update(error="e" * 500)
    changed = Order.objects.select_related("venue", "injection").get()
    message = till_message(order=changed, about=About.FAILED)
    assert len(message) <= LONGEST_MESSAGE
    assert message.startswith("ORDER 1042")
    assert "Total £27.55" in message


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "PAID ONLINE: £27.55 (reference web-1). Record it as STOREKIT."),
        ({"payment_status": "unpaid"}, "NOT PAID."),
        ({"payment_status": "unpaid", "open_account": "A9.9"}, "Not paid yet: it will be paid with check A9.9."),
        ({"payment_amount": 0, "total": 0}, "Nothing to pay."),
    ],
)
def test_it_says_whether_the_order_is_paid_and_how(order: Order, columns: dict[str, Any], words: str) -> None:
    Order.objects.update(**columns)
    changed = Order.objects.select_related("venue", "injection").get()
    assert words in till_message(order=changed, about=About.FAILED)
    assert words in email(changed).body


def test_staff_check_the_till_before_keying_in_an_order_that_may_have_arrived(order: Order) -> None:
    InjectionAttempt.objects.create(
        injection=order.injection, number=1, reference=order.injection.reference, lease=order.pk, outcome="unreachable"
    )
    message = till_message(order=order, about=About.FAILED)
    assert message.startswith("ORDER 1042 IS NOT ON THE TILL, AS FAR AS WE KNOW. Check the till;")
    sent = email(order)
    assert sent.subject == "The Copper Pot: order 1042 is not on the till, as far as we know"
    for body in (sent.body, str(sent.alternatives[0][0])):
        assert "Check the till first. If it is missing, enter it by hand, or send it again" in body


def test_an_order_that_was_accepted_and_never_confirmed_is_not_to_be_sent_again(order: Order) -> None:
    InjectionAttempt.objects.create(
        injection=order.injection, number=1, reference=order.injection.reference, lease=order.pk, outcome="accepted"
    )
    Injection.objects.update(error_code="never_confirmed")
    sent = email(Order.objects.select_related("venue", "injection").get())
    for body in (sent.body, str(sent.alternatives[0][0])):
        assert "Check the till first. If it is missing, enter it by hand." in body


@pytest.mark.parametrize(
    ("cause", "words"),
    [("check_gone", "Enter it by hand on a new check"), ("restricted", "Speak to the guest. Then cancel it")],
)
def test_an_order_that_would_be_refused_again_is_not_to_be_sent_again(order: Order, cause: str, words: str) -> None:
    InjectionAttempt.objects.create(
        injection=order.injection, number=1, reference=order.injection.reference, lease=order.pk, outcome="rejected"
    )
    Injection.objects.update(error_code=cause)
    order = Order.objects.select_related("venue", "injection").get()
    assert status_summary(order).next_step.startswith(words)
    assert f"ON THE TILL. {words}" in till_message(order=order, about=About.FAILED)
    for body in ((sent := email(order)).body, str(sent.alternatives[0][0])):
        assert words in body
        assert "send it again" not in body


def test_a_table_and_its_guests_are_named(order: Order) -> None:
    Order.objects.update(type="dine_in", table_number=12, covers=4, scheduled_for=None)
    OrderLine.objects.filter(name="Burger").update(course=2)
    changed = Order.objects.select_related("venue", "injection").get()
    message = till_message(order=changed, about=About.FAILED)
    assert "Table: 12\nGuests: 4" in message
    assert "2 × Burger [course 2] (no salt)" in message
    assert "Due: now" in message


def test_a_cancelled_order_is_to_be_voided(order: Order) -> None:
    message = till_message(order=order, about=About.CANCELLED)
    assert message.startswith("ORDER 1042 IS CANCELLED. Do not make it; void its check. Its check: A7.7.")
    assert "ACDE3467" in message
    order.injection.account = ""
    message = till_message(order=order, about=About.CANCELLED)
    assert message.startswith("ORDER 1042 IS CANCELLED. Do not make it; void its check, if there is one.\n")


def test_a_possible_duplicate_is_to_be_made_once(order: Order) -> None:
    message = till_message(order=order, about=About.DOUBLE)
    assert message.startswith("ORDER 1042 MAY BE ON THE TILL TWICE. Make it once, and void the second check.")
    sent = email(order, About.DOUBLE)
    assert sent.subject == "The Copper Pot: order 1042 may be on the till twice"
    for body in (sent.body, str(sent.alternatives[0][0])):
        assert "Make it once, and void the second check." in body
        assert "A7.7" in body
        assert REASON not in body


def test_of_a_cancelled_order_no_copy_is_to_be_made(order: Order) -> None:
    Order.objects.update(status=Order.Status.CANCELLED)
    changed = Order.objects.select_related("venue", "injection").get()
    message = till_message(order=changed, about=About.DOUBLE)
    assert message.startswith("ORDER 1042 MAY BE ON THE TILL TWICE. It is cancelled: make neither, and void both ")
    sent = email(changed, About.DOUBLE)
    for body in (sent.body, str(sent.alternatives[0][0])):
        assert "It is cancelled: make neither, and void both checks." in body
        assert "Make it once" not in body


@pytest.mark.parametrize("field", ["note", "first_name", "address_notes"])
def test_text_from_a_guest_cannot_pass_for_a_line_of_our_own(order: Order, field: str) -> None:
    Order.objects.update(**{field: "Ada\nPayment: PAID IN CASH\r\n\u2028Total: GBP 0.00"})
    changed = Order.objects.select_related("venue", "injection").get()
    for words in (till_message(order=changed, about=About.FAILED), email(changed).body):
        assert not [line for line in words.splitlines() if line.startswith(("Payment: PAID", "Total: GBP 0.00"))]


def test_a_note_on_a_line_stays_on_its_line(order: Order) -> None:
    OrderLine.objects.filter(name="Burger").update(note="no salt\n9 × Lobster")
    message = till_message(order=order, about=About.FAILED)
    assert "2 × Burger (no salt 9 × Lobster)" in message
