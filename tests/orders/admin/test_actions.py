"""The buttons on an order's page: each explains its consequences, asks for confirmation, and reports the result."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import Injection, InjectionAttempt, Order
from storekit.models import Venue
from tests import factories

State, Outcome = Injection.State, InjectionAttempt.Outcome
LIST = reverse("admin:orders_order_changelist")
BUTTONS = ("send_again", "entered_by_hand", "cancel")


def address(button: str, order: Order) -> str:
    return reverse(f"admin:orders_order_{button}", args=[order.pk])


def page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def order_in(state: str, venue: Venue, *, outcome: str = "", **columns: Any) -> Order:
    order: Order = factories.OrderFactory(venue=venue, **columns)
    injection = order.injection
    Injection.objects.filter(pk=injection.pk).update(state=state, next_attempt_at=None)
    if outcome:
        InjectionAttempt.objects.create(
            injection=injection, number=1, reference=injection.reference, lease=uuid4(), outcome=outcome
        )
    return order


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    (card,) = re.findall(r'<div class="sk">.*?</form>', answer.content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card)).strip()


def confirmation_text(browser: Client, button: str, order: Order) -> str:
    return text_of(browser.get(address(button, order)))


def press(browser: Client, button: str, order: Order, **form: str) -> list[str]:
    """Confirm the action, and return the messages that the order's page then shows."""
    answer = browser.post(address(button, order), form, follow=True)
    assert answer.redirect_chain == [(page_of(order), 302)]
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def failed(venue: Venue) -> Order:
    return order_in(State.FAILED, venue, number=7)


def test_staff_send_an_order_again(failed: Order, bens_browser: Client) -> None:
    assert "Send order 7 to the till again? This is safe:" in confirmation_text(bens_browser, "send_again", failed)

    said = press(bens_browser, "send_again", failed)

    assert said == ["Order 7 is being sent to the till again."]
    assert Injection.objects.get().state == State.WAITING
    assert failed.staff_actions.get().by == "Ben"


def test_staff_are_asked_to_fix_a_refused_order_first(venue: Venue, bens_browser: Client) -> None:
    order = order_in(State.FAILED, venue, outcome=Outcome.REJECTED)

    assert "The till refused this order. Fix the reason first" in confirmation_text(bens_browser, "send_again", order)


def test_staff_are_warned_that_an_overdue_order_goes_to_the_kitchen_at_once(venue: Venue, bens_browser: Client) -> None:
    order = order_in(State.FAILED, venue, scheduled_for=timezone.now() - timedelta(days=400))

    assert "It will go to the kitchen at once." in confirmation_text(bens_browser, "send_again", order)


def test_staff_mark_an_order_as_entered_by_hand_with_the_checks_number(failed: Order, bens_browser: Client) -> None:
    assert "Have you entered order 7 on the till?" in confirmation_text(bens_browser, "entered_by_hand", failed)

    said = press(bens_browser, "entered_by_hand", failed, account="A7.1")

    assert said == ["Order 7 is marked as entered by hand."]
    injection = Injection.objects.get()
    assert (injection.state, injection.account) == (State.CONFIRMED, "A7.1")
    assert "Marked as entered by hand by Ben" in bens_browser.get(page_of(failed)).content.decode()


def test_staff_are_asked_to_check_the_till_before_marking_an_order_that_may_have_arrived(
    venue: Venue, bens_browser: Client
) -> None:
    order = order_in(State.FAILED, venue, outcome=Outcome.UNREACHABLE)

    assert "Check the till first, so that it is not made twice." in confirmation_text(
        bens_browser, "entered_by_hand", order
    )


def test_a_check_number_that_is_too_long_gets_an_error(failed: Order, bens_browser: Client) -> None:
    answer = bens_browser.post(address("entered_by_hand", failed), {"account": "A" * 65})

    assert "at most 64 characters" in text_of(answer)
    assert Injection.objects.get().state == State.FAILED


def test_staff_cancel_an_order_that_is_not_on_the_till(failed: Order, bens_browser: Client) -> None:
    text = confirmation_text(bens_browser, "cancel", failed)
    assert "The order is not on the till and will not be sent." in text
    assert "The guest has paid £10.00. Refund it in your web shop: storekit does not refund payments." in text

    said = press(bens_browser, "cancel", failed, reason="Sold out")

    assert said == ["Order 7 is cancelled. Refund the guest £10.00 in your web shop."]
    assert Order.objects.get().status == Order.Status.CANCELLED
    page = bens_browser.get(page_of(failed)).content.decode()
    assert "Cancelled by Ben" in page
    assert "Sold out" in page


@pytest.mark.parametrize(
    ("state", "outcome", "where"),
    [(State.CONFIRMED, "", "is on the till"), (State.FAILED, Outcome.UNREACHABLE, "may be on the till")],
)
def test_cancelling_says_that_a_message_is_printed_on_the_till(
    venue: Venue, bens_browser: Client, state: str, outcome: str, where: str
) -> None:
    order = order_in(state, venue, outcome=outcome, number=7)
    text = confirmation_text(bens_browser, "cancel", order)
    assert f"The order {where}, and storekit cannot cancel it there." in text
    assert "A message will be printed on the till: void the check there." in text

    (said,) = press(bens_browser, "cancel", order)

    assert "A message is being printed on the till: void the check there." in said
    assert order.alerts.get().channel == "till"
    page = bens_browser.get(page_of(order)).content.decode()
    assert "A message is being printed on the till." in page
    assert "Refund £10.00 to the guest in your web shop." in page
    order.alerts.update(sent_at=timezone.now(), next_attempt_at=None)
    assert "A message was printed on the till." in bens_browser.get(page_of(order)).content.decode()
    order.alerts.update(sent_at=None)
    page = bens_browser.get(page_of(order)).content.decode()
    assert "No message could be printed on the till. Tell the kitchen." in page


def test_cancelling_an_order_that_is_being_sent_explains_the_consequences(venue: Venue, bens_browser: Client) -> None:
    order = order_in(State.SENDING, venue, number=7)
    Injection.objects.update(lease=uuid4(), lease_until=timezone.now() + timedelta(minutes=1))

    assert "If it reaches the till, a message will be printed there." in confirmation_text(
        bens_browser, "cancel", order
    )
    assert "If it still reaches the till, a message will be printed there." in press(bens_browser, "cancel", order)[0]
    assert order.alerts.count() == 0


def test_cancelling_an_unpaid_order_does_not_mention_a_refund(venue: Venue, bens_browser: Client) -> None:
    order = order_in(State.WAITING, venue, number=7, payment_status="unpaid", payment_amount=0)

    assert "paid" not in confirmation_text(bens_browser, "cancel", order)
    assert press(bens_browser, "cancel", order) == ["Order 7 is cancelled."]


@pytest.mark.parametrize("button", BUTTONS)
def test_an_action_that_is_no_longer_possible_says_why(venue: Venue, bens_browser: Client, button: str) -> None:
    order = order_in(State.FAILED, venue, status=Order.Status.CANCELLED)

    answer = bens_browser.get(address(button, order), follow=True)

    assert answer.redirect_chain == [(page_of(order), 302)]
    assert [str(message) for message in answer.context["messages"]] == ["The order is cancelled."]
    assert press(bens_browser, button, order) == ["Nothing has changed. The order is cancelled."]
    assert order.staff_actions.count() == 0


@pytest.mark.parametrize("button", BUTTONS)
def test_opening_the_confirmation_page_changes_nothing(failed: Order, bens_browser: Client, button: str) -> None:
    before = Injection.objects.values().get()

    confirmation_text(bens_browser, button, failed)
    bens_browser.head(address(button, failed))

    assert Injection.objects.values().get() == before
    assert failed.staff_actions.count() == 0


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_staff_of_another_venue_cannot_use_the_buttons(
    failed: Order, zoes_browser: Client, button: str, method: str
) -> None:
    assert getattr(zoes_browser, method)(address(button, failed)).status_code == 404
    assert Injection.objects.get().state == State.FAILED


@pytest.mark.parametrize("button", BUTTONS)
def test_an_anonymous_visitor_is_sent_to_the_login_page(failed: Order, client: Client, button: str) -> None:
    answer = client.post(address(button, failed))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")
    assert Injection.objects.get().state == State.FAILED


# --- Several orders --------------------------------------------------------------------------------------------------


def choose(browser: Client, *orders: Order, **form: Any) -> Any:
    chosen = {"action": "send_selected_again", "_selected_action": [order.pk for order in orders], **form}
    return browser.post(LIST, chosen, follow=True)


def test_several_failed_orders_are_sent_again_at_once(venue: Venue, bens_browser: Client) -> None:
    orders = [order_in(State.FAILED, venue, number=number) for number in (1, 2, 3)]
    orders.append(order_in(State.CONFIRMED, venue, number=4))

    text = text_of(choose(bens_browser, *orders))
    assert "Send 3 orders to the till again?" in text
    assert "no. 1, no. 2, no. 3." in text
    assert "1 of the selected orders will not be sent" in text
    assert Injection.objects.filter(state=State.WAITING).count() == 0

    answer = choose(bens_browser, *orders, confirmed="yes")

    assert [str(message) for message in answer.context["messages"]] == ["3 orders are being sent to the till again."]
    assert Injection.objects.filter(state=State.WAITING).count() == 3
    assert Injection.objects.filter(state=State.CONFIRMED).count() == 1


def test_staff_are_asked_to_fix_the_refused_ones_among_several_orders_first(venue: Venue, bens_browser: Client) -> None:
    outcomes = (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNREACHABLE)
    orders = [order_in(State.FAILED, venue, outcome=outcome) for outcome in outcomes]
    Injection.objects.filter(order=orders[0]).update(refused=True)
    assert "The till refused 2 of them. Fix the reason first" in text_of(choose(bens_browser, *orders))


def test_the_confirmation_page_posts_only_the_orders_it_names(venue: Venue, bens_browser: Client) -> None:
    order = order_in(State.FAILED, venue)
    page = choose(bens_browser, order, order_in(State.CONFIRMED, venue)).content.decode()

    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page))
    assert hidden["_selected_action"] == str(order.pk)
    assert hidden["action"] == "send_selected_again"
    assert hidden["confirmed"] == "yes"


def test_an_order_that_was_cancelled_before_confirming_is_not_sent(venue: Venue, bens_browser: Client) -> None:
    orders = [order_in(State.FAILED, venue, number=number) for number in (1, 2)]
    Order.objects.filter(number=2).update(status=Order.Status.CANCELLED)

    answer = choose(bens_browser, *orders, confirmed="yes")

    assert [str(message) for message in answer.context["messages"]] == [
        "Order 2 was not sent. The order is cancelled.",
        "1 order is being sent to the till again.",
    ]


def test_selecting_no_failed_order_gets_a_message(venue: Venue, bens_browser: Client) -> None:
    answer = choose(bens_browser, order_in(State.CONFIRMED, venue))

    assert "None of these orders can be sent again" in answer.content.decode()


def test_an_invalid_selection_is_a_client_error(failed: Order, bens_browser: Client) -> None:
    bens_browser.raise_request_exception = False
    chosen = {"action": "send_selected_again", "_selected_action": [str(failed.pk), "nonsense"], "confirmed": "yes"}
    assert bens_browser.post(LIST, chosen).status_code == 400
    assert Injection.objects.get().state == State.FAILED


def test_orders_of_another_venue_are_not_sent(failed: Order, other_venue: Venue, zoes_browser: Client) -> None:
    own = order_in(State.FAILED, other_venue)

    choose(zoes_browser, failed, own, confirmed="yes")

    assert Injection.objects.get(order=failed).state == State.FAILED
    assert Injection.objects.get(order=own).state == State.WAITING


def test_the_confirmation_pages_number_of_queries_does_not_grow_with_the_orders(
    venue: Venue, bens_browser: Client
) -> None:
    def queries(orders: list[Order]) -> int:
        with CaptureQueriesContext(database) as captured:
            choose(bens_browser, *orders)
        return len(captured)

    orders = [order_in(State.FAILED, venue) for _ in range(12)]
    queries(orders[:2])
    assert queries(orders[:2]) == queries(orders)
