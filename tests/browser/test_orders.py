"""A Friday night: staff deal with failed orders from a phone at the pass and from the office's screen."""

from datetime import date, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orders.models import (
    Alert,
    DiscountCode,
    Injection,
    InjectionAttempt,
    Order,
    OrderingHours,
    OrderingRules,
    StaffAction,
)
from storekit.models import User, Venue
from tests import factories
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

State = Injection.State
REFUSED = "Sync the menu: an item of the order no longer exists at the till.\nCould not add item PIE (not found)"
SILENT = "Lightspeed did not respond in time."


def order_in(state: str, venue: Venue, **columns: object) -> Order:
    injection = {name: columns.pop(name) for name in ("error", "account", "deliver_by") if name in columns}
    order: Order = factories.OrderFactory(venue=venue, **columns)
    Injection.objects.filter(order=order).update(state=state, next_attempt_at=None, **injection)
    return order


@pytest.fixture
def delivery(venue: Venue) -> Order:
    """A delivery that the till refused at the second attempt; the venue has been alerted."""
    order = order_in(
        State.FAILED,
        venue,
        number=1042,
        type=Order.Type.DELIVERY,
        scheduled_for=timezone.now() + timedelta(minutes=40),
        address_line1="221b Baker Street",
        postcode="NW1 6XE",
        city="London",
        address_notes="Second bell from the top, the dog is friendly",
        note="One guest is allergic to nuts",
        error=REFUSED,
        discount_code="WELCOME",
        items_total=Decimal("48.50"),
        discount=Decimal("4.85"),
        delivery_fee=Decimal("3.50"),
        tip=Decimal("2.00"),
        total=Decimal("49.15"),
        payment_amount=Decimal("49.15"),
        line=None,
    )
    lines = (
        (None, 2, "Copper Pot burger", "BURGER", "16.00", "one without onions"),
        (0, 1, "Medium rare", "", "0.00", ""),
        (0, 1, "Mature cheddar", "CHEDDAR", "1.50", ""),
        (2, 2, "Extra slice", "SLICE", "0.50", ""),
        (None, 1, "Sunday roast for two with all the trimmings and gravy", "ROAST42", "13.50", ""),
    )
    rows: list[object] = []
    for position, (parent, quantity, name, sku, price, note) in enumerate(lines):
        rows.append(
            factories.OrderLineFactory(
                order=order,
                position=position,
                parent=rows[parent] if parent is not None else None,
                kind="product" if parent is None else "modifier",
                quantity=quantity,
                name=name,
                sku=sku,
                unit_price=price,
                note=note,
            )
        )
    for number, outcome in enumerate((InjectionAttempt.Outcome.THROTTLED, InjectionAttempt.Outcome.REJECTED), start=1):
        InjectionAttempt.objects.create(
            injection=order.injection,
            number=number,
            reference=order.injection.reference,
            lease=uuid4(),
            outcome=outcome,
            status=400 if number > 1 else 429,
            detail=REFUSED if number > 1 else "Lightspeed is receiving too many requests from storekit at the moment.",
        )
    Alert.objects.create(order=order, channel="email", about="failed", sent_at=timezone.now())
    Alert.objects.create(order=order, channel="till", about="failed", next_attempt_at=timezone.now())
    StaffAction.objects.create(order=order, action="sent_again", by="Ben Miller", note=f"After: {SILENT}")
    return order


@pytest.fixture
def friday(venue: Venue, delivery: Order) -> None:
    """The other orders of the evening, in every state."""
    factories.ConnectionFactory(venue=venue)
    factories.MenuFactory(venue=venue, version=12)
    factories.ProductFactory(venue=venue)
    tables = {"type": Order.Type.DINE_IN, "table_number": 12, "covers": 3}
    order_in(State.FAILED, venue, number=1041, error=SILENT, first_name="Grace", last_name="Hopper", **tables)
    order_in(State.ACCEPTED, venue, number=1040, deliver_by=timezone.now() - timedelta(minutes=3))
    order_in(State.WAITING, venue, number=1039, error=SILENT)
    order_in(State.SCHEDULED, venue, number=1038, scheduled_for=timezone.now() + timedelta(days=1))
    order_in(State.CONFIRMED, venue, number=1037, account="A78094.48", status=Order.Status.READY)
    order_in(State.FAILED, venue, number=1036, status=Order.Status.CANCELLED)
    order_in(State.WAITING, venue, number=1035, status=Order.Status.AWAITING_PAYMENT, payment_status="unpaid")
    Injection.objects.filter(order__number=1039).update(attempts=2, next_attempt_at=timezone.now())


def page_of(order: Order) -> str:
    return f"/admin/orders/order/{order.pk}/change/"


def test_opening_a_failed_order_from_the_home_page_and_sending_it_again(
    visit: Visit, ben: User, delivery: Order, friday: None
) -> None:
    visit.log_in(ben)
    visit.open("/admin/")
    visit.screenshot("tonight")
    visit.assert_in_order("#tonight")

    visit.page.get_by_role("link", name="Open order 1042").click()
    expect(visit.page.get_by_role("heading", name="Not on the till")).to_be_visible()
    expect(visit.page.get_by_text("Could not add item PIE (not found)").first).to_be_visible()
    visit.screenshot("order-in-trouble")
    visit.assert_in_order("#order")

    visit.page.get_by_role("link", name="Send again").click()
    visit.page.wait_for_url("**/send-again/")
    visit.screenshot("order-send-again")
    visit.assert_in_order(".sk")

    visit.page.get_by_role("button", name="Send again").click()
    expect(visit.page.get_by_text("Order 1042 is being sent to the till again.")).to_be_visible()
    visit.screenshot("order-sent-again")
    assert delivery.staff_actions.filter(action="sent_again", by="Ben").exists()


def test_marking_an_order_as_entered_by_hand_and_then_cancelling_it(visit: Visit, ben: User, delivery: Order) -> None:
    visit.log_in(ben)
    visit.open(page_of(delivery))
    visit.page.get_by_role("link", name="Mark as entered by hand").click()
    visit.page.get_by_label("Check number").fill("A78094.48")
    visit.screenshot("order-by-hand")
    visit.assert_in_order(".sk")

    visit.page.get_by_role("button", name="Yes, it is on the till").click()
    expect(visit.page.get_by_role("heading", name="On the till")).to_be_visible()
    expect(visit.page.locator("#order").get_by_text("Check A78094.48").first).to_be_visible()
    visit.screenshot("order-entered")
    visit.assert_in_order("#order")

    visit.page.get_by_role("link", name="Cancel the order").click()
    visit.page.get_by_label("Reason").fill("The guest rang")
    expect(visit.page.get_by_text("A message will be printed on the till")).to_be_visible()
    visit.screenshot("order-cancel")
    visit.assert_in_order(".sk")

    visit.page.get_by_role("button", name="Cancel the order").click()
    expect(visit.page.get_by_role("heading", name="Cancelled", exact=True)).to_be_visible()
    visit.screenshot("order-cancelled")
    visit.assert_in_order("#order")


@pytest.mark.parametrize("size", ["office"])  # Where the list is a table; a phone shows it as cards.
def test_sending_several_orders_again(visit: Visit, ben: User, friday: None) -> None:
    visit.log_in(ben)
    visit.open("/admin/orders/order/")
    visit.screenshot("orders")
    visit.assert_in_order("#changelist-form")
    visit.open("/admin/orders/order/?state=trouble")
    for box in visit.page.locator("input.action-select").all():
        box.check()
    visit.page.locator("select[name=action]").select_option("send_selected_again")
    visit.screenshot("orders-chosen")
    visit.page.get_by_role("button", name="Run").click()
    expect(visit.page.get_by_role("heading", name="Send 2 orders to the till again?")).to_be_visible()
    visit.screenshot("orders-send-again")
    visit.assert_in_order(".sk")

    visit.page.get_by_role("button", name="Send 2 orders again").click()
    expect(visit.page.get_by_text("2 orders are being sent to the till again.")).to_be_visible()
    assert Injection.objects.filter(state=State.FAILED).exclude(order__status="cancelled").count() == 0


def test_adding_a_discount_code(visit: Visit, anna: User, venue: Venue) -> None:
    factories.DiscountCodeFactory(venue=venue, code="FIVER", amount=Decimal("5.00"), times_used=3, usage_limit=9)
    visit.log_in(anna)
    visit.open("/admin/orders/discountcode/add/")
    visit.screenshot("discount-new")
    visit.page.locator("#id_code").fill("SUMMER")
    visit.page.get_by_role("button", name="Save", exact=True).click()
    expect(visit.page.get_by_text("Enter a percentage or an amount.")).to_be_visible()
    visit.screenshot("discount-wrong")
    visit.assert_in_order("#discountcode_form")

    visit.page.locator("#id_percent").fill("10")
    visit.page.locator("#id_valid_until").fill("2031-08-31")
    visit.page.get_by_role("button", name="Save", exact=True).click()
    visit.page.wait_for_url("**/discountcode/")

    code = DiscountCode.objects.get(code="SUMMER")
    assert (code.percent, code.valid_until) == (Decimal(10), date(2031, 8, 31))
    visit.screenshot("discounts")
    visit.assert_in_order("#changelist-form")
    visit.open(f"/admin/orders/discountcode/{DiscountCode.objects.get(code='FIVER').pk}/change/")
    visit.screenshot("discount")
    visit.assert_in_order("#discountcode_form")


def test_adding_ordering_rules(visit: Visit, anna: User, venue: Venue) -> None:
    visit.log_in(anna)
    visit.open("/admin/orders/orderingrules/")
    visit.screenshot("rules-none")
    visit.open("/admin/orders/orderingrules/add/")
    visit.page.get_by_role("link", name="Add another").click()
    visit.page.locator("#id_hours-0-weekday").select_option("4")
    visit.page.locator("#id_hours-0-opens").fill("18:00")
    visit.page.locator("#id_hours-0-closes").fill("02:00")
    visit.screenshot("rules-new")
    visit.assert_in_order("#orderingrules_form")

    visit.page.get_by_role("button", name="Save", exact=True).click()
    visit.page.wait_for_url("**/orderingrules/")

    hours = OrderingHours.objects.get()
    assert (hours.weekday, hours.opens, hours.closes) == (4, time(18), time(2))
    visit.screenshot("rules-list")
    visit.open(f"/admin/orders/orderingrules/{OrderingRules.objects.get().pk}/change/")
    visit.screenshot("rules")
    visit.assert_in_order("#orderingrules_form")
